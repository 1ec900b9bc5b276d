"""Honest intervals: what forecasts promised lately, beside what then came.

Two corrections, both from forecasts of the past alone. Drift: a series that has been above or
below its forecasts lately is followed, cautiously when that may be chance and fully when it cannot
be (a term starts, a canteen moves); the less, the further ahead. Width: at each level the distance
from the middle is stretched until as many outcomes stay below as were promised (conformalised
quantile regression, one-sided at each end; Romano, Patterson, Candes 2019), from the long past to
the recent one, from all forecasts to those that saw as much of the registrations, and from all
series to the row's own. Half-lives count open dates.
"""

from dataclasses import dataclass

import numpy as np

from cleanplate_forecast.domain.attendance import Flags, Floats, Ints
from cleanplate_forecast.domain.columns import MIDDLE, QUANTILES
from cleanplate_forecast.domain.lookback import sums_by
from cleanplate_forecast.domain.pace import SIGHTS

LOOKS_BACK = 120  # open dates
_LONG, _SHORT, _DRIFT = 60.0, 10.0, 3.0
_LONG_PRIOR, _SHORT_PRIOR = 10.0, 10.0  # dates, whose rows err together
_SIGHT_PRIOR, _OWN_PRIOR = 20.0, 150.0  # rows
_CAUTIOUS, _CERTAIN = 0.25, 0.9
_CHANCE = (2.0, 4.0)  # standard errors: below the first it may be chance, above the second not
_DRIFT_PRIOR = 2.0
_WORTH_PRIOR, _MOST_WORTH = 0.02, 1.2  # as if twenty leanings of 3 % had come true
_FURTHEST = 0.5
_LEVELS = (0.05, 0.1, 0.25, 0.75, 0.9, 0.95)
_FLOOR = 0.005
_NARROWEST, _WIDEST = 0.3, 4.0
_ENOUGH = 10_000  # scores that a quantile of all series is taken from
_HALF, _LOW, _HIGH = 0.5, QUANTILES.index(0.1), QUANTILES.index(0.9)
_SIGMAS = 2.56  # between 0.1 and 0.9 of a normal distribution


@dataclass(frozen=True)
class Past:
    """Forecasts whose outcome is known; everything is relative to a row's level.

    Attributes:
        series: of each forecast, shape (n,).
        days: ordinals of their dates.
        outcome: who came.
        plain: middle before any correction.
        leaning: what `Experience.leaning` was.
        quantiles: after drift, before width; shape (n, 19).
        sights: what was seen of the registrations, as `Seen.sights`.
    """

    series: Ints
    days: Ints
    outcome: Floats
    plain: Floats
    leaning: Floats
    quantiles: Floats
    sights: Ints

    @classmethod
    def none(cls) -> "Past":
        """Return a past in which nothing was forecast."""
        whole, values = np.empty(0, dtype=np.int64), np.empty(0)
        return cls(whole, whole, values, values, values, np.empty((0, len(QUANTILES))), whole)

    def between(self, first: int, last: int) -> "Past":
        """Return the part from the day `first` to the day `last`, both included."""
        return self.where((self.days >= first) & (self.days <= last))

    def where(self, keep: Flags) -> "Past":
        """Return the part that is to be kept."""
        return Past(*(values[keep] for values in vars(self).values()))

    def joined(self, other: "Past") -> "Past":
        """Return both, this one first."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Past(*(np.concatenate(pair) for pair in pairs))


class Experience:
    """What the past teaches about some series as of a day.

    Args:
        past: forecasts known on that day.
        dates: the open dates of the installation, ascending.
        series: asked about, shape (m,); each once.
        until: the last day of the own series that is known, shape (m,).
    """

    def __init__(self, past: Past, dates: Ints, series: Ints, until: Ints) -> None:
        self._past = past
        self._count = len(series)
        most = int(max(series.max(initial=0), past.series.max(initial=0))) + 1
        position, last = np.full(most, -1), np.full(most, -1)
        position[series], last[series] = np.arange(len(series)), until
        at = position[past.series]
        self._own = (at >= 0) & (past.days <= last[past.series])
        self._at = at[self._own]
        places = np.searchsorted(dates, past.days)
        self._age = (places.max(initial=0) - places).astype(np.float64)
        self._a_date = len(places) / max(len(np.unique(places)), 1)  # rows
        newest = np.zeros(self._count)
        np.maximum.at(newest, self._at, places[self._own])
        self._own_age = newest[self._at] - places[self._own]

    def drift(self) -> Floats:
        """Return what to add to the forecasts of each series, relative to the level.

        It is the leaning times what leanings were worth lately, over all series: a slope of the
        errors that followed, drawn towards one.
        """
        past = self._past
        weight = 0.5 ** (self._age / _LONG)
        errors = np.clip(past.outcome - past.plain, -_FURTHEST, _FURTHEST)
        followed = float((weight * past.leaning * errors).sum())
        leant = float((weight * past.leaning**2).sum())
        worth = (followed + _WORTH_PRIOR) / (leant + _WORTH_PRIOR)
        return self.leaning() * min(max(worth, 0.0), _MOST_WORTH)

    def leaning(self) -> Floats:
        """Return how far each series was above its forecasts lately, as far as that is not chance.

        Relative to the level; chance is told by the width that was forecast.
        """
        past = self._past.where(self._own)
        weight = 0.5 ** (self._own_age / _DRIFT)
        errors = past.outcome - past.plain
        usual = (past.quantiles[:, _HIGH] - past.quantiles[:, _LOW]) / _SIGMAS + _FLOOR
        count, small, whole, noise = (
            sums_by(self._at, values, self._count)
            for values in (
                weight,
                weight * np.clip(errors, -_FURTHEST, _FURTHEST),
                weight * errors,
                (weight * usual) ** 2,
            )
        )
        deviations = np.abs(small) / np.maximum(np.sqrt(noise), _FLOOR)
        sure = np.clip((deviations - _CHANCE[0]) / (_CHANCE[1] - _CHANCE[0]), 0.0, 1.0)
        sure = np.where(count > _DRIFT_PRIOR, sure, 0.0)
        cautious = _CAUTIOUS * small / (count + _DRIFT_PRIOR)
        certain = _CERTAIN * whole / np.maximum(count, _DRIFT_PRIOR)
        return cautious * (1.0 - sure) + certain * sure

    def stretch(self, sights: Ints) -> Floats:
        """Return factors on the distance of each quantile from the middle, shape (m, 19).

        Args:
            sights: what the forecast of each series sees of the registrations, shape (m,).
        """
        past, own = self._past, self._own
        long, short = 0.5 ** (self._age / _LONG), 0.5 ** (self._age / _SHORT)
        middle = past.quantiles[:, MIDDLE]
        found = np.empty((self._count, len(_LEVELS)))
        for column, level in enumerate(_LEVELS):
            away = np.abs(past.quantiles[:, QUANTILES.index(level)] - middle)
            side, share = (1.0, level) if level > _HALF else (-1.0, 1.0 - level)
            score = side * (past.outcome - middle) / np.maximum(away, _FLOOR)
            common = _drawn(score, long, share, 1.0, _LONG_PRIOR * self._a_date)
            common = _drawn(score, short, share, common, _SHORT_PRIOR * self._a_date)
            usual = self._by_sight(score, long, share, common)
            alike = score[own] * (usual[sights[self._at]] / usual[past.sights[own]])
            single, rows = _by_group(alike, short[own], self._at, self._count, share)
            mine = np.log(np.clip(single, _NARROWEST, _WIDEST)) * rows
            drawn = np.log(usual[sights]) * _OWN_PRIOR
            found[:, column] = np.exp((mine + drawn) / (rows + _OWN_PRIOR))
        levels = np.array(QUANTILES)
        each = [np.interp(levels, _LEVELS, factors) for factors in found]
        return np.reshape(each, (self._count, len(levels)))

    def _by_sight(self, score: Floats, weight: Floats, share: float, common: float) -> Floats:
        """Return the weighted quantile of the scores by sight, drawn towards that of all."""
        found = np.full(SIGHTS, common)
        sights = self._past.sights
        for sight in np.unique(sights):
            if not (alike := sights == sight).all():
                found[sight] = _drawn(score[alike], weight[alike], share, common, _SIGHT_PRIOR)
        return found


def fading(horizons: Ints) -> Floats:
    """Return what is left of a leaning so many open days ahead; 1 for the next one.

    It fades as fast ahead as it is forgotten behind.
    """
    left: Floats = 0.5 ** ((horizons - 1) / _DRIFT)
    return left


def widened(quantiles: Floats, factors: Floats) -> Floats:
    """Return the quantiles with their distance from the middle stretched; ascending, from 0."""
    middle = quantiles[:, [MIDDLE]]
    side = np.sign(np.array(QUANTILES) - _HALF)
    around = middle + side * np.abs(quantiles - middle) * factors
    return np.sort(np.maximum(around, 0.0), axis=1)


def _drawn(score: Floats, weight: Floats, share: float, towards: float, prior: float) -> float:
    """Return the weighted quantile of the scores, drawn towards a value by so many rows."""
    rows = float(weight.sum())
    if not rows > 0:
        return towards
    some = slice(None, None, 1 + len(score) // _ENOUGH)
    order = np.argsort(score[some])
    ranked = weight[some][order]
    reached = np.cumsum(ranked) - 0.5 * ranked
    found = float(np.interp(share * ranked.sum(), reached, score[some][order]))
    found = float(np.clip(found, _NARROWEST, _WIDEST))
    return (found * rows + towards * prior) / (rows + prior)


def _by_group(
    score: Floats, weight: Floats, groups: Ints, count: int, share: float
) -> tuple[Floats, Floats]:
    """Return the weighted quantile of each group (1 for an empty one), and its rows' weight."""
    totals = sums_by(groups, weight, count)
    order = np.lexsort((score, groups))
    reached = np.cumsum(weight[order]) - 0.5 * weight[order]
    before = np.concatenate([[0.0], np.cumsum(totals)[:-1]])
    wanted = before + share * totals
    found = np.ones(count)
    some = totals > 0
    at = np.searchsorted(reached, wanted[some])
    last = np.cumsum(np.bincount(groups, minlength=count))[some] - 1
    found[some] = score[order][np.minimum(at, last)]
    return found, totals
