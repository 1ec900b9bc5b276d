"""Quantiles of Student's t distribution, for intervals from few values."""

from functools import lru_cache
from math import atan, cos, pi, sin, sqrt

_HIGHEST = 2.0**40
_HALVINGS = 100


def central_mass(t: float, degrees: int) -> float:
    """Return the chance that a t value lies between -t and t.

    Args:
        t: at least 0.
        degrees: of freedom, at least 1.

    Source: M. Abramowitz, I. Stegun: Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
    """
    angle = atan(t / sqrt(degrees))
    sine, square = sin(angle), cos(angle) ** 2
    is_odd = degrees % 2 == 1
    term = cos(angle) if is_odd else 1.0
    total = 0.0
    for step in range(2 if is_odd else 1, degrees, 2):
        total += term
        term *= square * step / (step + 1)
    if is_odd:
        return 2 / pi * (angle + sine * total)
    return sine * total


@lru_cache(maxsize=512)
def two_sided(level: float, degrees: int) -> float:
    """Return the t that has `level` of the mass between -t and t.

    Args:
        level: 0 < level < 1, such as 0.95.
        degrees: of freedom, at least 1.

    Raises:
        ValueError: no degrees of freedom, or a level outside its range.
    """
    if degrees < 1 or not 0 < level < 1:
        raise ValueError("a level between 0 and 1 and one degree of freedom at least")
    low, high = 0.0, 1.0
    while central_mass(high, degrees) < level and high < _HIGHEST:
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if central_mass(middle, degrees) < level else (low, middle)
    return (low + high) / 2
