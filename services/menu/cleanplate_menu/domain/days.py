"""Instants of a day, in a canteen's zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MEAL_TIMES = {"breakfast": time(7, 30), "lunch": time(12), "dinner": time(18)}
_DEFAULT_CUTOFF = time(20)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which `day` ends in a canteen's zone."""
    return datetime.combine(day + timedelta(1), time(), zone).astimezone(UTC)


def meal_time(day: date, meal: str, zone: ZoneInfo) -> datetime:
    """Return when a meal usually begins."""
    return datetime.combine(day, _MEAL_TIMES[meal], zone).astimezone(UTC)


def default_cutoff(day: date, zone: ZoneInfo) -> datetime:
    """Return the cut-off of a session for which none is given: 20:00 on the day before."""
    return datetime.combine(day - timedelta(1), _DEFAULT_CUTOFF, zone).astimezone(UTC)
