"""Meals as iCalendar (RFC 5545): of a canteen, or those a diner has registered for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from cleanplate_menu.actions.feeds.words import contains, meal_name, plain
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.menu_feeds import PublicDish, PublicMeal, PublicMenu
from cleanplate_shared.i18n import Locale, msg

_PRODUCT = "-//Cleanplate//menu//"


@dataclass(frozen=True)
class Entry:
    """One meal of a calendar.

    Attributes:
        key: makes its UID, the same at every reading.
        begins: with the canteen's zone, as `ends`.
        is_off: the canteen does not hold it.
    """

    key: str
    title: str
    begins: datetime
    ends: datetime
    words: str = ""
    is_off: bool = False


def menu_calendar(menu: PublicMenu, locale: Locale) -> bytes:
    """Return a canteen's meals with their dishes."""
    entries = [
        Entry(
            key=f"{meal.id}@menu.cleanplate",
            title=_title(meal, menu, locale),
            begins=meal.serves_from,
            ends=meal.serves_until,
            words=_words(meal, locale),
            is_off=meal.closed_reason is not None,
        )
        for meal in menu.meals
    ]
    return calendar(plain(menu.canteen), entries, _midnight(menu.today, zone(menu.time_zone)))


def calendar(name: str, entries: Sequence[Entry], stamp: datetime) -> bytes:
    """Return a calendar; `stamp` is when it was made, the same for all readings of a day."""
    made = Calendar()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    made.add("x-wr-calname", name)
    for entry in entries:
        event = Event()
        event.add("uid", entry.key)
        event.add("dtstamp", stamp)
        event.add("dtstart", entry.begins)
        event.add("dtend", entry.ends)
        event.add("summary", entry.title)
        if entry.words:
            event.add("description", entry.words)
        event.add("status", "CANCELLED" if entry.is_off else "CONFIRMED")
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    made.add_missing_timezones()
    written: bytes = made.to_ical()
    return written


def own_entry(session_id: UUID, title: str, begins: datetime, ends: datetime) -> Entry:
    """Return a meal of a diner's own calendar: when and where, not the code."""
    return Entry(f"{session_id}@mine.cleanplate", title, begins, ends)


def midnight_utc(at: datetime) -> datetime:
    """Return the beginning of an instant's day in UTC."""
    return _midnight(at.astimezone(UTC).date(), ZoneInfo("UTC"))


def _midnight(day: date, local: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), local).astimezone(UTC)


def _title(meal: PublicMeal, menu: PublicMenu, locale: Locale) -> str:
    name = f"{meal_name(meal.meal, locale)} · {plain(menu.canteen)}"
    if meal.closed_reason is None:
        return name
    return msg("{meal}: not held", meal=name).in_(locale)


def _words(meal: PublicMeal, locale: Locale) -> str:
    if meal.closed_reason is not None:
        return plain(meal.closed_reason)
    return "\n".join(_dish(dish, locale) for dish in meal.dishes)


def _dish(dish: PublicDish, locale: Locale) -> str:
    named = f"{dish.choice} {plain(dish.name)}" if dish.choice else plain(dish.name)
    warned = contains(dish.allergens, locale)
    return f"{named} ({warned})" if warned else named
