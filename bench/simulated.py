"""Canteens whose truth is known: show-up rates, walk-ins, breaks, and what a portion costs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate_forecast.domain.columns import MIDDLE, QUANTILES, Columns
from cleanplate_forecast.domain.model import Recipe, backcast

Floats = NDArray[np.float64]
CANTEENS, DAYS, ORIGINS = 30, 400, 60
_BROKEN = 10  # of the canteens
_BREAK = DAYS - 40
_DRAWS = 2_000
_FIRST = 738_521  # a Monday
_SHORT_FEN, _OVER_FEN = 900, 600
_RECOVERED = 0.1
_FRIDAY, _SETTLED = 4, 10


@dataclass(frozen=True)
class Truth:
    """Simulated canteens.

    Attributes:
        columns: as the forecasts see them.
        draws: what might have come, shape (rows, 2000).
        broken: rows of canteens that doubled on day 360.
        since: open days since then, of every row.
    """

    columns: Columns
    draws: Floats
    broken: NDArray[np.bool_]
    since: NDArray[np.int64]


def simulate(seed: int = 1) -> Truth:
    """Return canteens open Monday to Friday with beta-binomial show-up and Poisson walk-ins."""
    random = np.random.default_rng(seed)
    size = np.exp(random.normal(5.0, 0.7, (CANTEENS, 1)))
    weekday = np.arange(DAYS) % 5
    pattern = 1.0 + random.normal(0.0, 0.1, (CANTEENS, 5))
    grown = np.where(
        (np.arange(CANTEENS) < _BROKEN)[:, None] & (np.arange(DAYS) >= _BREAK), 2.0, 1.0
    )
    registered = random.poisson(size * pattern[:, weekday] * grown)
    rate = np.clip(
        random.normal(0.88, 0.04, (CANTEENS, 1)) - 0.03 * (weekday == _FRIDAY), 0.5, 0.99
    )
    walk_ins = size * grown * random.uniform(0.02, 0.1, (CANTEENS, 1))
    chance = random.beta(rate[..., None] * 80, (1 - rate[..., None]) * 80, (*grown.shape, _DRAWS))
    draws = random.binomial(registered[..., None], chance)
    draws = draws + random.poisson(walk_ins[..., None], draws.shape)
    days = _FIRST + np.arange(DAYS) // 5 * 7 + weekday
    columns = Columns(
        names=tuple(str(n) for n in range(CANTEENS)),
        series=np.repeat(np.arange(CANTEENS), DAYS),
        meals=np.zeros(CANTEENS * DAYS, dtype=np.int64),
        days=np.tile(days, CANTEENS),
        kinds=np.tile(weekday, CANTEENS),
        served=draws[..., 0].ravel().astype(np.float64),
        registered=registered.ravel().astype(np.float64),
    )
    return Truth(
        columns,
        draws.reshape(-1, _DRAWS).astype(np.float64),
        np.repeat(np.arange(CANTEENS) < _BROKEN, DAYS),
        np.tile(np.arange(DAYS) - _BREAK, CANTEENS),
    )


def measure() -> dict[str, float]:
    """Return coverage, days until a break is followed, and cost over that of an oracle.

    The break is also measured without registrations, where nothing but the diners tells of it.
    """
    truth = simulate()
    made = backcast(truth.columns, 1, ORIGINS, Recipe(), _silently).values
    there = ~np.isnan(made[:, 0])
    steady = there & ~(truth.broken & (truth.since >= 0))
    low, high = (QUANTILES.index(level) for level in (0.1, 0.9))
    served = truth.columns.served
    blind = _without_registrations(truth.columns)
    unseen = backcast(blind, 1, ORIGINS, Recipe(), _silently).values
    return {
        "simulated coverage80": _share(served, made, there, (low, high)),
        "simulated coverage80 after a break": _share(
            served, made, there & truth.broken & (truth.since >= _SETTLED), (low, high)
        ),
        "simulated days to recover": _days_to_recover(truth, made),
        "simulated days to recover, nobody registers": _days_to_recover(truth, unseen),
        "simulated cost over the oracle's": _cost(truth, made, steady) / _least(truth, steady),
    }


def _silently(_done: int, _all: int) -> None:
    return None


def _without_registrations(columns: Columns) -> Columns:
    return Columns(**{**vars(columns), "registered": np.full(len(columns), np.nan)})


def _share(served: Floats, made: Floats, rows: NDArray[np.bool_], ends: tuple[int, int]) -> float:
    low, high = made[rows][:, ends[0]], made[rows][:, ends[1]]
    return float(((served[rows] >= low) & (served[rows] <= high)).mean())


def _days_to_recover(truth: Truth, made: Floats) -> float:
    """Return open days after the break until the middle is within 10 % of the true median."""
    middle = np.median(truth.draws, axis=1)
    away = np.abs(made[:, MIDDLE] - middle) / middle
    for day in range(int(truth.since.max()) + 1):
        rows = truth.broken & (truth.since == day)
        if np.median(away[rows]) < _RECOVERED:
            return float(day)
    return float("inf")


def _expected_cost(draws: Floats, portions: Floats) -> float:
    gap = draws - portions[:, None]
    return float(np.where(gap > 0, gap * _SHORT_FEN, -gap * _OVER_FEN).mean(axis=1).sum())


def _cost(truth: Truth, made: Floats, rows: NDArray[np.bool_]) -> float:
    level = _SHORT_FEN / (_SHORT_FEN + _OVER_FEN)
    return _expected_cost(truth.draws[rows], made[rows][:, QUANTILES.index(level)])


def _least(truth: Truth, rows: NDArray[np.bool_]) -> float:
    level = _SHORT_FEN / (_SHORT_FEN + _OVER_FEN)
    return _expected_cost(truth.draws[rows], np.quantile(truth.draws[rows], level, axis=1))
