"""What a diner's page shows: the days of this week and the next, and their meals."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Literal
from uuid import UUID

from fastapi import Request

from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone.cards import MealCard, State, card_of
from cleanplate_gateway.faces.phone.own import Own, read_own
from cleanplate_gateway.faces.places import Meals, Place, meals_of, place_of
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.directory import CalendarDay

_SUNDAY = 6


@dataclass(frozen=True)
class DayTab:
    """One day of the strip, with its meals.

    Attributes:
        mark: rest (休), or a make-up workday (班); None for a day as its weekday says.
        registered: the diner has registered for a meal of that day.
    """

    day: date
    is_today: bool
    mark: Literal["rest", "work"] | None
    registered: bool
    cards: Sequence[MealCard]


@dataclass(frozen=True)
class Series:
    """One meal on all days of a week that it can still be registered for."""

    meal: Meal
    monday: date
    this_week: bool
    meals: frozenset[UUID]

    @property
    def key(self) -> str:
        """Return its name in an address, as in `lunch.2026-11-23`."""
        return f"{self.meal.value}.{self.monday}"


@dataclass(frozen=True)
class Week:
    """A diner's page: this week from today on, and the next.

    Attributes:
        missing: the sentence to show when the menu cannot be had.
        provisional_year: a year of the strip whose holidays are not announced yet.
    """

    place: Place
    own: Own
    tabs: Sequence[DayTab]
    missing: str | None
    provisional_year: int | None

    @property
    def cards(self) -> list[MealCard]:
        """Return all meals in their order."""
        return [card for tab in self.tabs for card in tab.cards]

    def card(self, meal_session_id: UUID) -> MealCard | None:
        """Return the card of one meal."""
        return next((card for card in self.cards if card.session.id == meal_session_id), None)

    def tab(self, day: date) -> DayTab | None:
        """Return one day, if it is on the strip."""
        return next((tab for tab in self.tabs if tab.day == day), None)

    @property
    def at_the_door(self) -> MealCard | None:
        """Return today's next meal that the diner has registered for."""
        coming = (
            card
            for card in self.tabs[0].cards
            if card.state in {State.REGISTERED, State.OFFERED} and not card.over
        )
        return next(coming, None)

    @property
    def series(self) -> list[Series]:
        """Return what can be picked with one tap on workdays, lunch first; one is no series."""
        still_open = [
            card.session
            for tab in self.tabs
            for card in tab.cards
            if card.state is State.OPEN and tab.mark != "rest"
        ]
        order = [Meal.LUNCH, Meal.BREAKFAST, Meal.DINNER]
        found = groupby(
            sorted(still_open, key=lambda one: (_monday(one.date), order.index(one.meal))),
            key=lambda one: (_monday(one.date), one.meal),
        )
        this_monday = _monday(self.place.today)
        all_series = [
            Series(meal, monday, monday == this_monday, frozenset(one.id for one in sessions))
            for (monday, meal), sessions in found
        ]
        return [one for one in all_series if len(one.meals) > 1]


async def read_week(
    request: Request, person: PersonDep, now: NowDep, canteen_id: UUID | None
) -> Week:
    """Return a diner's page of a canteen."""
    utc_today = now.date()  # a canteen's own day is at most one away from it
    place, own = await asyncio.gather(
        place_of(request, person, now, canteen_id),
        read_own(request, utc_today - timedelta(days=1), utc_today + timedelta(days=15)),
    )
    meals = await meals_of(request, place, place.today, days_shown(place.today))
    days = [place.today + timedelta(days=n) for n in range(days_shown(place.today))]
    provisional = [own.calendar[day].day.year for day in days if _is_provisional(own, day)]
    return Week(
        place=place,
        own=own,
        tabs=[_tab(day, place, own, meals) for day in days],
        missing=meals.missing,
        provisional_year=provisional[0] if provisional else None,
    )


def days_shown(today: date) -> int:
    """Return how many days there are until the Sunday of the next week."""
    return _SUNDAY - today.weekday() + 8


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _is_provisional(own: Own, day: date) -> bool:
    return day in own.calendar and not own.calendar[day].announced


def _tab(day: date, place: Place, own: Own, meals: Meals) -> DayTab:
    return DayTab(
        day=day,
        is_today=day == place.today,
        mark=_mark(day, own.calendar),
        registered=any(one.date == day for one in own.registrations.values()),
        cards=[
            card_of(
                session,
                own.registrations.get(session.id),
                own.waiting.get(session.id),
                place,
                frozenset(own.usual.avoids),
            )
            for session in meals.on(day)
        ],
    )


def _mark(day: date, calendar: Mapping[date, CalendarDay]) -> Literal["rest", "work"] | None:
    known = calendar.get(day)
    if known and not known.is_workday:
        return "rest"
    return "work" if known and known.is_make_up else None
