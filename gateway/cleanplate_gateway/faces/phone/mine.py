"""What is the diner's own: coming meals, meals missed, what the canteen failed in."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cleanplate_gateway.faces.client import Refused, call
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone.offices import place_with_office
from cleanplate_gateway.faces.phone.own import list_of, read_mine
from cleanplate_gateway.faces.phone.telling import told
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import is_fragment, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.menu_door import CanteenFailure, FailureKind, NoShow, NoShowState
from cleanplate_shared.contracts.menu_registrations import MyRegistration
from cleanplate_shared.contracts.menu_survey import RatingDue

router = APIRouter()

_AHEAD = timedelta(days=60)
_BACK = timedelta(days=90)
_TO_REPORT = timedelta(days=3)
_TO_ANSWER = {NoShowState.COUNTED, NoShowState.GRACED}
Note = Annotated[str, Field(max_length=500)]


class Word(BaseModel):
    """What a form about one past meal sends."""

    registration: UUID
    once: UUID = Field(default_factory=uuid4)
    kind: FailureKind | None = None
    note: Note = ""


class MineShown(BaseModel):
    """What was just done."""

    said: Literal["explained", "disputed", "reported"] | None = None


@dataclass(frozen=True)
class Mine:
    """What the page shows.

    Attributes:
        to_report: registrations of the last days about which nothing was reported.
        due: meals to be rated.
        registers: where the diner registers others, if anywhere.
    """

    place: Place
    coming: list[MyRegistration]
    to_report: list[MyRegistration]
    no_shows: list[NoShow]
    failures: list[CanteenFailure]
    due: list[RatingDue]
    registers: Place | None


WordForm = Annotated[Word, Form()]


@router.get("/me")
async def show_mine(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[MineShown, Query()]
) -> Response:
    """Show one's own meals and what came of them, settings, and the way out."""
    return await _show(request, person, now, wanted.model_dump(exclude_none=True), None)


@router.post("/me/{about}")
async def answer_for_a_meal(
    request: Request,
    person: PersonDep,
    now: NowDep,
    about: Literal["explain", "dispute", "report"],
    word: WordForm,
) -> Response:
    """Explain or dispute a no-show, or report that the canteen failed."""

    async def show(said: Mapping[str, str], refused: Refused | None) -> Response:
        return await _show(request, person, now, said, refused)

    send = {"explain": _explain, "dispute": _dispute, "report": _report}[about]
    return await told(request, send(request, word), "/m/me", show)


async def _explain(request: Request, word: Word) -> Mapping[str, object]:
    body = {"reason": word.note}
    await call(request, "menu", "POST", f"/no-shows/{word.registration}:explain", json=body)
    return {"said": "explained"}


async def _dispute(request: Request, word: Word) -> Mapping[str, object]:
    body = {"note": word.note or None}
    await call(request, "menu", "POST", f"/no-shows/{word.registration}:dispute", json=body)
    return {"said": "disputed"}


async def _report(request: Request, word: Word) -> Mapping[str, object]:
    body = {"kind": word.kind, "note": word.note or None}
    path = f"/registrations/{word.registration}/failures"
    key = {"Idempotency-Key": f"{word.once}:{word.kind}"}
    await call(request, "menu", "POST", path, json=body, headers=key)
    return {"said": "reported"}


async def _show(
    request: Request,
    person: PersonDep,
    now: NowDep,
    said: Mapping[str, str],
    refused: Refused | None,
) -> Response:
    mine = await _read(request, person, now)
    return render(
        request,
        "phone/mine.html",
        refused.problem.status if refused else 200,
        mine=mine,
        place=mine.place,
        canteens={canteen.id: canteen.name for canteen in mine.place.others},
        said=said.get("said"),
        problem=refused.words if refused else None,
        kinds=list(FailureKind),
        to_answer=_TO_ANSWER,
        once=uuid4,
        fragment=is_fragment(request),
    )


async def _read(request: Request, person: PersonDep, now: NowDep) -> Mine:
    day: date = now.date()  # a canteen's own day is at most one away from it
    first, tomorrow = day - _BACK, day + timedelta(days=1)
    place, registrations, no_shows, failures, due = await asyncio.gather(
        place_of(request, person, now, None),
        read_mine(request, tomorrow - _TO_REPORT - timedelta(days=2), day + _AHEAD),
        list_of(request, "menu", "/no-shows/mine", NoShow, date_from=first, date_to=tomorrow),
        list_of(
            request, "menu", "/failures/mine", CanteenFailure, date_from=first, date_to=tomorrow
        ),
        list_of(request, "menu", "/ratings/due", RatingDue),
    )
    reported = {(one.canteen_id, one.date, one.meal) for one in failures}
    return Mine(
        place=place,
        coming=[one for one in registrations if one.date >= place.today],
        to_report=[
            one
            for one in reversed(registrations)
            if place.today - _TO_REPORT <= one.date <= place.today
            and (one.canteen_id, one.date, one.meal) not in reported
        ],
        no_shows=no_shows,
        failures=failures,
        due=due,
        registers=await place_with_office(request, person, place),
    )
