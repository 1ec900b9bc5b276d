"""Instants at the door: when names are shown, when a meal is over, how long one may complain."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cleanplate_menu.domain.days import end_of_day, meal_time

_EVENING_BEFORE = time(18)
_MEAL_LASTS = timedelta(hours=2)
_REPORT_DAYS = timedelta(days=3)


def shows_names(day: date, zone: ZoneInfo, at: datetime) -> bool:
    """Say whether the door may see a meal's names: from 18:00 the evening before, that day."""
    opens = datetime.combine(day - timedelta(1), _EVENING_BEFORE, zone).astimezone(UTC)
    return opens <= at < end_of_day(day, zone)


def meal_end(day: date, meal: str, serves_until: datetime | None, zone: ZoneInfo) -> datetime:
    """Return when a meal is over: its last hour, or two hours after it usually begins."""
    return serves_until or meal_time(day, meal, zone) + _MEAL_LASTS


def may_report(day: date, zone: ZoneInfo, at: datetime) -> bool:
    """Say whether a failure of a meal may be reported: on its day and the three after."""
    begins = datetime.combine(day, time(), zone).astimezone(UTC)
    return begins <= at < end_of_day(day + _REPORT_DAYS, zone)
