"""Guests and official meals of a unit: a form, and those that are coming."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, call, fetch, fetch_all
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone.offices import Desk, desk_of
from cleanplate_gateway.faces.places import meals_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.menu_groups import (
    GroupKind,
    GroupRegistration,
    GroupRegistrationChange,
    GroupRegistrationCreate,
    OfficialStandard,
    OfficialStandardSet,
)
from cleanplate_shared.contracts.menu_planning import UnitPerson
from cleanplate_shared.problems import field_problems

router = APIRouter()
_AHEAD = 14
_BACK = 31
Text = Annotated[str, Field(max_length=500)]
Said = Literal["registered", "changed", "cancelled", "set"]


class GroupFields(BaseModel):
    """The form as the browser sends it; what it means is checked afterwards."""

    canteen: UUID
    unit: UUID | None = None
    once: UUID = Field(default_factory=uuid4)
    meal_session_id: Text = ""
    kind: Text = GroupKind.GUEST.value
    headcount: Text = ""
    host_id: Text = ""
    standard: Text = ""
    note: Text = ""


class ChangeFields(BaseModel):
    """A group whose headcount changes, or which is cancelled."""

    canteen: UUID
    unit: UUID | None = None
    group: UUID
    headcount: Text = ""


class StandardFields(BaseModel):
    """What an official meal may cost per head."""

    canteen: UUID
    unit: UUID | None = None
    standard: Text = ""
    basis: Text = ""


class GuestsShown(BaseModel):
    """Which unit to show, and what was just done."""

    canteen: UUID | None = None
    unit: UUID | None = None
    said: Said | None = None


@router.get("/guests")
async def show_guests(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[GuestsShown, Query()]
) -> Response:
    """Show the form and the groups that are coming."""
    desk = await desk_of(request, person, now, wanted.canteen, wanted.unit)
    return await _page(request, desk, None, said=wanted.said)


@router.post("/guests")
async def register_group(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[GroupFields, Form()]
) -> Response:
    """Take seats for guests or an official meal."""
    typed = {
        "meal_session_id": fields.meal_session_id,
        "kind": fields.kind,
        "headcount": _number(fields.headcount),
        "host_id": fields.host_id or None,
        "standard_fen": _fen(fields.standard) if fields.standard.strip() else None,
        "note": fields.note.strip() or None,
    }
    key = {"Idempotency-Key": str(fields.once)}
    try:
        body = GroupRegistrationCreate.model_validate(typed)
        await _send(request, "POST", "/group-registrations", body, **key)
    except (Refused, ValidationError) as error:
        desk = await desk_of(request, person, now, fields.canteen, fields.unit)
        return await _page(request, desk, fields, problem=_why(request, error))
    return _back(fields, "registered")


@router.post("/guests/change")
async def change_group(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[ChangeFields, Form()]
) -> Response:
    """Change how many come."""
    path = f"/group-registrations/{fields.group}"
    try:
        wanted = {"headcount": _number(fields.headcount)}
        await _send(request, "PATCH", path, GroupRegistrationChange.model_validate(wanted))
    except (Refused, ValidationError) as error:
        desk = await desk_of(request, person, now, fields.canteen, fields.unit)
        return await _page(request, desk, None, problem=_why(request, error))
    return _back(fields, "changed")


@router.post("/guests/cancel")
async def cancel_group(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[ChangeFields, Form()]
) -> Response:
    """Give the seats of a group back."""
    try:
        await call(request, "menu", "DELETE", f"/group-registrations/{fields.group}")
    except Refused as error:
        desk = await desk_of(request, person, now, fields.canteen, fields.unit)
        return await _page(request, desk, None, problem=_why(request, error))
    return _back(fields, "cancelled")


@router.post("/guests/standard")
async def set_standard(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[StandardFields, Form()]
) -> Response:
    """Set what an official meal may cost per head."""
    path = f"/canteens/{fields.canteen}/official-standard"
    try:
        wanted = {"standard_fen": _fen(fields.standard), "basis": fields.basis}
        await _send(request, "PUT", path, OfficialStandardSet.model_validate(wanted))
    except (Refused, ValidationError) as error:
        desk = await desk_of(request, person, now, fields.canteen, fields.unit)
        return await _page(request, desk, None, problem=_why(request, error))
    return _back(fields, "set")


async def _send(request: Request, method: str, path: str, body: BaseModel, **headers: str) -> None:
    await call(
        request,
        "menu",
        method,
        path,
        content=body.model_dump_json(),
        headers={"Content-Type": "application/json", **headers},
    )


def _why(request: Request, error: Refused | ValidationError) -> str:
    if isinstance(error, Refused):
        return error.words
    return " ".join(one.message for one in field_problems(error, locale_of(request)))


def _back(fields: GroupFields | ChangeFields | StandardFields, said: Said) -> Response:
    unit = f"&unit={fields.unit}" if fields.unit else ""
    return RedirectResponse(f"/m/guests?canteen={fields.canteen}{unit}&said={said}", 303)


def _number(text: str) -> int | str:
    stripped = text.strip()
    return int(stripped) if stripped.isdecimal() and stripped.isascii() else text


def _fen(text: str) -> int | str:
    """Return an amount of yuan in fen; anything else stays as it is, to be refused in words."""
    whole, _, part = text.strip().partition(".")
    if whole.isdecimal() and part.ljust(2, "0").isdecimal() and len(part) <= len("00"):
        return int(whole) * 100 + int(part.ljust(2, "0"))
    return text


async def _people(request: Request, desk: Desk) -> list[UnitPerson]:
    """Return who may be a host: the people of the office that is shown."""
    if not desk.office:
        return []
    path = f"/canteens/{desk.place.canteen.id}/units/{desk.office.unit_id}/people"
    return await fetch_all(request, "menu", path, UnitPerson)


async def _page(
    request: Request,
    desk: Desk,
    typed: GroupFields | None,
    *,
    said: Said | None = None,
    problem: str | None = None,
) -> Response:
    canteen_id, today = desk.place.canteen.id, desk.place.today
    meals = await meals_of(request, desk.place, today, _AHEAD)
    groups = await fetch_all(
        request,
        "menu",
        "/group-registrations",
        GroupRegistration,
        canteen_id=canteen_id,
        date_from=today - timedelta(days=_BACK),
        date_to=today + timedelta(days=_AHEAD),
    )
    path = f"/canteens/{canteen_id}/official-standard"
    return render(
        request,
        "phone/guests.html",
        422 if problem else 200,
        desk=desk,
        place=desk.place,
        meals=[one for one in meals.sessions if one.cutoff_at > desk.place.now],
        coming=[one for one in groups if one.date >= today],
        past=[one for one in groups if one.date < today],
        people=await _people(request, desk),
        standard=await fetch(request, "menu", path, OfficialStandard),
        kinds=list(GroupKind),
        typed=typed or GroupFields(canteen=canteen_id),
        once=uuid4,
        said=said,
        problem=problem,
        tab="guests",
    )
