"""Manifests at the desk: what is open, what went wrong, and how each one ends."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, fetch, fetch_all
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, sent
from cleanplate_gateway.faces.desk.months import bounds, last_months, month_or
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.hauling import grams_of, read_leaving
from cleanplate_gateway.faces.places import place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste_manifests import (
    Closing,
    Manifest,
    ManifestState,
    Voiding,
)
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import KITCHEN, MANAGEMENT

router = APIRouter(prefix="/manifests")
_TO_CLOSE = (ManifestState.RECEIVED, ManifestState.DISPUTED)
_NO_WEIGHT = msg("Write the weight in kilograms, like 182.5, or leave it empty.")


class Ending(Fields):
    """The forms that close a manifest or void it."""

    kilograms: Text = ""
    reason: Text = ""


@router.get("")
async def show_manifests(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None, month: str = ""
) -> HTMLResponse:
    """Show what is open and for how long, and a month's manifests."""
    place = await place_of(request, person, now, canteen)
    wanted = month_or(month, place.today)
    first, last = bounds(wanted)
    path = f"/canteens/{place.canteen.id}/manifests"
    manifests, missing = [], None
    try:
        days = {"date_from": first, "date_to": last}
        manifests = await fetch_all(request, "waste", path, Manifest, **days)
    except Refused as refusal:
        missing = refusal.words
    return render(
        request,
        "desk/manifests.html",
        place=place,
        month=wanted,
        months=last_months(place.today),
        leaving=await read_leaving(request, place),
        manifests=manifests,
        missing=missing,
        page="manifests",
    )


@router.get("/{manifest_id}")
async def show_manifest(
    request: Request, person: PersonDep, now: NowDep, manifest_id: UUID
) -> HTMLResponse:
    """Show a manifest with its history, and what can be done with it."""
    return await _page(request, person, now, manifest_id, forms.Form("ending"))


@router.post("/{manifest_id}/close")
async def close_manifest(
    request: Request,
    person: PersonDep,
    now: NowDep,
    manifest_id: UUID,
    fields: Annotated[Ending, Form()],
) -> Response:
    """Close a manifest with the weight that counts."""
    form = forms.Form("ending", fields.typed, once=fields.once)
    values: dict[str, object] = {"reason": fields.reason.strip() or None}
    if fields.kilograms.strip():
        try:
            values["net_grams"] = grams_of(fields.kilograms)
        except ValueError:
            wrong = {"kilograms": _NO_WEIGHT.in_(locale_of(request))}
            return await _page(request, person, now, manifest_id, replace(form, wrong=wrong))
    route = ("waste", "POST", f"/manifests/{manifest_id}:close")
    done = await sent(request, form, route, Closing, values)
    if isinstance(done, forms.Form):
        return await _page(request, person, now, manifest_id, done)
    return RedirectResponse(f"/a/manifests/{manifest_id}", 303)


@router.post("/{manifest_id}/void")
async def void_manifest(
    request: Request,
    person: PersonDep,
    now: NowDep,
    manifest_id: UUID,
    fields: Annotated[Ending, Form()],
) -> Response:
    """Take a manifest out of all sums; it stays to be seen."""
    form = forms.Form("void", fields.typed, once=fields.once)
    route = ("waste", "POST", f"/manifests/{manifest_id}:void")
    done = await sent(request, form, route, Voiding, {"reason": fields.reason})
    if isinstance(done, forms.Form):
        return await _page(request, person, now, manifest_id, done)
    return RedirectResponse(f"/a/manifests/{manifest_id}", 303)


async def _page(
    request: Request, person: Identity, now: NowDep, manifest_id: UUID, form: forms.Form
) -> HTMLResponse:
    manifest = await fetch(request, "waste", f"/manifests/{manifest_id}", Manifest)
    place = await place_of(request, person, now, manifest.canteen_id)
    manages = bool(person.roles & MANAGEMENT)
    return render(
        request,
        "desk/manifest.html",
        422 if form.wrong or form.refused else 200,
        place=place,
        manifest=manifest,
        form=form,
        may_see=bool(person.roles & KITCHEN),
        may_close=manages and manifest.state in _TO_CLOSE,
        may_void=manages and manifest.state is not ManifestState.VOIDED,
        page="manifests",
    )
