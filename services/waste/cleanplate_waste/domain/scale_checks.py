"""What a check with a test weight says of a scale.

Source: docs/decisions/0027-trays-and-scale-checks.md.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import linear_regression

CHECK_EVERY = timedelta(days=7)
_OFF_SHARE, _FAILED_SHARE = 0.001, 0.005
_FEWEST = 3
_MONTH_DAYS = 30.0
_DAY = timedelta(days=1)


def is_off(test_grams: int, shown_grams: int, division_grams: int) -> bool:
    """Say whether the error is above one division and above a thousandth of the test weight."""
    return abs(shown_grams - test_grams) > max(division_grams, _OFF_SHARE * test_grams)


def has_failed(test_grams: int, shown_grams: int, division_grams: int) -> bool:
    """Say whether the error is above one division and above five thousandths."""
    return abs(shown_grams - test_grams) > max(division_grams, _FAILED_SHARE * test_grams)


def drift_per_mille_a_month(errors: Sequence[tuple[datetime, float]]) -> float | None:
    """Return the slope of relative errors over time, in thousandths per 30 days.

    Args:
        errors: when, and the error as a share of the test weight.
    """
    if len(errors) < _FEWEST or len({at.date() for at, _ in errors}) == 1:
        return None
    first = errors[0][0]
    days = [(at - first) / _DAY for at, _ in errors]
    return linear_regression(days, [error * 1000 for _, error in errors]).slope * _MONTH_DAYS
