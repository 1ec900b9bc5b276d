"""Several learners' quantiles as one, each trusted as much as its recent forecasts deserve."""

import numpy as np

from cleanplate_forecast.domain.attendance import Floats
from cleanplate_forecast.domain.columns import QUANTILES

_JUDGED = tuple(QUANTILES.index(level) for level in (0.1, 0.5, 0.9))
_POWER = 20.0
_PRIOR_ROWS = 100.0


def losses(outcome: Floats, members: Floats) -> Floats:
    """Return the pinball loss of each row and member, mean over 0.1, 0.5 and 0.9.

    Args:
        outcome: shape (n,).
        members: quantiles, shape (n, k, 19).
    """
    levels = np.array(QUANTILES)[list(_JUDGED)]
    away = outcome[:, None, None] - members[:, :, _JUDGED]
    found: Floats = np.maximum(levels * away, (levels - 1.0) * away).mean(axis=2)
    return found


def weights(sums: Floats, rows: float) -> Floats:
    """Return the weights of members that lost `sums` over so many rows; they add up to one.

    A member that loses 3.5 % more weighs half as much. The fewer rows, the more equal.
    """
    usual = sums.mean() / max(rows, 1.0)
    drawn = sums + _PRIOR_ROWS * usual
    if not drawn.min() > 0:
        return np.full(len(sums), 1.0 / len(sums))
    trust: Floats = (drawn.min() / drawn) ** _POWER
    trust /= trust.sum()
    return trust


def blended(members: Floats, shares: Floats) -> Floats:
    """Return the weighted mean of the members' quantiles, shape (n, 19)."""
    found: Floats = np.einsum("nkq,k->nq", members, shares)
    return found
