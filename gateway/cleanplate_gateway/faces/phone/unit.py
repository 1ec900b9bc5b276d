"""The week of a unit: who eats which meal, as a table of boxes to tick."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cleanplate_gateway.faces.client import Refused, call, fetch_all
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone.offices import Desk, desk_of
from cleanplate_gateway.faces.places import Meals, meals_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.batch import MOST_ITEMS
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import BatchResult, Day
from cleanplate_shared.contracts.menu import MealSession
from cleanplate_shared.contracts.menu_groups import UnitRegistration
from cleanplate_shared.contracts.menu_planning import UnitPerson

router = APIRouter()
_WEEK = timedelta(days=7)
_AHEAD = 10
Cell = tuple[UUID, UUID]  # a person and a meal
ROWS = 40  # people on one page: a form has at most 1000 fields
_CELL = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
Box = Annotated[str, Field(pattern=f"^{_CELL}$")]
Boxes = Annotated[str, Field(max_length=100_000, pattern=f"^(?:{_CELL} ?)*$")]
Start = Annotated[int, Field(ge=0, le=2_000)]


class UnitShown(BaseModel):
    """Which unit and week to show."""

    canteen: UUID | None = None
    unit: UUID | None = None
    week: Day | None = None
    start: Start = 0


class WeekForm(BaseModel):
    """The table as the browser sends it: which boxes were ticked when it was shown, and now."""

    canteen: UUID
    unit: UUID
    week: Day
    start: Start = 0
    was: Boxes = ""
    on: Annotated[list[Box], Field(max_length=1000)] = []


@dataclass(frozen=True)
class UnitWeek:
    """What the table shows.

    Attributes:
        people: those of the page, which begins with number `start` of all.
        taken: standing registrations by person and meal.
    """

    monday: date
    start: int
    everybody: int
    people: Sequence[UnitPerson]
    meals: Meals
    taken: Mapping[Cell, UnitRegistration]


@dataclass(frozen=True)
class Done:
    """What became of a table that was sent."""

    registered: int = 0
    cancelled: int = 0
    refused: Sequence[tuple[UnitPerson, MealSession, str]] = ()


@router.get("/unit")
async def show_unit(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[UnitShown, Query()]
) -> Response:
    """Show the week of a unit."""
    desk = await desk_of(request, person, now, wanted.canteen, wanted.unit)
    return _page(request, desk, await _read(request, desk, wanted.week, wanted.start), None)


@router.post("/unit")
async def register_unit(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[WeekForm, Form()]
) -> Response:
    """Register and cancel what was ticked differently; each box by itself."""
    desk = await desk_of(request, person, now, wanted.canteen, wanted.unit)
    week = await _read(request, desk, wanted.week, wanted.start)
    before, after = {_cell(box) for box in wanted.was.split()}, {_cell(box) for box in wanted.on}
    refused = await _register(request, sorted(after - before))
    gone = [week.taken[cell] for cell in before - after if cell in week.taken]
    refused |= await _cancel(request, gone)
    people = {one.id: one for one in week.people}
    meals = {one.id: one for one in week.meals.sessions}
    done = Done(
        registered=len(after - before - refused.keys()),
        cancelled=len([one for one in gone if (one.person_id, one.meal_session_id) not in refused]),
        refused=[
            (people[cell[0]], meals[cell[1]], why)
            for cell, why in refused.items()
            if cell[0] in people and cell[1] in meals
        ],
    )
    return _page(request, desk, await _read(request, desk, wanted.week, wanted.start), done)


async def _register(request: Request, cells: Sequence[Cell]) -> dict[Cell, str]:
    """Register people in batches; return why, where one was refused."""
    refused: dict[Cell, str] = {}
    for start in range(0, len(cells), MOST_ITEMS):
        some = cells[start : start + MOST_ITEMS]
        items = [
            {"id": str(uuid4()), "person_id": str(person), "meal_session_id": str(meal)}
            for person, meal in some
        ]
        answer = await call(request, "menu", "POST", "/registrations:batch", json={"items": items})
        results = BatchResult.model_validate_json(answer.content).results
        for cell, result in zip(some, results, strict=True):
            if result.problem and result.problem.type != "AlreadyRegistered":
                refused[cell] = result.problem.detail
    return refused


async def _cancel(request: Request, gone: Sequence[UnitRegistration]) -> dict[Cell, str]:
    """Cancel registrations; return why, where one was refused."""
    refused: dict[Cell, str] = {}
    for one in gone:
        try:
            await call(request, "menu", "DELETE", f"/registrations/{one.id}")
        except Refused as refusal:
            refused[one.person_id, one.meal_session_id] = refusal.words
    return refused


def _page(request: Request, desk: Desk, week: UnitWeek, done: Done | None) -> Response:
    return render(
        request,
        "phone/unit.html",
        desk=desk,
        place=desk.place,
        week=week,
        days=[week.monday + timedelta(days=n) for n in range(7)],
        done=done,
        before=week.monday - _WEEK,
        after=week.monday + _WEEK,
        rows=ROWS,
        tab="unit",
    )


async def _read(request: Request, desk: Desk, day: date | None, start: int) -> UnitWeek:
    chosen = day or await _first_open(request, desk)
    monday = chosen - timedelta(days=chosen.weekday())
    if desk.office is None:
        return UnitWeek(monday, 0, 0, (), Meals(), {})
    path = f"/canteens/{desk.place.canteen.id}/units/{desk.office.unit_id}"
    meals, people, taken = await asyncio.gather(
        meals_of(request, desk.place, monday, days=7),
        fetch_all(request, "menu", f"{path}/people", UnitPerson),
        fetch_all(
            request,
            "menu",
            f"{path}/registrations",
            UnitRegistration,
            date_from=monday,
            date_to=monday + timedelta(days=6),
        ),
    )
    cells = {(one.person_id, one.meal_session_id): one for one in taken}
    ahead = [one for one in meals.sessions if one.date >= desk.place.today]
    if ahead:  # of the present week, what is over is not looked at
        meals = replace(meals, sessions=ahead)
    return UnitWeek(monday, start, len(people), people[start : start + ROWS], meals, cells)


async def _first_open(request: Request, desk: Desk) -> date:
    """Return the day of the next meal that can be registered for, or tomorrow."""
    meals = await meals_of(request, desk.place, desk.place.today, _AHEAD)
    still_open = [one.date for one in meals.sessions if one.cutoff_at > desk.place.now]
    return still_open[0] if still_open else desk.place.today + timedelta(days=1)


def _cell(box: str) -> Cell:
    person, meal = box.split("_")
    return UUID(person), UUID(meal)
