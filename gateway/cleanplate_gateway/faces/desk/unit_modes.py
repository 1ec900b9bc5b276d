"""How each unit's people come to be registered, what a switch would do, and their secretaries."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field, ValidationError

from cleanplate_gateway.faces.client import Refused, call, fetch, fetch_all, send
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu_planning import (
    Secretaries,
    SecretariesSet,
    UnitMealMode,
    UnitModeChanged,
    UnitModes,
    UnitModeSet,
)
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.problems import field_problems

router = APIRouter()


class Switch(BaseModel):
    """The mode that somebody wants for a unit's meal, at a canteen."""

    canteen: UUID
    meal: Meal
    mode: UnitMealMode


class SecretaryFields(forms.Fields):
    """The form that names a unit's secretaries."""

    canteen: UUID
    numbers: Annotated[str, Field(max_length=1500)] = ""


@router.get("/unit-modes")
async def show_modes(
    request: Request,
    person: PersonDep,
    now: NowDep,
    canteen: UUID | None = None,
    done: UnitMealMode | None = None,
) -> HTMLResponse:
    """Show the units that eat at a canteen, and how they come to be registered."""
    place = await place_of(request, person, now, canteen)
    units = await _units(request, place.canteen.id)
    return render(
        request,
        "desk/unit_modes.html",
        place=place,
        units=units,
        meals=list(Meal),
        done=done,
        page="unit_modes",
    )


@router.get("/unit-modes/{unit_id}/switch")
async def ask_switch(
    request: Request,
    person: PersonDep,
    now: NowDep,
    unit_id: UUID,
    wanted: Annotated[Switch, Query()],
) -> HTMLResponse:
    """Say in numbers what a switch would do."""
    place = await place_of(request, person, now, wanted.canteen)
    return render(
        request,
        "desk/unit_switch.html",
        place=place,
        unit=await _unit(request, place.canteen.id, unit_id),
        would=await _switch(request, unit_id, wanted, dry_run=True),
        page="unit_modes",
    )


@router.post("/unit-modes/{unit_id}/switch")
async def switch(
    request: Request, _: PersonDep, unit_id: UUID, fields: Annotated[Switch, Form()]
) -> Response:
    """Switch a unit's meal."""
    done = await _switch(request, unit_id, fields, dry_run=False)
    return RedirectResponse(f"/a/unit-modes?canteen={fields.canteen}&done={done.mode.value}", 303)


@router.get("/unit-modes/{unit_id}/secretaries")
async def show_secretaries(
    request: Request, person: PersonDep, now: NowDep, unit_id: UUID, canteen: UUID | None = None
) -> HTMLResponse:
    """Show who may register for a unit's people."""
    place = await place_of(request, person, now, canteen)
    return await _secretaries_page(request, place.canteen.id, unit_id, None)


@router.post("/unit-modes/{unit_id}/secretaries")
async def set_secretaries(
    request: Request, _: PersonDep, unit_id: UUID, fields: Annotated[SecretaryFields, Form()]
) -> Response:
    """Set who may register for a unit's people."""
    form = forms.Form("secretaries", fields.typed)
    numbers = [number for number in re.split(r"[\s,;，；、]+", fields.numbers) if number]
    path = f"/canteens/{fields.canteen}/units/{unit_id}/secretaries"
    try:
        await send(request, "menu", "PUT", path, SecretariesSet(numbers=numbers))
    except ValidationError as error:
        found = field_problems(error, locale_of(request))
        form = forms.Form("secretaries", fields.typed, {"numbers": found[0].message})
    except Refused as refusal:
        form = forms.Form("secretaries", fields.typed, {"numbers": refusal.words})
    if form.wrong:
        return await _secretaries_page(request, fields.canteen, unit_id, form, 422)
    return RedirectResponse(f"/a/unit-modes?canteen={fields.canteen}", 303)


async def _switch(
    request: Request, unit_id: UUID, wanted: Switch, *, dry_run: bool
) -> UnitModeChanged:
    body = UnitModeSet(unit_id=unit_id, meal=wanted.meal, mode=wanted.mode)
    answer = await call(
        request,
        "menu",
        "PUT",
        f"/canteens/{wanted.canteen}/unit-modes",
        params={"dry_run": str(dry_run).lower()},
        content=body.model_dump_json(),
        headers={"Content-Type": "application/json"},
    )
    return UnitModeChanged.model_validate_json(answer.content)


async def _units(request: Request, canteen_id: UUID) -> list[UnitModes]:
    return await fetch_all(request, "menu", f"/canteens/{canteen_id}/unit-modes", UnitModes)


async def _unit(request: Request, canteen_id: UUID, unit_id: UUID) -> UnitModes:
    for unit in await _units(request, canteen_id):
        if unit.unit_id == unit_id:
            return unit
    raise NotFound(msg("There is no such unit."))


async def _secretaries_page(
    request: Request,
    canteen_id: UUID,
    unit_id: UUID,
    form: forms.Form | None,
    status: int = 200,
) -> HTMLResponse:
    path = f"/canteens/{canteen_id}/units/{unit_id}/secretaries"
    there = await fetch(request, "menu", path, Secretaries)
    if form is None:
        numbers = " ".join(person.number for person in there.people)
        form = forms.Form("secretaries", {"numbers": numbers})
    return render(
        request,
        "desk/secretaries.html",
        status,
        canteen_id=canteen_id,
        unit=await _unit(request, canteen_id, unit_id),
        people=there.people,
        form=form,
        page="unit_modes",
    )
