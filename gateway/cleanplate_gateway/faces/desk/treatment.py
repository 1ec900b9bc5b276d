"""Lots treated on site, at the desk: begun, taken out of, ended, with their mass balance."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import fetch_all, send
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, sent
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.hauling import grams_of
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste_manifests import FROM_KITCHEN
from cleanplate_shared.contracts.waste_treatment import (
    Lot,
    LotCreate,
    OutputCreate,
    OutputKind,
)
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import KITCHEN

router = APIRouter(prefix="/treatment")
_BACK = timedelta(days=365)


class LotFields(Fields):
    """The forms of a lot: begin one, or take something out."""

    canteen: UUID
    machine: Text = ""
    kind: Text = ""
    grams: Text = ""
    destination: Text = ""


@router.get("")
async def show_lots(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show the lots of the last year."""
    place = await place_of(request, person, now, canteen)
    return await _page(request, person, place, forms.Form("lot"))


@router.post("")
async def start_lot(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[LotFields, Form()]
) -> Response:
    """Begin a lot."""
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form("lot", fields.typed, once=fields.once)
    route = ("waste", "POST", f"/canteens/{place.canteen.id}/treatment-lots")
    done = await sent(request, form, route, LotCreate, {"machine": fields.machine})
    return await _after(request, person, place, done)


@router.post("/{lot_id}/outputs")
async def take_out(
    request: Request,
    person: PersonDep,
    now: NowDep,
    lot_id: UUID,
    fields: Annotated[LotFields, Form()],
) -> Response:
    """Write down what was taken out of a lot."""
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form(f"out-{lot_id}", fields.typed, once=fields.once)
    values: dict[str, object] = {"kind": fields.kind, "destination": fields.destination}
    try:
        values["grams"] = grams_of(fields.grams)
    except ValueError:
        values["grams"] = fields.grams
    route = ("waste", "POST", f"/treatment-lots/{lot_id}/outputs")
    done = await sent(request, form, route, OutputCreate, values)
    return await _after(request, person, place, done)


@router.post("/{lot_id}/close")
async def close_lot(
    request: Request, _: PersonDep, lot_id: UUID, fields: Annotated[LotFields, Form()]
) -> Response:
    """End a lot."""
    await send(request, "waste", "POST", f"/treatment-lots/{lot_id}:close")
    return RedirectResponse(f"/a/treatment?canteen={fields.canteen}", 303)


async def _after(request: Request, person: Identity, place: Place, done: object) -> Response:
    if isinstance(done, forms.Form):
        return await _page(request, person, place, done, 422)
    return RedirectResponse(f"/a/treatment?canteen={place.canteen.id}", 303)


async def _page(
    request: Request, person: Identity, place: Place, form: forms.Form, status: int = 200
) -> HTMLResponse:
    path = f"/canteens/{place.canteen.id}/treatment-lots"
    days = {"date_from": place.today - _BACK, "date_to": place.today}
    return render(
        request,
        "desk/treatment.html",
        status,
        place=place,
        lots=await fetch_all(request, "waste", path, Lot, **days),
        form=form,
        blank=forms.Form,
        kinds=list(OutputKind),
        destinations=FROM_KITCHEN,
        works=bool(person.roles & KITCHEN),
        page="treatment",
    )
