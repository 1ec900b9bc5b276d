"""How much less was wasted than the days before let expect, and how sure that is.

Daily kilograms are a mean that depends on diners (not in proportion: a kitchen wastes some on any
day), weekday, meal, season and what else is given, times a step when the measure began. What is not
known well is expected to be as usual, so that ten days do not have to tell what a year would.

Sources: domain.md 5.1 to 5.3; docs/decisions/0031-measurement.md
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from cleanplate_report.domain.step import Belief, Design, Floats, Ints, find_step
from cleanplate_shared.contracts.report_measurement import ChangeVerdict

Texts = NDArray[np.str_]
FEWEST_DAYS = 10
_LOW, _HIGH, _POWER = 0.025, 0.975, 0.8
_ELASTICITY, _ELASTICITY_SPREAD = 0.85, 0.3  # of kilograms to diners
_USUAL_SPREAD = 0.1  # between weekdays, and for one standard deviation of what is given
_SEASON_SPREAD = 0.3
_YEAR = 365.25
_SEASON_DAYS = 330  # fewer tell nothing of a season
_WEEK = 7
_MOST_KINDS = 30


@dataclass(frozen=True)
class Days:
    """The measured days of a canteen, each meal's by date, the meals one after the other.

    Attributes:
        ordinals: of the dates.
        meals: of each row; all empty where meals are not told apart.
        served: diners, more than none.
        waste: kilograms.
        is_after: the measure had begun.
        numbers: further columns of numbers, by name.
        texts: further columns of words.
    """

    ordinals: Ints
    meals: Texts
    served: Floats
    waste: Floats
    is_after: NDArray[np.bool_]
    numbers: Mapping[str, Floats]
    texts: Mapping[str, Texts]

    def dates(self, *, after: bool) -> int:
        """Return how many dates there are on one side."""
        return len(np.unique(self.ordinals[self.is_after == after]))

    def sums(self, *, after: bool) -> tuple[float, float]:
        """Return kilograms and diners of one side."""
        on = self.is_after == after
        return float(self.waste[on].sum()), float(self.served[on].sum())


@dataclass(frozen=True)
class Change:
    """The change that is not explained by diners, weekdays and the rest; -0.15 is 15 % less."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, belief: Belief) -> "Change":
        """Return the change with its 95 % interval."""
        at = (belief.centre, belief.quantile(_LOW), belief.quantile(_HIGH))
        return cls(*(float(np.expm1(one)) for one in at))

    @property
    def verdict(self) -> ChangeVerdict:
        """Return what may be said."""
        if self.high < 0:
            return ChangeVerdict.DECREASE
        return ChangeVerdict.INCREASE if self.low > 0 else ChangeVerdict.NO_SIGNIFICANT_CHANGE


def estimate(days: Days) -> Belief | None:
    """Return what is known of the step; None where days or kilograms are too few."""
    for after in (False, True):
        if days.dates(after=after) < FEWEST_DAYS or days.sums(after=after)[0] <= 0:
            return None
    return find_step(days.waste, _design(days))


def smallest_detectable(belief: Belief) -> float:
    """Return the smallest decrease found in 80 of 100 such measurements; 0.12 is 12 %."""
    reach = stdtrit(belief.freedom, _HIGH) + stdtrit(belief.freedom, _POWER)
    return float(-np.expm1(-reach * belief.spread))


def _design(days: Days) -> Design:
    count = len(days.waste)
    log_served = np.log(days.served)
    terms: list[tuple[Floats, float, float]] = [
        (np.ones(count), 0.0, np.inf),
        (days.is_after.astype(float), 0.0, np.inf),
        (log_served - log_served.mean(), _ELASTICITY, _ELASTICITY_SPREAD),
    ]
    terms += [(one, 0.0, _USUAL_SPREAD) for one in _kinds((days.ordinals % _WEEK).astype(str))]
    terms += [(one, 0.0, np.inf) for one in _kinds(days.meals)]
    terms += [(one, 0.0, _SEASON_SPREAD) for one in _season(days)]
    terms += [(one, 0.0, _USUAL_SPREAD) for cells in days.texts.values() for one in _kinds(cells)]
    terms += [(_scaled(one), 0.0, _USUAL_SPREAD) for one in days.numbers.values()]
    columns, usual, spread = zip(*terms, strict=True)
    return Design(np.stack(columns, axis=1), np.array(usual), np.array(spread), _starts(days))


def _kinds(cells: Texts) -> list[Floats]:
    """Return a column for each kind but the most frequent; of many, for the thirty next ones."""
    kinds, counts = np.unique(cells, return_counts=True)
    by_count = kinds[np.argsort(-counts, kind="stable")]
    return [(cells == kind).astype(float) for kind in by_count[1 : 1 + _MOST_KINDS]]


def _season(days: Days) -> list[Floats]:
    before = days.ordinals[~days.is_after]
    if int(before.max() - before.min()) < _SEASON_DAYS:
        return []
    angle = 2 * np.pi * days.ordinals / _YEAR
    return [wave(times * angle) for times in (1, 2) for wave in (np.sin, np.cos)]


def _scaled(values: Floats) -> Floats:
    """Return numbers in standard deviations from their mean; what is not known is the mean."""
    known = values[~np.isnan(values)]
    spread = float(known.std()) if known.size else 0.0
    if spread == 0.0:
        return np.zeros(len(values))
    return np.where(np.isnan(values), 0.0, (values - known.mean()) / spread)


def _starts(days: Days) -> Ints:
    follows = (days.meals[1:] == days.meals[:-1]) & (days.is_after[1:] == days.is_after[:-1])
    return np.flatnonzero(np.concatenate([[True], ~follows]))
