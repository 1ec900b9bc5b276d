"""Both sides of a registration: no-shows by unit, and where the canteen failed its diners."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field, ValidationError

from cleanplate_gateway.faces.client import Refused, fetch, fetch_all, send
from cleanplate_gateway.faces.desk.months import bounds, last_months, month_or
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_gateway.sessions import session_in
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.menu_door import (
    CanteenFailure,
    Dispute,
    DisputeDecision,
    FailureKind,
    FailureReply,
    NoShowRates,
)
from cleanplate_shared.i18n import msg
from cleanplate_shared.roles import MANAGEMENT

router = APIRouter()
_SAY_WHY = msg("Write a sentence for the diner first.")
Words = Annotated[str, Field(max_length=600)]


class DecisionFields(BaseModel):
    """The form that decides a dispute."""

    upheld: bool
    canteen: UUID
    answer: Words = ""


class ReplyFields(BaseModel):
    """The form that replies to a report."""

    canteen: UUID
    month: Annotated[str, Field(max_length=7)] = ""
    reply: Words = ""


@router.get("/promise")
async def show_promise(
    request: Request, person: PersonDep, now: NowDep, month: str = "", canteen: UUID | None = None
) -> HTMLResponse:
    """Show a month's no-shows by unit beside the canteen's failures."""
    return await _page(request, await place_of(request, person, now, canteen), month)


@router.post("/promise/disputes/{registration_id}")
async def decide_dispute(
    request: Request,
    person: PersonDep,
    now: NowDep,
    registration_id: UUID,
    fields: Annotated[DecisionFields, Form()],
) -> Response:
    """Decide a dispute, with a sentence that the diner reads."""
    values = fields.model_dump(include={"upheld", "answer"})
    refused = await _sent(request, f"/no-shows/{registration_id}:decide", DisputeDecision, values)
    if refused:
        place = await place_of(request, person, now, fields.canteen)
        return await _page(request, place, "", refused)
    return RedirectResponse(f"/a/promise?canteen={fields.canteen}#disputes", 303)


@router.post("/promise/failures/{failure_id}")
async def reply_to_failure(
    request: Request,
    person: PersonDep,
    now: NowDep,
    failure_id: UUID,
    fields: Annotated[ReplyFields, Form()],
) -> Response:
    """Say what the canteen says to a failure."""
    values: dict[str, object] = {"reply": fields.reply}
    refused = await _sent(request, f"/failures/{failure_id}:reply", FailureReply, values)
    if refused:
        place = await place_of(request, person, now, fields.canteen)
        return await _page(request, place, fields.month, refused)
    month = month_or(fields.month, now.date())
    return RedirectResponse(f"/a/promise?canteen={fields.canteen}&month={month}#reports", 303)


async def _sent(
    request: Request, path: str, model: type[BaseModel], values: dict[str, object]
) -> str | None:
    """Send a sentence to the menu service; return why it was not taken, if it was not."""
    try:
        await send(request, "menu", "POST", path, model.model_validate(values))
    except ValidationError:
        return _SAY_WHY.in_(locale_of(request))
    except Refused as refusal:
        return refusal.words
    return None


@dataclass(frozen=True)
class _Shown:
    """What the menu service says of a canteen's month; `missing` says why it says nothing."""

    rates: NoShowRates | None = None
    disputes: Sequence[Dispute] = ()
    failures: Sequence[CanteenFailure] = ()
    missing: str | None = None


async def _read(request: Request, canteen_id: UUID, month: str) -> _Shown:
    path = f"/canteens/{canteen_id}"
    person = session_in(request).identity
    try:
        rates = await fetch(request, "menu", f"{path}/no-show-rates", NoShowRates, month=month)
        if person is None or person.roles.isdisjoint(MANAGEMENT):
            return _Shown(rates)
        first, last = bounds(month)
        disputes = await fetch_all(request, "menu", f"{path}/disputes", Dispute)
        failures = await fetch_all(
            request, "menu", f"{path}/failures", CanteenFailure, date_from=first, date_to=last
        )
    except Refused as refusal:
        return _Shown(missing=refusal.words)
    return _Shown(rates, disputes, failures)


async def _page(
    request: Request, place: Place, month: str, refused: str | None = None
) -> HTMLResponse:
    wanted = month_or(month, place.today)
    return render(
        request,
        "desk/promise.html",
        422 if refused else 200,
        place=place,
        month=wanted,
        months=last_months(place.today),
        shown=await _read(request, place.canteen.id, wanted),
        kinds=list(FailureKind),
        refused=refused,
        page="promise",
    )
