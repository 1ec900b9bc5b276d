"""What a diner settles for many days: standing registrations, and days away."""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import date
from typing import Annotated, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cleanplate_gateway.faces.client import Refused, call
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone.own import list_of, read_preferences
from cleanplate_gateway.faces.phone.telling import told
from cleanplate_gateway.faces.places import place_of
from cleanplate_gateway.faces.rendering import is_fragment, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Count, Day, Meal, Portion
from cleanplate_shared.contracts.menu_planning import (
    Absence,
    AbsenceAdded,
    AbsenceKind,
    Pattern,
    PatternChanged,
    Planned,
    Preferences,
)
from cleanplate_shared.contracts.menu_registrations import Rice

router = APIRouter()
_PAGE = "/m/standing"
_MEALS = [Meal.LUNCH, Meal.BREAKFAST, Meal.DINNER]
Weekday = Annotated[int, Field(ge=1, le=7)]


class PatternForm(BaseModel):
    """What the form of a standing registration sends."""

    canteen: UUID
    meal: Meal
    weekday: Annotated[list[Weekday], Field(max_length=7)] = []
    portion: Portion = Portion.FULL
    rice: Rice = Rice.NORMAL
    until: Day | None = None


class AbsenceForm(BaseModel):
    """What the form of an absence sends."""

    canteen: UUID
    once: UUID = Field(default_factory=uuid4)
    first: Day
    last: Day | None = None
    kind: AbsenceKind = AbsenceKind.LEAVE


class AbsenceGone(AbsenceForm):
    """An absence to be removed, with what adds it again."""

    absence: UUID


class StandingShown(BaseModel):
    """What was just done, and what undoes it."""

    canteen: UUID | None = None
    said: Literal["set", "removed", "away", "back"] | None = None
    meal: Meal | None = None
    absence: UUID | None = None
    first: Day | None = None
    last: Day | None = None
    kind: AbsenceKind | None = None
    weekdays: Annotated[str, Field(pattern=r"^[1-7]{0,7}$")] = ""
    portion: Portion = Portion.FULL
    rice: Rice = Rice.NORMAL
    until: Day | None = None
    registered: Annotated[Count, Field(strict=False)] = 0
    waiting: Annotated[Count, Field(strict=False)] = 0
    cancelled: Annotated[Count, Field(strict=False)] = 0


PatternDep = Annotated[PatternForm, Form()]


@router.get("/standing")
async def show_standing(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[StandingShown, Query()]
) -> Response:
    """Show one's standing registrations and absences."""
    return await _show(request, person, now, wanted, None)


@router.post("/standing/set")
async def set_pattern(
    request: Request, person: PersonDep, now: NowDep, wanted: PatternDep
) -> Response:
    """Register on weekdays until further notice."""

    async def send() -> Mapping[str, object]:
        body = {
            "weekdays": wanted.weekday,
            "portion": wanted.portion,
            "rice": wanted.rice,
            "last_day": str(wanted.until) if wanted.until else None,
        }
        answer = await call(request, "menu", "PUT", _path(wanted), json=body)
        changed = PatternChanged.model_validate_json(answer.content)
        return {"said": "set", **_named(wanted), **_counts(changed.planned)}

    return await _told(request, person, now, wanted.canteen, send())


@router.post("/standing/remove")
async def remove_pattern(
    request: Request, person: PersonDep, now: NowDep, wanted: PatternDep
) -> Response:
    """Remove a standing registration."""

    async def send() -> Mapping[str, object]:
        answer = await call(request, "menu", "DELETE", _path(wanted))
        planned = Planned.model_validate_json(answer.content)
        weekdays = "".join(str(day) for day in sorted(set(wanted.weekday)))
        again = {"portion": wanted.portion, "rice": wanted.rice, "until": wanted.until}
        said = {"said": "removed", "weekdays": weekdays, **_named(wanted), **again}
        return {**said, **_counts(planned)}

    return await _told(request, person, now, wanted.canteen, send())


@router.post("/standing/away")
async def add_absence(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[AbsenceForm, Form()]
) -> Response:
    """Note days away; registrations in them are cancelled."""

    async def send() -> Mapping[str, object]:
        last = wanted.last or wanted.first
        body = {"first_day": str(wanted.first), "last_day": str(last), "kind": wanted.kind}
        key = {"Idempotency-Key": f"{wanted.once}:{wanted.first}:{last}:{wanted.kind.value}"}
        answer = await call(request, "menu", "POST", "/absences", json=body, headers=key)
        added = AbsenceAdded.model_validate_json(answer.content)
        return {
            "said": "away",
            "canteen": wanted.canteen,
            "absence": added.id,
            **_span(added.first_day, added.last_day, added.kind),
            **_counts(added.planned),
        }

    return await _told(request, person, now, wanted.canteen, send())


@router.post("/standing/back")
async def remove_absence(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[AbsenceGone, Form()]
) -> Response:
    """Take an absence back."""

    async def send() -> Mapping[str, object]:
        answer = await call(request, "menu", "DELETE", f"/absences/{wanted.absence}")
        planned = Planned.model_validate_json(answer.content)
        span = _span(wanted.first, wanted.last or wanted.first, wanted.kind)
        return {"said": "back", "canteen": wanted.canteen, **span, **_counts(planned)}

    return await _told(request, person, now, wanted.canteen, send())


async def _told(
    request: Request,
    person: PersonDep,
    now: NowDep,
    canteen_id: UUID,
    sending: Awaitable[Mapping[str, object]],
) -> Response:
    async def show(said: Mapping[str, str], refused: Refused | None) -> Response:
        shown = StandingShown.model_validate({"canteen": str(canteen_id), **said})
        return await _show(request, person, now, shown, refused)

    return await told(request, sending, _PAGE, show)


async def _show(
    request: Request,
    person: PersonDep,
    now: NowDep,
    shown: StandingShown,
    refused: Refused | None,
) -> Response:
    place, patterns, absences, usual = await asyncio.gather(
        place_of(request, person, now, shown.canteen),
        list_of(request, "menu", "/patterns/mine", Pattern),
        list_of(request, "menu", "/absences/mine", Absence),
        read_preferences(request),
    )
    here = {one.meal: one for one in patterns if one.canteen_id == place.canteen.id}
    return render(
        request,
        "phone/standing.html",
        refused.problem.status if refused else 200,
        place=place,
        meals=[(meal, here.get(meal)) for meal in _MEALS],
        absences=[one for one in absences if one.last_day >= place.today],
        usual=usual or Preferences(),
        shown=shown,
        problem=refused.words if refused else None,
        portions=list(Portion),
        rices=list(Rice),
        kinds=list(AbsenceKind),
        once=uuid4,
        fragment=is_fragment(request),
    )


def _path(wanted: PatternForm) -> str:
    return f"/patterns/{wanted.canteen}/{wanted.meal.value}"


def _named(wanted: PatternForm) -> Mapping[str, object]:
    return {"canteen": wanted.canteen, "meal": wanted.meal.value}


def _span(first: date, last: date, kind: AbsenceKind) -> Mapping[str, object]:
    return {"first": first, "last": last, "kind": kind.value}


def _counts(planned: Planned) -> Mapping[str, object]:
    return {name: count for name, count in planned.model_dump().items() if count}
