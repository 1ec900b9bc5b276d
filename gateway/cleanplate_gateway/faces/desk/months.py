"""Months as forms send them."""

from collections.abc import Sequence
from datetime import date, timedelta

_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)


def month_or(wanted: str, otherwise: date) -> str:
    """Return a month asked for as `YYYY-MM`, or that of a day if it cannot be read."""
    try:
        first = date.fromisoformat(f"{wanted}-01")
    except ValueError:
        first = otherwise
    known = _FIRST <= first <= _LAST
    return (first if known else otherwise).strftime("%Y-%m")


def bounds(month: str) -> tuple[date, date]:
    """Return the first and the last day of a month."""
    first = date.fromisoformat(f"{month}-01")
    return first, _next(first) - timedelta(days=1)


def last_months(today: date, count: int = 25) -> Sequence[str]:
    """Return the current month and those before it, newest first."""
    found = [today.replace(day=1)]
    while len(found) < count:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return [day.strftime("%Y-%m") for day in found]


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
