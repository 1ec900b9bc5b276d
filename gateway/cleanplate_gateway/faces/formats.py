"""How days, times and weights are written for people."""

import re
from datetime import date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from cleanplate_shared.i18n import Locale
from cleanplate_shared.labels import words_of

_WEEKDAYS = {"zh": "一二三四五六日", "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def weekday(day: date, locale: Locale) -> str:
    """Return 周五 or Fri."""
    name = _WEEKDAYS[locale][day.weekday()]
    return f"周{name}" if locale == "zh" else name


def day_long(day: date, locale: Locale) -> str:
    """Return 11月20日 周五 or Fri 20 Nov."""
    if locale == "zh":
        return f"{day_short(day, locale)} {weekday(day, locale)}"
    return f"{weekday(day, locale)} {day_short(day, locale)}"


def day_short(day: date, locale: Locale) -> str:
    """Return 11月20日 or 20 Nov."""
    return f"{day.month}月{day.day}日" if locale == "zh" else f"{day.day} {_MONTHS[day.month - 1]}"


def day_dated(day: date, locale: Locale) -> str:
    """Return 2026年11月20日 or 20 Nov 2026."""
    short = day_short(day, locale)
    return f"{day.year}年{short}" if locale == "zh" else f"{short} {day.year}"


def month(value: str, locale: Locale) -> str:
    """Return 2026年11月 or Nov 2026 for `2026-11`."""
    year, number = (int(part) for part in value.split("-"))
    return f"{year}年{number}月" if locale == "zh" else f"{_MONTHS[number - 1]} {year}"


def holiday(name: str) -> str:
    """Return a holiday's Chinese name with the days in it as 1月4日, not 2026-01-04."""
    return _DAY.sub(lambda day: day_short(date.fromisoformat(day.group()), "zh"), name)


def clock_time(instant: datetime, time_zone: str) -> str:
    """Return an instant as HH:MM where the canteen is."""
    return instant.astimezone(ZoneInfo(time_zone)).strftime("%H:%M")


def kilograms(grams: float) -> str:
    """Return 12.34 kg; weights are shown in kilograms with two decimals."""
    return f"{grams / 1000:,.2f} kg"


def grams(value: float) -> str:
    """Return 45.2 g; amounts per person are shown in grams."""
    return f"{value:,.1f} g"


def percent(fraction: float) -> str:
    """Return 12.3 %."""
    return f"{fraction * 100:.1f} %"


def label(code: Enum | str, locale: Locale) -> str:
    """Return the words for a code of the contracts; a code without words stands for itself."""
    known = words_of(code)
    return known.in_(locale) if known else str(code)
