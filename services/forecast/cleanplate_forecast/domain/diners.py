"""How many may come to a meal: draws from a forecast's quantiles."""

from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
DRAWS = 1_000


def draw_diners(
    quantiles: Sequence[tuple[float, float]], rng: np.random.Generator, draws: int = DRAWS
) -> Floats:
    """Return diners drawn from the distribution that has these quantiles, shape (draws,).

    Between two levels the distribution is normal with the two quantiles; beyond the outer ones it
    goes on as a normal one, so that three quantiles already have tails on both sides, each with
    the width of its own side. The draws are the midpoints of equally likely slices in random
    order: their own quantiles are those of the distribution almost exactly.

    Args:
        quantiles: (level, diners) by increasing level, 0 < level < 1, diners not decreasing.
        rng: decides the order only.
        draws: how many.

    Raises:
        ValueError: no quantile, or levels or diners out of order.
    """
    levels = [level for level, _ in quantiles]
    values = np.array([value for _, value in quantiles], dtype=float)
    if not levels or not 0.0 < min(levels) <= max(levels) < 1.0:
        raise ValueError("quantiles have levels between 0 and 1")
    if np.any(np.diff(levels) <= 0.0) or np.any(np.diff(values) < 0.0):
        raise ValueError("quantiles must increase with their levels")
    scores = np.array([NormalDist().inv_cdf(level) for level in levels])
    wanted = rng.permutation(_normal_scores(draws))
    return np.maximum(_along(wanted, scores, values), 0.0)


@lru_cache(maxsize=8)
def _normal_scores(draws: int) -> Floats:
    """Return the standard normal quantiles of the middles of `draws` equal slices."""
    normal = NormalDist()
    return np.array([normal.inv_cdf((nth + 0.5) / draws) for nth in range(draws)])


def _along(wanted: Floats, scores: Floats, values: Floats) -> Floats:
    """Return the values at normal scores: straight lines, going on beyond both ends."""
    inner = np.interp(wanted, scores, values)
    if len(scores) == 1:
        return inner
    below, above = _slope(scores[::-1], values[::-1]), _slope(scores, values)
    inner += below * np.minimum(wanted - scores[0], 0.0)
    inner += above * np.maximum(wanted - scores[-1], 0.0)
    return inner


def _slope(scores: Floats, values: Floats) -> float:
    """Return how a distribution goes on beyond its last quantile.

    The steeper of the outermost piece and of the way from the middle: the first knows the tail,
    the second does not let two equal quantiles cut it off.
    """
    pieces = [
        (values[-1] - values[before]) / (scores[-1] - scores[before])
        for before in (-2, (len(scores) - 1) // 2)
    ]
    return float(max(pieces))
