"""How sure a share of clean plates is."""

from math import sqrt

_Z = 1.959963984540054  # 95 %


def wilson(clean: int, trays: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score.

    Args:
        clean: how many of `trays`; trays > 0.
        trays: how many were weighed.

    Source: E. B. Wilson, Probable inference, the law of succession (1927).
    """
    share = clean / trays
    spread = _Z * _Z / trays
    middle = share + spread / 2
    half = _Z * sqrt(share * (1 - share) / trays + spread / (4 * trays))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))
