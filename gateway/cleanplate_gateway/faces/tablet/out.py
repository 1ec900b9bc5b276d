"""Out of the door: what is collected now, who takes it, and the code for the driver."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

import segno
from fastapi import APIRouter, File, Form, Request, UploadFile
from markupsafe import Markup
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, call, fetch, fetch_all, send
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.hauling import grams_of, read_haulers, read_leaving
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste_manifests import (
    FROM_KITCHEN,
    Destination,
    DriverLink,
    HandOver,
    Hauler,
    Manifest,
    ManifestCreate,
    Voiding,
    WasteKind,
)
from cleanplate_shared.contracts.waste_treatment import Lot
from cleanplate_shared.i18n import msg

router = APIRouter(prefix="/out")
_BINS, _SHOWN = 12, 6
_UNREADABLE = msg(
    "Choose who takes it, and write the weight of at least one container in kilograms, like 62.5."
)
_REASON_FOR = {"HaulerNotLicensed": "incident", "MoreThanWeighed": "excess_reason"}
_USUAL = {WasteKind.OIL: Destination.BIOMATERIAL, WasteKind.NONFOOD: Destination.REFUSE}
Text = Annotated[str, Field(max_length=500)]


class Leaving(BaseModel):
    """The form that hands over; its containers are named gross-0, tare-0 and so on.

    `way` is a hauler and a plate as `<id>|<plate>`, or `lot|<id>`.
    """

    canteen: UUID
    kind: WasteKind = WasteKind.FOOD
    way: Text = ""
    plate: Text = ""
    hauler_name: Text = ""
    destination: Text = ""
    once: UUID = Field(default_factory=uuid4)


class Again(BaseModel):
    """A draft that is handed over after all, with the reasons that were asked for.

    `once` is that of the form which made the draft in this request.
    """

    canteen: UUID
    once: UUID | None = None
    incident: Text = ""
    excess_reason: Text = ""


@dataclass(frozen=True)
class _Stopped:
    """Why a draft could not be handed over, and which reason would let it."""

    words: str
    manifest: Manifest | None = None
    reason: str | None = None
    given: Again | None = None


@router.get("")
async def show_out(
    request: Request,
    person: PersonDep,
    now: NowDep,
    canteen: UUID | None = None,
    said: str = "",
    sent: UUID | None = None,
) -> HTMLResponse:
    """Show what is there, what waits for a driver, and the form that hands over."""
    place = await place_of(request, person, now, canteen)
    return await _page(request, place, said=said, sent=sent)


@router.post("")
async def hand_over(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[Leaving, Form()]
) -> Response:
    """Hand the containers over and show the driver's code; a refusal leaves a draft."""
    place = await place_of(request, person, now, wanted.canteen)
    try:
        body = ManifestCreate.model_validate(_body(wanted, await request.form()))
    except (ValueError, ValidationError):
        return await _page(request, place, _Stopped(_UNREADABLE.in_(locale_of(request))))
    made = await call(
        request,
        "waste",
        "POST",
        f"/canteens/{place.canteen.id}/manifests",
        content=body.model_dump_json(exclude_none=True),
        headers={"Content-Type": "application/json", "Idempotency-Key": str(wanted.once)},
    )
    draft = Manifest.model_validate_json(made.content)
    return await _handed_over(
        request, place, draft, Again(canteen=place.canteen.id, once=wanted.once)
    )


@router.post("/{manifest_id}")
async def hand_over_again(
    request: Request,
    person: PersonDep,
    now: NowDep,
    manifest_id: UUID,
    given: Annotated[Again, Form()],
) -> Response:
    """Hand a draft over after all, with a reason."""
    place = await place_of(request, person, now, given.canteen)
    draft = await fetch(request, "waste", f"/manifests/{manifest_id}", Manifest)
    return await _handed_over(request, place, draft, given)


@router.post("/{manifest_id}/code")
async def show_code(
    request: Request,
    person: PersonDep,
    now: NowDep,
    manifest_id: UUID,
    about: Annotated[Again, Form()],
) -> Response:
    """Show a new code for the driver; the one before works no more."""
    place = await place_of(request, person, now, about.canteen)
    manifest = await fetch(request, "waste", f"/manifests/{manifest_id}", Manifest)
    return await _code(request, place, manifest)


@router.post("/{manifest_id}/photo")
async def keep_photo(
    request: Request,
    person: PersonDep,
    now: NowDep,
    manifest_id: UUID,
    canteen: Annotated[UUID, Form()],
    file: Annotated[UploadFile, File()],
) -> Response:
    """Keep a photo of the containers."""
    place = await place_of(request, person, now, canteen)
    files = {"file": (file.filename or "photo", file.file)}
    try:
        await call(request, "waste", "PUT", f"/manifests/{manifest_id}/photo", files=files)
    except Refused as refusal:
        return await _page(request, place, _Stopped(refusal.words))
    return RedirectResponse(f"/k/out?canteen={place.canteen.id}&said=photo", 303)


@router.post("/{manifest_id}/discard")
async def discard(
    request: Request, _: PersonDep, manifest_id: UUID, about: Annotated[Again, Form()]
) -> Response:
    """Void a draft: it did not leave."""
    reason = Voiding(reason=msg("Discarded on the tablet").in_(locale_of(request)))
    await send(request, "waste", "POST", f"/manifests/{manifest_id}:void", reason)
    return RedirectResponse(f"/k/out?canteen={about.canteen}&said=discarded", 303)


async def _handed_over(request: Request, place: Place, draft: Manifest, given: Again) -> Response:
    confirmed = HandOver(
        net_grams=draft.net_grams,
        incident=given.incident.strip() or None,
        excess_reason=given.excess_reason.strip() or None,
    )
    try:
        answer = await send(request, "waste", "POST", f"/manifests/{draft.id}:hand-over", confirmed)
    except Refused as refusal:
        reason = _REASON_FOR.get(refusal.problem.type)
        stopped = _Stopped(refusal.words, draft, reason, given)
        return await _page(request, place, stopped, sent=given.once)
    done = Manifest.model_validate_json(answer.content)
    if done.lot_id is not None:
        sent = f"&sent={given.once}" if given.once else ""
        return RedirectResponse(f"/k/out?canteen={place.canteen.id}&said=treated{sent}", 303)
    return await _code(request, place, done, given.once)


async def _code(
    request: Request, place: Place, manifest: Manifest, sent: UUID | None = None
) -> HTMLResponse:
    answer = await call(request, "waste", "POST", f"/manifests/{manifest.id}:link")
    link = DriverLink.model_validate_json(answer.content)
    address = f"{request.base_url}h/{link.secret}"
    drawn = segno.make(address, micro=False, error="m")
    drawing = drawn.svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None)
    return render(
        request,
        "tablet/code.html",
        place=place,
        manifest=manifest,
        link=link,
        address=address,
        qr=Markup(drawing),  # noqa: S704
        sent=sent,
        face_page="out",
    )


def _body(wanted: Leaving, form: FormData) -> dict[str, object]:
    containers = [
        {"gross_grams": grams_of(str(gross)), "tare_grams": _tare(str(form.get(f"tare-{n}", "")))}
        for n in range(_BINS)
        if str(gross := form.get(f"gross-{n}", "")).strip()
    ]
    body: dict[str, object] = {"kind": wanted.kind, "containers": containers}
    way, _, rest = wanted.way.partition("|")
    if way == "lot":
        return body | {"lot_id": rest}
    usual = _USUAL.get(wanted.kind, Destination.CODIGESTION)
    body["destination"] = wanted.destination or usual
    if way:
        return body | {"hauler_id": way, "plate": wanted.plate.strip() or rest}
    return body | {"hauler_name": wanted.hauler_name.strip(), "plate": wanted.plate.strip()}


def _tare(text: str) -> int:
    return grams_of(text) if text.strip() else 0


async def _page(
    request: Request,
    place: Place,
    stopped: _Stopped | None = None,
    said: str = "",
    sent: UUID | None = None,
) -> HTMLResponse:
    return render(
        request,
        "tablet/out.html",
        422 if stopped else 200,
        place=place,
        leaving=await read_leaving(request, place),
        haulers=_usable(await read_haulers(request, place.canteen.id)),
        lots=await _lots(request, place),
        kinds=list(WasteKind),
        destinations=FROM_KITCHEN,
        bins=[range(_SHOWN), range(_SHOWN, _BINS)],
        once=uuid4(),
        stopped=stopped,
        said=said,
        sent=sent,
        face_page="out",
    )


def _usable(haulers: Sequence[Hauler]) -> list[Hauler]:
    return [one for one in haulers if one.is_active]


async def _lots(request: Request, place: Place) -> list[Lot]:
    path = f"/canteens/{place.canteen.id}/treatment-lots"
    days = {"date_from": place.today, "date_to": place.today}
    found = await fetch_all(request, "waste", path, Lot, **days)
    return [one for one in found if one.closed_at is None]
