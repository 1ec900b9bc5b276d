"""What diners think of a dish and what is left of it, in figures that small numbers cannot fool."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WINDOW_DAYS = 60
LEAST_RATINGS_SHOWN = 5  # a mean of fewer says more about the raters than about the dish
PRIOR_RATINGS = 10
LEAST_RATINGS_QUEUED, LEAST_MEALS_QUEUED = 10, 3
QUEUED_FROM = 0.08  # as of 3.4 stars with a fifth left: a choice, to be tuned with experience
MOST_STARS = 5

# Student's t, 97.5 %, by degrees of freedom from 1 on; beyond the table, of its last entry.
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True)
class Opinion:
    """Ratings added up: how many, their stars, and the squares of their stars."""

    count: int = 0
    total: int = 0
    squares: int = 0

    @property
    def mean(self) -> float | None:
        """Return the plain mean; None without a rating."""
        return self.total / self.count if self.count else None

    def __add__(self, other: "Opinion") -> "Opinion":  # noqa: D105
        return Opinion(
            self.count + other.count, self.total + other.total, self.squares + other.squares
        )


NONE = Opinion()


@dataclass(frozen=True)
class Weighed:
    """What was prepared and what was left at one meal, grams."""

    prepared: int
    left: int


@dataclass(frozen=True)
class Change:
    """A difference with its 95 % confidence interval."""

    value: float
    low: float
    high: float


def shown_stars(opinion: Opinion, kind: Opinion) -> float | None:
    """Return the mean shrunk towards the mean of the dish's kind; None for too few ratings.

    The best linear estimate weighs a dish's own mean with n / (n + k), where k is the variance of
    ratings of one dish over the variance between dishes (Bühlmann, ASTIN Bulletin 4, 1967, 199).
    k = 10 is that ratio for standard deviations of 1.1 and 0.35 stars, an assumption: a canteen
    has too few dishes of a kind to estimate it well, and a fixed number can be explained.

    Args:
        opinion: of the dish.
        kind: of all dishes of its kind at the canteen, this one included.
    """
    if opinion.count < LEAST_RATINGS_SHOWN or kind.mean is None:
        return None
    return (opinion.total + PRIOR_RATINGS * kind.mean) / (opinion.count + PRIOR_RATINGS)


def left_share(meals: Sequence[Weighed]) -> float | None:
    """Return left per prepared mass: the ratio of the sums, not the mean of the ratios."""
    prepared = sum(meal.prepared for meal in meals)
    return sum(meal.left for meal in meals) / prepared if prepared else None


def queue_score(stars: float, share: float) -> float:
    """Return dissatisfaction times left share (满意度低 × 剩余高), from 0 to 1.

    Dissatisfaction is how far the stars are from 5, as a share of the 4 that one can be: 5 stars
    are 0, 1 star is 1. The product is small where either is good: a loved dish of which much is
    left was cooked too much, a disliked one that is eaten up is not wasted.

    Args:
        stars: 1 to 5, shrunk.
        share: left per prepared mass, 0 to 1.
    """
    return (MOST_STARS - stars) / (MOST_STARS - 1) * share


def stars_change(before: Opinion, after: Opinion) -> Change | None:
    """Return by how many stars the mean has changed; None with fewer than 5 ratings on a side.

    Welch's interval with the smaller side's degrees of freedom, which is the cautious choice.
    """
    if min(before.count, after.count) < LEAST_RATINGS_SHOWN:
        return None
    spread = math.sqrt(_error(before) + _error(after))
    value = after.total / after.count - before.total / before.count
    return _around(value, spread, min(before.count, after.count) - 1)


def left_change(before: Sequence[Weighed], after: Sequence[Weighed]) -> Change | None:
    """Return by how much the share left has changed; None with fewer than 3 meals on a side.

    The error of each share is that of a ratio of sums over independent meals: with residuals
    e = left - share x prepared, sqrt(sum(e²) n / (n - 1)) / sum(prepared).
    """
    old, new = left_share(before), left_share(after)
    if old is None or new is None or min(len(before), len(after)) < LEAST_MEALS_QUEUED:
        return None
    spread = math.hypot(_ratio_error(before, old), _ratio_error(after, new))
    return _around(new - old, spread, min(len(before), len(after)) - 1)


def _error(opinion: Opinion) -> float:
    """Return the squared standard error of a mean."""
    count = opinion.count
    variance = (opinion.squares - opinion.total**2 / count) / (count - 1)
    return max(variance, 0.0) / count


def _ratio_error(meals: Sequence[Weighed], share: float) -> float:
    count = len(meals)
    residuals = sum((meal.left - share * meal.prepared) ** 2 for meal in meals)
    return math.sqrt(residuals * count / (count - 1)) / sum(meal.prepared for meal in meals)


def _around(value: float, spread: float, freedom: int) -> Change:
    reach = _T[min(freedom, len(_T)) - 1] * spread
    return Change(value, value - reach, value + reach)
