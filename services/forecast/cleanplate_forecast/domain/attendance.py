"""How many will come: the mean of eight like days, corrected, with its own past errors around it.

A forecast for an open day is made at a horizon of H open days: it knows `served` of the open days
up to H before (everything after is unknown to it), and of the day itself its kind and the
registrations. The service and the backtest call the same `forecast`; a stronger model replaces it
behind the type `Forecaster`.

Source of the numbers below: docs/decisions/0005-first-forecast.md (tuned on earlier days only).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MODEL = "mean8-registered-1"
LEVELS = (0.1, 0.5, 0.9)
LIKE_DAYS = 8
PAST_ERRORS = 100
_RECENT_ERRORS, _RECENT_WEIGHT = 4, 0.3
_SLOPE_PRIOR = 0.04  # as if four days with registrations 10 % off had confirmed a slope of one
_STEEPEST = 1.2
_ENOUGH_ERRORS = 20
_GUESSED_ERRORS = (-0.5, 0.0, 0.5)  # of the forecast, while fewer errors than that are known


class Kind(IntEnum):
    """What kind of day an open day is; 0 to 6 are ordinary days from Monday to Sunday."""

    SATURDAY = 5
    MAKE_UP_WORKDAY = 7
    WEEKDAY_OFF = 8


_REST = (Kind.SATURDAY, Kind.SATURDAY + 1, Kind.WEEKDAY_OFF)


class NoHistory(ValueError):  # noqa: N818
    """Nothing is known that the rule could rest on."""


@dataclass(frozen=True)
class Series:
    """One meal of one canteen, its open days from old to new.

    Attributes:
        days: ordinals of the dates, ascending, each once.
        kinds: `Kind` of each day.
        served: who ate; NaN where it is not known.
        registered: registrations; NaN where there are none to know.
        final: False where `registered` may still grow: it is then a lower bound.
    """

    days: Ints
    kinds: Ints
    served: Floats
    registered: Floats
    final: Flags


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of some days of one series; NaN where nothing was known before the day.

    Attributes:
        mean: expected diners, shape (n,).
        quantiles: at `LEVELS`, shape (n, 3); ascending, never negative.
    """

    mean: Floats
    quantiles: Floats


@dataclass(frozen=True)
class Forecast:
    """The forecast of one day, and the model that made it.

    Attributes:
        mean: expected diners.
        quantiles: level -> diners, by increasing level, `LEVELS` among them; ascending, never
            negative.
        model: its name and version.
    """

    mean: float
    quantiles: Mapping[float, float]
    model: str


# For each series, the positions of the days wanted; and one horizon in open days for all.
Forecaster = Callable[[Sequence[Series], Sequence[Ints], int], list[Forecasts]]


def forecast(series: Sequence[Series], wanted: Sequence[Ints], horizon: int) -> list[Forecasts]:
    """Forecast the days at positions `wanted` of each series, each from `horizon` days before."""
    return [_forecast(one, at, horizon) for one, at in zip(series, wanted, strict=True)]


def forecast_day(series: Series, day: date, as_of: date) -> Forecast:
    """Forecast one open day of `series` from what was served up to `as_of`.

    What is known of later days is not looked at.

    Raises:
        NoHistory: no served day.
        ValueError: `day` is not an open day of the series.
    """
    found = np.flatnonzero(series.days == day.toordinal())
    if not found.size:
        raise ValueError(f"{day} is not an open day of the series")
    at = int(found[0])
    served = np.where(series.days <= as_of.toordinal(), series.served, np.nan)[: at + 1]
    served[at] = np.nan
    known = np.flatnonzero(~np.isnan(served))
    if not known.size:
        raise NoHistory("no served day")
    cut = slice(0, at + 1)
    past = Series(
        series.days[cut], series.kinds[cut], served, series.registered[cut], series.final[cut]
    )
    made = forecast([past], [np.array([at])], at - int(known[-1]))[0]
    quantiles = dict(zip(LEVELS, made.quantiles[0].tolist(), strict=True))
    return Forecast(float(made.mean[0]), quantiles, MODEL)


def with_past_errors(series: Series, expected: Floats, wanted: Ints, horizon: int) -> Forecasts:
    """Put the past relative errors of a rule around what it expects.

    Args:
        series: the series.
        expected: what the rule expects of every day of the series at this horizon.
        wanted: positions to answer for.
        horizon: open days; an error counts only if its day was served that long before.
    """
    return _around(expected[wanted], _spread(series, expected, wanted, horizon))


def like_days(series: Series, horizon: int, count: int) -> Ints:
    """Return, for each day, the positions of the `count` latest like days known; -1 for none.

    Like is: the same weekday, both ordinary. A make-up workday (调休) is like any workday, a
    weekday off like any rest day: eight of their own would reach back for years.
    Where there is no like day, any day counts.
    """
    until = np.arange(len(series.days)) - horizon
    known = ~np.isnan(series.served)
    rests = np.isin(series.kinds, _REST)
    found = np.full((len(until), count), -1)
    for kind in range(Kind.MAKE_UP_WORKDAY):
        rows = series.kinds == kind
        found[rows] = _latest(known & rows, until[rows], count)
    for like in (rests, ~rests, np.ones_like(rests)):
        rows = like & (found[:, 0] < 0)
        found[rows] = _latest(known & like, until[rows], count)
    return found


def mean_of(values: Floats) -> Floats:
    """Return the mean of each row without its NaNs; NaN for a row of nothing else."""
    there = ~np.isnan(values)
    count = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    means: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return means


def served_on(series: Series, positions: Ints) -> Floats:
    """Return who ate at `positions`, NaN at -1."""
    return _take(series.served, positions)


def _forecast(series: Series, wanted: Ints, horizon: int) -> Forecasts:
    """Forecast some days, each with the errors of days of which as much was known.

    Where registrations are final those are the newer half of the days that had some, of 20 at
    least: the first ones had no like days to compare with. Elsewhere they are those of all days,
    forecast without registrations.
    """
    expected = _expected(series, horizon)
    spread = _spread(series, expected, wanted, horizon)
    told = series.final & ~np.isnan(series.registered)
    if not told.all():
        beside = replace(series, served=np.where(told, series.served, np.nan))
        alone = replace(series, registered=np.full(len(told), np.nan))
        count = np.cumsum(told & ~np.isnan(series.served))[np.maximum(wanted - horizon, 0)]
        newer = np.maximum(count // 2, _ENOUGH_ERRORS)
        if_told = _spread(beside, expected, wanted, horizon, newer)
        if_told = np.where((count >= _ENOUGH_ERRORS)[:, None], if_told, spread)
        if_not = _spread(alone, _expected(alone, horizon), wanted, horizon)
        spread = np.where(told[wanted][:, None], if_told, if_not)
    return _around(expected[wanted], spread)


def _spread(
    series: Series, expected: Floats, wanted: Ints, horizon: int, most: Ints | None = None
) -> Floats:
    """Return the quantiles of the errors before each day, over what was expected."""
    errors = (series.served - expected) / np.maximum(expected, 1.0)
    past = _latest(~np.isnan(errors), wanted - horizon, PAST_ERRORS)
    if most is not None:
        past = np.where(np.arange(PAST_ERRORS) < most[:, None], past, -1)
    return _quantiles(_take(errors, past))


def _around(mean: Floats, spread: Floats) -> Forecasts:
    around = mean[:, None] + spread * np.maximum(mean, 1.0)[:, None]
    around[:, 1] = mean
    return Forecasts(mean, np.sort(np.maximum(around, 0.0), axis=1))


def _expected(series: Series, horizon: int) -> Floats:
    """Return the expectation for every day, each from `horizon` open days before it."""
    like = like_days(series, horizon, LIKE_DAYS)
    level = mean_of(served_on(series, like))
    corrected = level + _registration_step(series, like, level, horizon)
    scale = np.maximum(corrected, 1.0)
    errors = np.clip((series.served - corrected) / scale, -1.0, 1.0)
    recent = _latest(~np.isnan(errors), np.arange(len(level)) - horizon, _RECENT_ERRORS)
    drift = np.nan_to_num(_take(errors, recent)).sum(axis=1) / _RECENT_ERRORS
    expected: Floats = np.maximum(corrected + _RECENT_WEIGHT * drift * scale, 0.0)
    return expected


def _registration_step(series: Series, like: Ints, level: Floats, horizon: int) -> Floats:
    """Return what the registrations add to the level of the like days.

    It is slope x show-up ratio x (registered - registered on the like days). The slope is learnt
    from the series' own past, drawn towards one. Registrations that may grow only ever add.
    """
    registered, served = _take(series.registered, like), served_on(series, like)
    usual = mean_of(registered)
    turned_up = mean_of(np.where(np.isnan(registered), np.nan, served))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(usual > 0, turned_up / usual, 1.0)
        gap = ratio * (series.registered - usual)
        gap = np.where(series.final, gap, np.maximum(gap, 0.0))
    scale = np.maximum(level, 1.0)
    x, y = gap / scale, (series.served - level) / scale
    good = np.isfinite(x) & np.isfinite(y)
    x, y = np.where(good, x, 0.0), np.where(good, y, 0.0)
    until = np.maximum(np.arange(len(x)) - horizon + 1, 0)
    slope = (_sums(x * y)[until] + _SLOPE_PRIOR) / (_sums(x * x)[until] + _SLOPE_PRIOR)
    step: Floats = np.nan_to_num(np.clip(slope, 0.0, _STEEPEST) * gap)
    return step


def _latest(member: Flags, until: Ints, count: int) -> Ints:
    """Return the `count` latest member positions at or before each of `until`; -1 for none."""
    positions = np.flatnonzero(member)
    if not positions.size:
        return np.full((len(until), count), -1)
    nth = np.searchsorted(positions, until, side="right")[:, None] - 1 - np.arange(count)
    return np.where(nth >= 0, positions[np.maximum(nth, 0)], -1)


def _take(values: Floats, positions: Ints) -> Floats:
    taken: Floats = np.where(positions >= 0, values[np.maximum(positions, 0)], np.nan)
    return taken


def _sums(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])


def _quantiles(errors: Floats) -> Floats:
    """Return the quantiles of each row's errors, for one more error like them (rank (n + 1) p).

    With fewer than 20 errors, a wide guess takes the place of those that are missing.
    """
    ranked = np.sort(errors, axis=1)  # NaN last
    count = (~np.isnan(ranked)).sum(axis=1)
    last = np.maximum(count - 1, 0)
    trust = np.minimum(count / _ENOUGH_ERRORS, 1.0)
    found = np.empty((len(ranked), len(LEVELS)))
    for column, (level, guess) in enumerate(zip(LEVELS, _GUESSED_ERRORS, strict=True)):
        rank = np.clip((count + 1) * level - 1.0, 0.0, last)
        below = np.floor(rank).astype(np.int64)
        pair = np.stack([below, np.minimum(below + 1, last)], axis=1)
        ends = np.nan_to_num(np.take_along_axis(ranked, pair, axis=1))
        share = rank - below
        value = ends[:, 0] * (1.0 - share) + ends[:, 1] * share
        found[:, column] = trust * value + (1.0 - trust) * guess
    return found
