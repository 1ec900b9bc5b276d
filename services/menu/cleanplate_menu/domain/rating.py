"""When a meal may be rated."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cleanplate_menu.domain.days import meal_time

DAYS_TO_RATE = 3  # after the meal's day
LEAST_OF_A_UNIT = 10  # people at the meal, before a rating says of which unit it is
KEPT = timedelta(DAYS_TO_RATE + 1)  # that somebody has rated; a day more for zones
_MEAL_LASTS = timedelta(hours=2)


def last_day_to_rate(day: date) -> date:
    """Return the last day on which a meal of `day` may be rated."""
    return day + timedelta(DAYS_TO_RATE)


def is_over(day: date, meal: str, zone: ZoneInfo, until: datetime | None, now: datetime) -> bool:
    """Say whether a meal is over; two hours after its usual beginning if no end is known."""
    return now >= (until or meal_time(day, meal, zone) + _MEAL_LASTS)
