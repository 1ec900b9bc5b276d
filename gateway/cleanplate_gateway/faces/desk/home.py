"""The desk's first page: today in numbers, and what this month still lacks."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cleanplate_gateway.faces.client import Refused, fetch
from cleanplate_gateway.faces.desk.steps import steps_of
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.hauling import read_leaving
from cleanplate_gateway.faces.missed import read_missed
from cleanplate_gateway.faces.places import NoCanteen, meals_of, place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.menu import Attendance, MealSession
from cleanplate_shared.contracts.waste import SummaryItem, WasteSummary
from cleanplate_shared.contracts.waste_tiers import DataTier
from cleanplate_shared.roles import KITCHEN

router = APIRouter()


@dataclass(frozen=True)
class Days:
    """A canteen's days, newest first, or why they cannot be had."""

    items: Sequence[SummaryItem] = ()
    missing: str | None = None
    tier: DataTier | None = None

    @property
    def incomplete(self) -> list[SummaryItem]:
        """Return the days that are left out of rates."""
        return [item for item in self.items if not item.complete]


@router.get("/")
async def show_home(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show today's meals, and the days of the month that are not complete."""
    try:
        place = await place_of(request, person, now, canteen)
    except NoCanteen:
        steps = await steps_of(request, person, None)
        return render(request, "desk/start.html", steps=steps, page="home")
    in_kitchen = not person.roles.isdisjoint(KITCHEN)
    meals, days, steps, leaving, missed = await asyncio.gather(
        meals_of(request, place, place.today),
        days_of(request, place.canteen.id, place.today.replace(day=1), place.today),
        steps_of(request, person, place),
        read_leaving(request, place),
        read_missed(request, place) if in_kitchen else _none(),
    )
    counted = await asyncio.gather(*(_attendance(request, meal) for meal in meals.sessions))
    return render(
        request,
        "desk/home.html",
        place=place,
        meals=meals,
        attendance={found.meal_session_id: found for found in counted if found},
        days=days,
        steps=steps,
        leaving=leaving,
        missed=missed,
        kitchen=in_kitchen,
        page="home",
    )


async def days_of(request: Request, canteen_id: UUID, first: date, last: date) -> Days:
    """Return a canteen's days between two, newest first."""
    try:
        found = await fetch(
            request,
            "waste",
            "/summary",
            WasteSummary,
            canteen_id=canteen_id,
            date_from=first,
            date_to=last,
            by="day",
        )
    except Refused as refusal:
        return Days(missing=refusal.words)
    newest = sorted(found.items, key=lambda item: item.date or date.min, reverse=True)
    return Days(newest, tier=found.tier)


async def _none() -> list[dict[str, str]]:
    return []


async def _attendance(request: Request, meal: MealSession) -> Attendance | None:
    try:
        return await fetch(request, "menu", f"/meal-sessions/{meal.id}/attendance", Attendance)
    except Refused:
        return None
