"""The standing registrations of a unit: who eats on which weekdays, as boxes to tick."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cleanplate_gateway.faces.client import Refused, call, fetch_all
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone.offices import Desk, desk_of
from cleanplate_gateway.faces.phone.unit import ROWS, Start
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu_planning import PatternSet, UnitPattern, UnitPerson

router = APIRouter()
_CELL = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}_[1-7]"
Box = Annotated[str, Field(pattern=f"^{_CELL}$")]
Boxes = Annotated[str, Field(max_length=100_000, pattern=f"^(?:{_CELL} ?)*$")]
Cell = tuple[UUID, int]  # a person and a weekday


class StandingOfUnit(BaseModel):
    """Which unit and meal to show."""

    canteen: UUID | None = None
    unit: UUID | None = None
    meal: Meal = Meal.LUNCH
    start: Start = 0


class StandingTable(BaseModel):
    """The table as the browser sends it: which boxes were ticked when it was shown, and now."""

    canteen: UUID
    unit: UUID
    meal: Meal
    start: Start = 0
    was: Boxes = ""
    on: Annotated[list[Box], Field(max_length=1000)] = []


@dataclass(frozen=True)
class Table:
    """What is shown: people from number `start` on, and the pattern of each who has one."""

    meal: Meal
    start: int = 0
    everybody: int = 0
    people: Sequence[UnitPerson] = ()
    patterns: Mapping[UUID, UnitPattern] = field(default_factory=dict)


@dataclass(frozen=True)
class Saved:
    """What became of a table that was sent."""

    changed: int
    refused: Sequence[tuple[UnitPerson, str]]


@router.get("/unit/standing")
async def show_standing(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[StandingOfUnit, Query()]
) -> Response:
    """Show who of a unit is registered on which weekdays."""
    desk = await desk_of(request, person, now, wanted.canteen, wanted.unit)
    return _page(request, desk, await _read(request, desk, wanted.meal, wanted.start), None)


@router.post("/unit/standing")
async def save_standing(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[StandingTable, Form()]
) -> Response:
    """Set the patterns of those whose boxes were ticked differently; each person by itself."""
    desk = await desk_of(request, person, now, wanted.canteen, wanted.unit)
    table = await _read(request, desk, wanted.meal, wanted.start)
    before, after = {_cell(box) for box in wanted.was.split()}, {_cell(box) for box in wanted.on}
    ticked = {who for who, _ in before ^ after}
    changed = [one for one in table.people if one.id in ticked]
    refused: list[tuple[UnitPerson, str]] = []
    for one in changed:
        try:
            await _set(request, desk, table, one.id, {day for who, day in after if who == one.id})
        except Refused as refusal:
            refused.append((one, refusal.words))
    saved = Saved(len(changed) - len(refused), refused)
    return _page(request, desk, await _read(request, desk, wanted.meal, wanted.start), saved)


async def _set(
    request: Request, desk: Desk, table: Table, person_id: UUID, weekdays: Collection[int]
) -> None:
    """Set one person's weekdays; portion, rice and days stay as they were."""
    canteen_id = desk.place.canteen.id
    path = f"/canteens/{canteen_id}/people/{person_id}/patterns/{table.meal.value}"
    if not weekdays:
        await call(request, "menu", "DELETE", path)
        return
    there = table.patterns.get(person_id)
    kept = there.model_dump(include={"portion", "rice", "first_day", "last_day"}) if there else {}
    wanted = PatternSet(**kept, weekdays=sorted(weekdays))
    await call(request, "menu", "PUT", path, json=wanted.model_dump(mode="json"))


async def _read(request: Request, desk: Desk, meal: Meal, start: int) -> Table:
    if desk.office is None:
        return Table(meal)
    canteen_id, unit_id = desk.place.canteen.id, desk.office.unit_id
    people, patterns = await asyncio.gather(
        fetch_all(request, "menu", f"/canteens/{canteen_id}/units/{unit_id}/people", UnitPerson),
        fetch_all(
            request,
            "menu",
            "/secretary/patterns",
            UnitPattern,
            canteen_id=canteen_id,
            unit_id=unit_id,
        ),
    )
    theirs = {one.person_id: one for one in patterns if one.meal is meal}
    return Table(meal, start, len(people), people[start : start + ROWS], theirs)


def _page(request: Request, desk: Desk, table: Table, saved: Saved | None) -> Response:
    monday = desk.place.today - timedelta(days=desk.place.today.weekday())
    return render(
        request,
        "phone/unit_standing.html",
        desk=desk,
        place=desk.place,
        table=table,
        meals=list(Meal),
        days=[monday + timedelta(days=n) for n in range(7)],
        saved=saved,
        rows=ROWS,
        tab="standing",
    )


def _cell(box: str) -> Cell:
    person, weekday = box.split("_")
    return UUID(person), int(weekday)
