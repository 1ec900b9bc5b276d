"""The meals of a kitchen's day: what the board shows of them, and which of them it is now."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel

from cleanplate_gateway.faces.client import Refused, fetch, fetch_again
from cleanplate_gateway.faces.places import Meals, Place, meals_of
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.forecast import SessionForecast
from cleanplate_shared.contracts.forecast_production import ProductionPlan
from cleanplate_shared.contracts.menu import Attendance, MealSession, PortionTotals

AnswerT = TypeVar("AnswerT", bound=BaseModel)
# From when on a meal is the one being served; weighing starts after it and ends before the next.
_STARTS = {Meal.BREAKFAST: time(6), Meal.LUNCH: time(10, 30), Meal.DINNER: time(16, 30)}


@dataclass(frozen=True)
class Answered(Generic[AnswerT]):
    """What a service said: the thing, or else the sentence to show in its place."""

    value: AnswerT | None
    missing: str | None = None


@dataclass(frozen=True)
class MealCard:
    """One meal on the board; `attendance` is None for a day that has not come."""

    session: MealSession
    totals: Answered[PortionTotals]
    forecast: Answered[SessionForecast]
    plan: Answered[ProductionPlan]
    attendance: Answered[Attendance] | None


@dataclass(frozen=True)
class DayCards:
    """The meals of one day."""

    day: date
    is_today: bool
    meals: Sequence[MealCard]


@dataclass(frozen=True)
class Board:
    """Today and tomorrow; `missing` says why there are no meals."""

    days: Sequence[DayCards]
    missing: str | None


async def read_board(request: Request, place: Place) -> Board:
    """Ask menu and forecast, all at once; what does not answer is said, the rest stands."""
    meals = await meals_of(request, place, place.today, days=2)
    cards = await asyncio.gather(
        *(
            _card(request, session, counted=session.date == place.today)
            for session in meals.sessions
        )
    )
    days = [
        DayCards(day, day == place.today, [card for card in cards if card.session.date == day])
        for day in (place.today, place.today + timedelta(days=1))
    ]
    return Board(days, meals.missing)


def current_meal(meals: Meals, place: Place) -> UUID | None:
    """Return today's meal that is being served or was served last; None before the first."""
    begun = [one.id for one in meals.on(place.today) if begins_at(one, place) <= place.now]
    return begun[-1] if begun else None


def begins_at(meal: MealSession, place: Place) -> datetime:
    """Return from when on a meal is the one that is served or weighed."""
    return datetime.combine(meal.date, _STARTS[meal.meal], place.zone)


async def _card(request: Request, session: MealSession, *, counted: bool) -> MealCard:
    path = f"/meal-sessions/{session.id}"
    totals, forecast, plan, attendance = await asyncio.gather(
        answered(fetch(request, "menu", f"{path}/registrations", PortionTotals)),
        answered(fetch(request, "forecast", path, SessionForecast)),
        answered(fetch_again(request, "forecast", f"{path}/production-plan", ProductionPlan)),
        answered(fetch(request, "menu", f"{path}/attendance", Attendance)),
    )
    return MealCard(session, totals, forecast, plan, attendance if counted else None)


async def answered(asking: Coroutine[None, None, AnswerT]) -> Answered[AnswerT]:
    """Return what a service says, or why it does not."""
    try:
        return Answered(await asking)
    except Refused as refusal:
        return Answered(None, refusal.words)
