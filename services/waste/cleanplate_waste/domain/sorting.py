"""Sampled sorting (抽样分拣): which bins are drawn, and what their contents say of all bins.

Pure arithmetic; streams, foods and materials are their codes.
docs/decisions/0025-kilograms-that-can-be-trusted.md
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from uuid import UUID

from cleanplate_waste.domain.student import two_sided

FEWEST_BINS = 10
LEVEL = 0.95
MATERIALS = ("edible", "inedible", "nonfood")
# What a stream holds by what it is called; these need no sorting.
BY_DEFINITION: Mapping[str, Mapping[str, float]] = {
    "prep_unavoidable": {"edible": 0.0, "inedible": 1.0, "nonfood": 0.0},
    "prep_avoidable": {"edible": 1.0, "inedible": 0.0, "nonfood": 0.0},
}
_MOST_DEGREES = 200


@dataclass(frozen=True)
class Bin:
    """A bin that was drawn and sorted.

    Attributes:
        one_in: its chance to be drawn was one in so many.
        parts: grams by part; what is left out was not found.
    """

    one_in: int
    parts: Mapping[str, int]

    @property
    def grams(self) -> int:
        """Return what all parts weigh."""
        return sum(self.parts.values())


@dataclass(frozen=True)
class Share:
    """A part's share of the mass of all bins, with its design-based standard error."""

    value: float
    standard_error: float
    low: float
    high: float
    degrees: int


def is_drawn(seed: int, weighing_id: UUID, one_in: int) -> bool:
    """Say whether a bin is drawn: with the chance `1 / one_in`, and always the same.

    Neither the order in which bins arrive nor their number changes the draw, and nobody knows it
    before the bin is weighed.
    """
    digest = hashlib.sha256(f"{seed}:{weighing_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % one_in == 0


def tolerance_grams(bin_grams: int) -> int:
    """Return by how much the parts may differ from the bin: 5 %, at least 100 g."""
    return max(100, bin_grams // 20)


def estimate_share(bins: Sequence[Bin], part: str, response: float = 1.0) -> Share | None:
    """Return the share of a part in all bins of a stream; None with fewer than ten sorted.

    A ratio of sums, each bin weighted by the inverse of its chance; bins are the clusters. What
    was certain to be drawn adds no error (finite population correction).

    Args:
        bins: drawn and sorted.
        part: which one.
        response: sorted bins divided by drawn bins; those missing make the sample smaller.

    Source: W. Cochran: Sampling Techniques (3rd ed.), sections 6.3 and 6.13.
    """
    count = len(bins)
    total = sum(one.one_in * one.grams for one in bins)
    if count < FEWEST_BINS or not total:
        return None
    value = sum(one.one_in * one.parts.get(part, 0) for one in bins) / total
    squares = sum(
        (one.one_in * (one.parts.get(part, 0) - value * one.grams)) ** 2
        * (1 - response / one.one_in)
        for one in bins
    )
    error = sqrt(squares * count / (count - 1)) / total
    half = two_sided(LEVEL, min(count - 1, _MOST_DEGREES)) * error
    return Share(value, error, max(value - half, 0.0), min(value + half, 1.0), count - 1)


@dataclass(frozen=True)
class Estimate:
    """A sum of grams with its standard error and 95 % interval."""

    value: float
    standard_error: float
    low: float
    high: float


def weighted_sum(parts: Iterable[tuple[float, Share]]) -> Estimate:
    """Return the sum of shares of known amounts; the streams were sampled apart.

    Degrees of freedom by Satterthwaite's rule, rounded down.
    """
    known = list(parts)
    value = sum(amount * share.value for amount, share in known)
    variances = [((amount * share.standard_error) ** 2, share.degrees) for amount, share in known]
    variance = sum(own for own, _ in variances)
    if not variance:
        return Estimate(value, 0.0, value, value)
    below = sum(own**2 / degrees for own, degrees in variances if own)
    degrees = min(max(int(variance**2 / below), 1), _MOST_DEGREES)
    error = sqrt(variance)
    half = two_sided(LEVEL, degrees) * error
    return Estimate(value, error, max(value - half, 0.0), value + half)


def certain(value: float) -> Share:
    """Return a share that a stream's definition says."""
    return Share(value, 0.0, value, value, 1)
