"""Forecasts before the cut-off, in canteens whose registrations come at a known pace.

How many register differs from day to day, and nothing but the registrations tells it. Forecasts
are made as the service makes them; the blind ones do not look at registrations.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cleanplate_forecast.domain.columns import EARLY_HOURS, MIDDLE, QUANTILES, Columns
from cleanplate_forecast.domain.pace import Seen
from cleanplate_forecast.domain.spread import RECIPE, Question, ask, train_until

Floats = NDArray[np.float64]
CANTEENS, DAYS = 30, 160
_FIRST = 738_521  # a Monday
_BLOCKS, _BLOCK = 7, 4  # trainings, and the open days that each forecasts
_ARRIVED = (0.97, 0.92, 0.85, 0.72, 0.5, 0.3, 0.12)  # at EARLY_HOURS
_FRIDAY = 4
_NOTHING = float("nan")
# What is told of a forecast, the hours before the cut-off, and the open days since diners known.
_MADE = (
    ("24 h before the cut-off", 24.0, 2),
    ("24 h before the cut-off, blind", _NOTHING, 2),
    ("6 h before the cut-off", 6.0, 1),
    ("6 h before the cut-off, blind", _NOTHING, 1),
    ("after the cut-off", 0.0, 1),
)
_JUDGED = tuple(QUANTILES.index(level) for level in (0.1, 0.5, 0.9))


def simulate(seed: int = 1) -> Columns:
    """Return canteens open Monday to Friday, with what was noted before each cut-off."""
    random = np.random.default_rng(seed)
    weekday = np.arange(DAYS) % 5
    size = np.exp(random.normal(5.0, 0.7, (CANTEENS, 1)))
    pattern = 1.0 + random.normal(0.0, 0.1, (CANTEENS, 5))
    busy = np.exp(random.normal(0.0, 0.2, (CANTEENS, DAYS)))
    registered = random.poisson(size * pattern[:, weekday] * busy)
    rate = np.clip(random.normal(0.88, 0.04, (CANTEENS, 1)), 0.5, 0.99)
    came = random.binomial(registered, random.beta(rate * 80, (1 - rate) * 80, registered.shape))
    walk_ins = random.poisson(size * random.uniform(0.02, 0.1, (CANTEENS, 1)), registered.shape)
    early = _early(random, registered, weekday)
    return Columns(
        names=tuple(str(n) for n in range(CANTEENS)),
        series=np.repeat(np.arange(CANTEENS), DAYS),
        meals=np.zeros(CANTEENS * DAYS, dtype=np.int64),
        days=np.tile(_FIRST + np.arange(DAYS) // 5 * 7 + weekday, CANTEENS),
        kinds=np.tile(weekday, CANTEENS),
        served=(came + walk_ins).ravel().astype(np.float64),
        registered=registered.ravel().astype(np.float64),
        early={hours: count.ravel().astype(np.float64) for hours, count in early},
        walk_ins=walk_ins.ravel().astype(np.float64),
    )


def measure() -> dict[str, float]:
    """Return error and coverage of forecasts by when they are made, with and without the pace."""
    columns = simulate()
    dates = np.unique(columns.days)
    begins = list(range(len(dates) - _BLOCKS * _BLOCK, len(dates), _BLOCK))
    models = train_until(columns, [int(dates[at - 2]) for at in begins], RECIPE)
    found: dict[str, float] = {}
    for name, hours, days in _MADE:
        served, made = [], []
        for begin, model in zip(begins, models, strict=True):
            block = range(begin, begin + _BLOCK)
            questions = [_asked(columns, dates, at, hours, days) for at in block]
            served += [columns.served[question.rows] for question in questions]
            made.append(ask(model, columns, questions).values)
        scores = _scores(np.concatenate(served), np.concatenate(made))
        found |= {f"simulated, {name}: {what}": value for what, value in scores}
    return found


def _early(
    random: np.random.Generator, registered: NDArray[np.int64], weekday: NDArray[np.int64]
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield how many had registered at each hour; some canteens and Fridays are earlier."""
    habit = random.normal(0.0, 0.3, (CANTEENS, 1)) + 0.3 * (weekday == _FRIDAY)
    power = np.exp(-habit - random.normal(0.0, 0.15, registered.shape))
    left, before = registered, 1.0
    for hours, arrived in zip(EARLY_HOURS, _ARRIVED, strict=True):
        share = arrived**power
        left = random.binomial(left, np.minimum(share / before, 1.0))
        before = share
        yield hours, left


def _asked(
    columns: Columns, dates: NDArray[np.int64], at: int, hours: float, days: int
) -> Question:
    rows = np.flatnonzero(columns.days == dates[at])
    return Question(rows, Seen.at(columns, rows, np.full(len(rows), hours)), int(dates[at - days]))


def _scores(served: Floats, made: Floats) -> Iterator[tuple[str, float]]:
    three = made[:, _JUDGED]
    levels = np.array(QUANTILES)[list(_JUDGED)]
    away = served[:, None] - three
    yield "WAPE", float(np.abs(served - made[:, MIDDLE]).sum() / served.sum())
    yield "pinball", float(np.maximum(levels * away, (levels - 1.0) * away).mean())
    yield "coverage80", float(((served >= three[:, 0]) & (served <= three[:, 2])).mean())
