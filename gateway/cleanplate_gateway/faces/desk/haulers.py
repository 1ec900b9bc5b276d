"""Haulers at the desk: who may take waste away, with which licence and which vehicles."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, sent
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.hauling import read_haulers
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste_manifests import Hauler, HaulerWrite
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import MANAGEMENT

router = APIRouter(prefix="/haulers")


class HaulerFields(Fields):
    """The form of a hauler; `hauler` is empty for a new one."""

    canteen: UUID
    hauler: Text = ""
    name: Text = ""
    licence_number: Text = ""
    valid_from: Text = ""
    valid_to: Text = ""
    contact: Text = ""
    plates: Text = ""
    is_active: Text = "yes"


@router.get("")
async def show_haulers(
    request: Request,
    person: PersonDep,
    now: NowDep,
    canteen: UUID | None = None,
    hauler: UUID | None = None,
) -> HTMLResponse:
    """Show the haulers, and the form for one of them, or for a new one."""
    place = await place_of(request, person, now, canteen)
    haulers = await read_haulers(request, place.canteen.id)
    chosen = next((one for one in haulers if one.id == hauler), None)
    form = forms.Form("hauler", _typed_of(chosen) if chosen else {"is_active": "yes"})
    return _page(request, person, place, haulers, form)


@router.post("")
async def keep_hauler(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[HaulerFields, Form()]
) -> Response:
    """Add a hauler, or change one."""
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form("hauler", fields.typed, once=fields.once)
    route = (
        ("waste", "PUT", f"/haulers/{fields.hauler}")
        if fields.hauler
        else ("waste", "POST", f"/canteens/{place.canteen.id}/haulers")
    )
    done = await sent(request, form, route, HaulerWrite, _values_of(fields))
    if isinstance(done, forms.Form):
        haulers = await read_haulers(request, place.canteen.id)
        return _page(request, person, place, haulers, done, 422)
    return RedirectResponse(f"/a/haulers?canteen={place.canteen.id}", 303)


def _values_of(fields: HaulerFields) -> dict[str, object]:
    plates = fields.plates.replace("，", ",").replace("、", ",").split(",")
    return {
        "name": fields.name,
        "licence_number": fields.licence_number,
        "valid_from": fields.valid_from.strip(),
        "valid_to": fields.valid_to.strip(),
        "contact": fields.contact.strip() or None,
        "plates": [plate.strip() for plate in plates if plate.strip()],
        "is_active": fields.is_active == "yes",
    }


def _typed_of(hauler: Hauler) -> dict[str, str]:
    return {
        "hauler": str(hauler.id),
        "name": hauler.name,
        "licence_number": hauler.licence_number,
        "valid_from": hauler.valid_from.isoformat(),
        "valid_to": hauler.valid_to.isoformat(),
        "contact": hauler.contact or "",
        "plates": ", ".join(hauler.plates),
        "is_active": "yes" if hauler.is_active else "no",
    }


def _page(
    request: Request,
    person: Identity,
    place: Place,
    haulers: list[Hauler],
    form: forms.Form,
    status: int = 200,
) -> HTMLResponse:
    return render(
        request,
        "desk/haulers.html",
        status,
        place=place,
        haulers=haulers,
        form=form,
        manages=bool(person.roles & MANAGEMENT),
        page="haulers",
    )
