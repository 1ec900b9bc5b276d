"""What was brought in advance of a canteen's days: looking at it, deleting it, bringing it back."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, call, fetch
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, created
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.forecast_given import (
    GivenColumns,
    GivenKind,
    GivenRemovalCreate,
)
from cleanplate_shared.i18n import Message, msg

router = APIRouter(prefix="/given")
KINDS: Mapping[GivenKind, Message] = {
    GivenKind.NUMBERS: msg("numbers"),
    GivenKind.TEXT: msg("text"),
}


class RemovalFields(Fields):
    """The form that deletes a column's values; days left empty are all of them."""

    canteen: UUID
    name: Text = ""
    date_from: Text = ""
    date_to: Text = ""


@router.get("")
async def show_given(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show a canteen's columns, and what was deleted in the last week."""
    return await _page(request, await place_of(request, person, now, canteen))


@router.post("")
async def remove_given(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[RemovalFields, Form()]
) -> Response:
    """Delete a column's values; the page offers to bring them back."""
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form("removal", fields.typed, once=fields.once)
    values = {name: text.strip() for name, text in fields.typed.items() if text.strip()}
    path = f"/canteens/{place.canteen.id}/given-removals"
    done = await created(request, form, "forecast", path, GivenRemovalCreate, values)
    if isinstance(done, forms.Form):
        return await _page(request, place, " ".join([done.refused or "", *done.wrong.values()]))
    return _back(place)


@router.post("/{removal_id}/undo")
async def bring_back(
    request: Request,
    person: PersonDep,
    now: NowDep,
    removal_id: UUID,
    canteen: Annotated[UUID, Form()],
) -> Response:
    """Bring back what was deleted."""
    place = await place_of(request, person, now, canteen)
    path = f"/canteens/{place.canteen.id}/given-removals/{removal_id}"
    try:
        await call(request, "forecast", "DELETE", path)
    except Refused as refusal:
        return await _page(request, place, refusal.words)
    return _back(place)


def _back(place: Place) -> RedirectResponse:
    return RedirectResponse(f"/a/given?canteen={place.canteen.id}", 303)


async def _page(request: Request, place: Place, refused: str | None = None) -> HTMLResponse:
    path = f"/canteens/{place.canteen.id}/given"
    return render(
        request,
        "desk/given.html",
        422 if refused else 200,
        place=place,
        given=await fetch(request, "forecast", path, GivenColumns),
        kinds=KINDS,
        refused=refused,
        page="import",
    )
