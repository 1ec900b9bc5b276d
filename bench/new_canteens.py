"""The first days of canteens that nothing was learnt from: half of an installation opens late.

Each time half of the canteens open on one day, the others are the installation. Forecasts know the
day's final registrations and who came on the days before.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bench.early import simulate
from cleanplate_forecast.domain.attendance import NoHistory, Series, forecast_day
from cleanplate_forecast.domain.columns import QUANTILES, Columns
from cleanplate_forecast.domain.features import Asked, Memory
from cleanplate_forecast.domain.model import predict, train
from cleanplate_forecast.domain.pace import Seen
from cleanplate_forecast.domain.showup import learn_show_up, moved_by_rule, present_of
from cleanplate_forecast.domain.spread import RECIPE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_DAYS = 10
_PARTS = {"day 1": (0, 1), "days 2 to 3": (1, 3), "days 4 to 5": (3, 5), "days 6 to 10": (5, 10)}
_LOOK_BACK = 90
_OURS = "ours"
_LEVELS = (0.1, 0.5, 0.9)
_SHOWN = [QUANTILES.index(level) for level in _LEVELS]


@dataclass(frozen=True)
class Opened:
    """An installation in which some canteens opened on a day.

    Attributes:
        columns: without what was before in the new ones.
        is_new: which rows are of those.
        day: ordinal of the opening.
    """

    columns: Columns
    is_new: NDArray[np.bool_]
    day: int


def measure(schools: Columns) -> dict[str, float]:
    """Print a table of the first days, ours and simpler ways; return the figures of ours."""
    dates = np.unique(schools.days)
    real = [_opened(schools, int(dates[-back]), back) for back in (58, 44, 30, 16)]
    made_up = []
    for seed in (2, 3, 4):
        columns = simulate(seed)
        days = np.unique(columns.days)
        made_up += [_opened(columns, int(days[at]), seed) for at in (70, 110)]
    return _measured("schools", real) | _measured("simulated", made_up)


def _opened(columns: Columns, day: int, seed: int) -> Opened:
    count = len(columns.names)
    new = np.random.default_rng(seed).permutation(count)[: count // 2]
    is_new = np.isin(columns.series, new)
    keep = ~is_new | (columns.days >= day)
    return Opened(columns.where(keep), is_new[keep], day)


def _measured(name: str, openings: list[Opened]) -> dict[str, float]:
    found: dict[str, list[tuple[int, Floats, Floats]]] = {}
    for opened in openings:
        for nth, served, answers in _first_days(opened):
            for who, three in answers.items():
                found.setdefault(who, []).append((nth, served, three))
    figures: dict[str, float] = {}
    for who, parts in found.items():
        for what, (first, end) in _PARTS.items():
            some = [part for part in parts if first <= part[0] < end]
            scores = dict(_scores(*(np.concatenate([part[n] for part in some]) for n in (1, 2))))
            told = f"new canteens, {name}, {what}"
            errors = f"{scores['WAPE']:.4f} | {scores['pinball']:.3f} | {scores['coverage80']:.3f}"
            sys.stdout.write(f"| {told} | {who} | {errors} | |\n")
            if who.startswith(_OURS):
                figures |= {f"{told}: {who}: {which}": scores[which] for which in scores}
    sys.stdout.flush()
    return figures


def _first_days(opened: Opened) -> Iterator[tuple[int, Floats, Mapping[str, Floats]]]:
    """Yield the number of a day, who came, and each forecast at 0.1, 0.5 and 0.9."""
    columns = opened.columns
    others = columns.where(~opened.is_new).up_to(opened.day - 1)
    model = train(others, opened.day - 1, RECIPE, _silently)
    ratio = others.served / others.registered
    usual = np.nanquantile(ratio[np.isfinite(ratio)], _LEVELS)
    dates = np.unique(columns.days[columns.days >= opened.day])[:_DAYS]
    known = opened.day - 1
    for nth, day in enumerate(dates.tolist()):
        rows = np.flatnonzero((columns.days == day) & opened.is_new & ~np.isnan(columns.served))
        seen = Seen.final(columns, rows)
        trained = predict(model, columns, rows, seen, known).values[:, _SHOWN]
        yield (
            nth,
            columns.served[rows],
            {
                _OURS: trained,
                f"{_OURS}, before the first training": _untrained(columns, rows, known),
                "rule of like days, +-50 %": _by_rule(columns, rows, known),
                "registrations x usual ratio": columns.registered[rows, None] * usual,
            },
        )
        known = day


def _untrained(columns: Columns, rows: Ints, known: int) -> Floats:
    """Forecast as the service does before there is a model."""
    keep = (columns.days > known - _LOOK_BACK) & (columns.days <= columns.days[rows[0]])
    some = columns.where(keep).unknown_after(known)
    rows = (np.cumsum(keep) - 1)[rows]
    memory = Memory(some)
    usual = learn_show_up(memory, int(memory.place(np.array([known]))[0]), 1)
    until = memory.until(rows, known)
    day = np.full(len(rows), known)
    asked = Asked(rows, memory.starts[rows], until, day, Seen.final(some, rows))
    present = present_of(usual, memory, asked, some.registered[rows])
    found = np.empty((len(rows), len(_LEVELS)))
    for n, row in enumerate(rows.tolist()):
        series = _series(some, row)
        try:
            ruled = forecast_day(series, date.fromordinal(int(some.days[row])), _date(known))
        except NoHistory:
            ruled = None
        found[n] = moved_by_rule(present[n], ruled, int((~np.isnan(series.served)).sum())).quantiles
    return found


def _by_rule(columns: Columns, rows: Ints, known: int) -> Floats:
    """Forecast by like days; without any, by registrations with a guess around them."""
    some = columns.unknown_after(known)
    found = columns.registered[rows, None] * np.array((0.5, 1.0, 1.5))
    for n, row in enumerate(rows.tolist()):
        series = _series(some, row)
        if not np.isnan(series.served).all():
            day = date.fromordinal(int(some.days[row]))
            found[n] = forecast_day(series, day, _date(known)).quantiles
    return found


def _series(columns: Columns, row: int) -> Series:
    part = slice(int(columns.starts[row]), row + 1)
    return Series(
        days=columns.days[part],
        kinds=columns.kinds[part],
        served=columns.served[part],
        registered=columns.registered[part],
        final=np.ones(row + 1 - part.start, dtype=np.bool_),
    )


def _date(day: int) -> date:
    return date.fromordinal(day)


def _scores(served: Floats, three: Floats) -> Iterator[tuple[str, float]]:
    levels = np.array(_LEVELS)
    away = served[:, None] - three
    yield "WAPE", float(np.abs(away[:, 1]).sum() / served.sum())
    yield "pinball", float(np.maximum(levels * away, (levels - 1.0) * away).mean())
    yield "coverage80", float(((served >= three[:, 0]) & (served <= three[:, 2])).mean())


def _silently(_done: int, _all: int) -> None:
    return None
