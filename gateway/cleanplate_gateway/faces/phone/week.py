"""What a diner's page shows: the days, and each meal with what can be done about it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from fastapi import Request

from cleanplate_gateway.faces.client import Refused, fetch_all
from cleanplate_gateway.faces.places import Place, meals_of
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.directory import CalendarDay
from cleanplate_shared.contracts.menu import MealSession
from cleanplate_shared.contracts.menu_registrations import (
    MyRegistration,
    RegistrationStatus,
)

DAYS_SHOWN = 10
State = Literal["open", "full", "passed", "registered", "served"]


@dataclass(frozen=True)
class DayTab:
    """One day of the strip.

    Attributes:
        mark: rest (休), or a make-up workday (班); None for a day as its weekday says.
        registered: the diner has registered for a meal of that day.
    """

    day: date
    is_today: bool
    mark: Literal["rest", "work"] | None
    registered: bool


@dataclass(frozen=True)
class MealCard:
    """One meal, and what the diner can do about it now."""

    session: MealSession
    registration: MyRegistration | None
    state: State
    cutoff_day: date
    minutes_left: int

    @property
    def can_cancel(self) -> bool:
        """Say whether the registration may still be cancelled."""
        return self.state == "registered" and self.minutes_left >= 0


@dataclass(frozen=True)
class Week:
    """The page of one day, with the days around it.

    Attributes:
        missing: the sentence to show when the menu cannot be had.
        provisional_year: a year of the strip whose holidays are not announced yet.
    """

    place: Place
    chosen: date
    tabs: Sequence[DayTab]
    cards: Sequence[MealCard]
    missing: str | None
    provisional_year: int | None

    def card(self, meal_session_id: UUID) -> MealCard | None:
        """Return the card of one meal."""
        return next((card for card in self.cards if card.session.id == meal_session_id), None)


async def read_week(request: Request, place: Place, chosen: date | None) -> Week:
    """Return the page of a day; without one, of the first day that still has something."""
    first, last = place.today, place.today + timedelta(days=DAYS_SHOWN - 1)
    meals, mine, calendar = await asyncio.gather(
        meals_of(request, place, first, DAYS_SHOWN),
        _mine(request, first, last),
        _calendar(request, first, last),
    )
    taken = {registration.meal_session_id: registration for registration in mine}
    cards = [
        card_of(session, taken.get(session.id), place.now, place.canteen.time_zone)
        for session in meals.sessions
    ]
    shown = chosen if chosen and first <= chosen <= last else _first_useful(cards, first)
    provisional = [day.day.year for day in calendar.values() if not day.announced]
    return Week(
        place=place,
        chosen=shown,
        tabs=[
            _tab(first + timedelta(days=n), first, calendar, {one.date for one in mine})
            for n in range(DAYS_SHOWN)
        ],
        cards=[card for card in cards if card.session.date == shown],
        missing=meals.missing,
        provisional_year=provisional[0] if provisional else None,
    )


async def read_coming(request: Request, today: date) -> list[MyRegistration]:
    """Return the diner's registrations from today on."""
    mine = await _mine(request, today, today + timedelta(days=60))
    return sorted(mine, key=lambda one: (one.date, one.cutoff_at))


def card_of(
    session: MealSession, registration: MyRegistration | None, now: datetime, time_zone: str
) -> MealCard:
    """Return the card of a meal at an instant."""
    left = (session.cutoff_at - now).total_seconds()
    state: State = "open"
    if registration:
        state = "served" if registration.served else "registered"
    elif left < 0:
        state = "passed"
    elif session.registered >= session.capacity:
        state = "full"
    return MealCard(
        session=session,
        registration=registration,
        state=state,
        cutoff_day=session.cutoff_at.astimezone(zone(time_zone)).date(),
        minutes_left=int(left // 60),
    )


def _first_useful(cards: Sequence[MealCard], today: date) -> date:
    """Return today if a meal of it can be eaten or ordered, else the next day with one."""
    for card in cards:
        if card.state != "passed":
            return card.session.date
    return today


def _tab(
    day: date, today: date, calendar: dict[date, CalendarDay], registered: set[date]
) -> DayTab:
    known = calendar.get(day)
    mark: Literal["rest", "work"] | None = None
    if known and not known.is_workday:
        mark = "rest"
    elif known and known.is_make_up:
        mark = "work"
    return DayTab(day=day, is_today=day == today, mark=mark, registered=day in registered)


async def _mine(request: Request, first: date, last: date) -> list[MyRegistration]:
    try:
        found = await fetch_all(
            request,
            "menu",
            "/registrations/mine",
            MyRegistration,
            date_from=first,
            date_to=last,
        )
    except Refused:
        return []
    return [one for one in found if one.status is RegistrationStatus.REGISTERED]


async def _calendar(request: Request, first: date, last: date) -> dict[date, CalendarDay]:
    try:
        days = await fetch_all(
            request, "directory", "/calendar", CalendarDay, date_from=first, date_to=last
        )
    except Refused:
        return {}  # the strip does without marks
    return {day.day: day for day in days}
