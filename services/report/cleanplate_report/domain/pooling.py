"""Several canteens together: their common change, and what a measure did to those that had it.

Source: docs/decisions/0031-measurement.md
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cleanplate_report.domain.step import Belief, Floats

_OWN_WAYS = 0.05  # by how much, at least, canteens without any measure come to differ


@dataclass(frozen=True)
class Part:
    """A canteen: what is known of its change, and the kilograms it wasted after."""

    belief: Belief
    after_kg: float

    @property
    def expected_kg(self) -> float:
        """Return what the days before let expect."""
        return self.after_kg / float(np.exp(self.belief.centre))


def together(parts: Sequence[Part]) -> Belief:
    """Return what is known of the change of all kilograms; canteens err each for itself."""
    expected = np.array([part.expected_kg for part in parts])
    share = expected / expected.sum()
    centre = float(np.log(sum(part.after_kg for part in parts) / expected.sum()))
    variances = (share * np.array([part.belief.spread for part in parts])) ** 2
    freedoms = np.array([part.belief.freedom for part in parts])
    return _one(centre, float(variances.sum()), _welch(variances, freedoms))


def difference(treated: Sequence[Part], others: Sequence[Part]) -> Belief:
    """Return how much more the change of the treated was than that of the others.

    Canteens change for reasons of their own, too: that is found from how much they differ within
    each of both groups, and is never taken for less than 5 %.

    Raises:
        ValueError: a group is empty.
    """
    groups = [_mean(group) for group in (treated, others)]
    centre = groups[0][0] - groups[1][0]
    variances = np.array([variance for _, variance, _ in groups])
    freedoms = np.array([freedom for _, _, freedom in groups])
    return _one(centre, float(variances.sum()), _welch(variances, freedoms))


def _mean(parts: Sequence[Part]) -> tuple[float, float, float]:
    """Return the mean of a group's steps, its variance and its degrees of freedom.

    Source: DerSimonian and Laird, Controlled Clinical Trials 7 (1986).
    """
    if not parts:
        raise ValueError("a group without a canteen")
    steps = np.array([part.belief.centre for part in parts])
    within = np.array([part.belief.spread**2 for part in parts])
    between = max(_between(steps, within), _OWN_WAYS**2)
    weights = 1 / (within + between)
    freedom = sum(part.belief.freedom for part in parts) if len(parts) == 1 else len(parts) - 1.0
    return float(weights @ steps / weights.sum()), float(1 / weights.sum()), freedom


def _between(steps: Floats, within: Floats) -> float:
    weights = 1 / within
    mean = weights @ steps / weights.sum()
    excess = weights @ (steps - mean) ** 2 - (len(steps) - 1)
    scale = weights.sum() - (weights**2).sum() / weights.sum()
    return float(max(excess, 0.0) / scale) if scale > 0 else 0.0


def _welch(variances: Floats, freedoms: Floats) -> float:
    """Return the degrees of freedom of a sum (Welch 1947)."""
    return float(variances.sum() ** 2 / (variances**2 / freedoms).sum())


def _one(centre: float, variance: float, freedom: float) -> Belief:
    return Belief(np.array([centre]), np.array([variance**0.5]), np.ones(1), freedom)
