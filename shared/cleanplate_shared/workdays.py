"""The Chinese working calendar: weekends, statutory holidays, make-up workdays (调休).

The State Council announces a year's make-up days in the autumn before. For a year that is not
announced yet, weekdays and the holidays fixed by law count, and the answer says `announced=False`.
An installation can set days itself; those win.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays

_SATURDAY = 5


@dataclass(frozen=True)
class DayKind:
    """What a day is for a Chinese office.

    Attributes:
        is_workday: people work that day.
        is_make_up: a weekend day that is worked (班), or a weekday off (休) as part of a holiday.
        holiday: the holiday's name in Chinese, if it is one.
        announced: the year's arrangement is published, or somebody set this day by hand.
    """

    day: date
    is_workday: bool
    is_make_up: bool
    holiday: str | None
    announced: bool


def day_kind(day: date, set_by_hand: Mapping[date, bool] | None = None) -> DayKind:
    """Return what `day` is; `set_by_hand` (day -> is a workday) overrides the calendar."""
    calendar = _year(day.year)
    weekend = day.weekday() >= _SATURDAY
    name = calendar.get(day)
    is_workday = calendar.is_working_day(day)
    announced = _is_announced(day.year)
    if set_by_hand and day in set_by_hand:
        is_workday, announced = set_by_hand[day], True
    return DayKind(
        day=day,
        is_workday=is_workday,
        is_make_up=is_workday == weekend,
        holiday=str(name) if name else None,
        announced=announced,
    )


def workdays(first: date, last: date) -> list[date]:
    """Return the workdays from `first` to `last`, both included."""
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    return [day for day in days if day_kind(day).is_workday]


@cache
def _year(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=year, language="zh_CN")


@cache
def _is_announced(year: int) -> bool:
    """A published year has make-up days; without any, only the law's fixed days are known."""
    return any(day.year == year for day in _year(year).weekend_workdays)
