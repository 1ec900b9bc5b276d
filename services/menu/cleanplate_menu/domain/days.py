"""Instants of a day, in a canteen's zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MEAL_TIMES = {"breakfast": time(7, 30), "lunch": time(12), "dinner": time(18)}
_DEFAULT_CUTOFF = time(20)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which `day` ends in a canteen's zone."""
    return datetime.combine(day + timedelta(1), time(), zone).astimezone(UTC)


def at_clock(day: date, clock_time: str, zone: ZoneInfo) -> datetime:
    """Return the instant of a clock time, such as `09:30`, of a day in a canteen's zone.

    Where clocks are put back, a time that comes twice means the first; where they are put forward,
    a time that does not come means as long after midnight as it would be without the change.
    """
    return datetime.combine(day, time.fromisoformat(clock_time), zone).astimezone(UTC)


def meal_time(day: date, meal: str, zone: ZoneInfo) -> datetime:
    """Return when a meal usually begins."""
    return datetime.combine(day, _MEAL_TIMES[meal], zone).astimezone(UTC)


def default_cutoff(day: date, zone: ZoneInfo) -> datetime:
    """Return the cut-off of a session for which none is given: 20:00 on the day before."""
    return datetime.combine(day - timedelta(1), _DEFAULT_CUTOFF, zone).astimezone(UTC)
