"""Grams split into whole grams, and the factors that turn kilograms into carbon and water.

Pure arithmetic. docs/decisions/0025-kilograms-that-can-be-trusted.md
"""

from collections.abc import Sequence
from dataclasses import dataclass

FACTOR_VERSION = "2026-1"


@dataclass(frozen=True)
class FootprintFactor:
    """What a kilogram of waste stood for, as a range.

    Attributes:
        low, high: per kilogram, in `unit`.
    """

    quantity: str
    unit: str
    low: float
    high: float
    boundary: str
    sources: tuple[str, ...]


# Orders of magnitude from elsewhere; the range is what they disagree by, no interval of chance.
FOOTPRINT = (
    FootprintFactor(
        "carbon",
        "kg CO2e",
        2.19,
        3.39,
        "life cycle of meals, cooking energy included",
        (
            "Taiyuan, three canteens, 2019: 539.28 t CO2e of 246.75 t",
            "WRAP, hospitality and food service mix",
        ),
    ),
    FootprintFactor(
        "water",
        "l",
        156,
        1170,
        "low: blue water; high: all water",
        (
            "FAO, blue water",
            "WRAP, avoidable household food, 6,200 million m3 of 5.3 million t",
        ),
    ),
)


def split_grams(total: int, weights: Sequence[float]) -> list[int]:
    """Return whole grams in proportion to weights; they add up to the total, to the gram.

    The largest remainders get the grams that rounding down leaves; among equal ones the first.

    Raises:
        ValueError: no weight above zero.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("there must be a weight above zero, and none below")
    exact = [total * weight / whole for weight in weights]
    grams = [int(part) for part in exact]
    order = sorted(range(len(exact)), key=lambda at: (grams[at] - exact[at], at))
    for at in order[: total - sum(grams)]:
        grams[at] += 1
    return grams
