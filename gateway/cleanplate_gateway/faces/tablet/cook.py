"""What to cook: the plan of a meal, the cook's decisions about it, and small batches."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, call
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, meals_of, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_gateway.faces.tablet.cooking import meal_shown, plan_before, read_cooking
from cleanplate_gateway.faces.tablet.meals import current_meal
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.forecast_production import OverridePut, Refill
from cleanplate_shared.i18n import msg

router = APIRouter()
Text = Annotated[str, Field(max_length=500)]
REASONS = (
    msg("A meeting or an event"),
    msg("More will come than registered"),
    msg("Fewer will come than registered"),
    msg("It ran out last time"),
    msg("Much was left last time"),
    msg("Not enough ingredients"),
)
_NO_NUMBER = msg("Write the portions as a whole number, like 120.")
_NO_REASON = msg("Choose a reason, or write one.")


class Shown(BaseModel):
    """Which meal the page shows, and what was just done: a decision or a batch to take back.

    `was` is what the cook had decided before; without it, it was the suggestion.
    """

    canteen: UUID | None = None
    meal: UUID | None = None
    decided: UUID | None = None
    was: Annotated[int, Field(ge=0, le=100_000)] | None = None
    refilled: UUID | None = None


class Decision(BaseModel):
    """The form that decides about a dish; without portions, the suggestion after all."""

    canteen: UUID
    meal: UUID
    dish: UUID
    portions: Text = ""
    reason: Text = ""
    words: Text = ""
    is_undo: bool = False


class Batch(BaseModel):
    """The button that notes a small batch, or takes it back."""

    canteen: UUID
    meal: UUID
    dish: UUID | None = None
    portions: Annotated[int, Field(ge=1, le=10_000)] = 1
    refill: UUID | None = None
    once: UUID = Field(default_factory=uuid4)

    @property
    def page(self) -> str:
        """Return the address of the meal's page."""
        return f"/k/cook?canteen={self.canteen}&meal={self.meal}"


@router.get("/cook")
async def show_cooking(
    request: Request, person: PersonDep, now: NowDep, shown: Annotated[Shown, Query()]
) -> HTMLResponse:
    """Show what to cook for a meal: the one asked for, or the one being served."""
    return await _page(request, await place_of(request, person, now, shown.canteen), shown)


@router.post("/cook")
async def decide(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[Decision, Form()]
) -> Response:
    """Keep what the cook decided about a dish; the page offers to take it back."""
    place = await place_of(request, person, now, wanted.canteen)
    before = None if wanted.is_undo else await plan_before(request, wanted.meal, wanted.dish)
    problem = await _decided(request, wanted)
    if problem:
        shown = Shown(canteen=wanted.canteen, meal=wanted.meal)
        return await _page(request, place, shown, problem)
    address = f"/k/cook?canteen={wanted.canteen}&meal={wanted.meal}"
    if before:
        address += f"&decided={wanted.dish}"
        was = before.override.portions if before.override else None
        address += "" if was is None else f"&was={was}"
    return RedirectResponse(address, 303)


@router.post("/refills")
async def note_batch(request: Request, _: PersonDep, batch: Annotated[Batch, Form()]) -> Response:
    """Note that a small batch was cooked; the page offers to take it back."""
    answer = await call(
        request,
        "forecast",
        "POST",
        f"/meal-sessions/{batch.meal}/refills",
        json={"dish_id": str(batch.dish), "portions": batch.portions},
        headers={"Idempotency-Key": str(batch.once)},
    )
    noted = Refill.model_validate_json(answer.content)
    return RedirectResponse(f"{batch.page}&refilled={noted.id}", 303)


@router.post("/refills/undo")
async def undo_batch(request: Request, _: PersonDep, batch: Annotated[Batch, Form()]) -> Response:
    """Take a noted batch back."""
    path = f"/meal-sessions/{batch.meal}/refills/{batch.refill}"
    await call(request, "forecast", "DELETE", path)
    return RedirectResponse(batch.page, 303)


async def _decided(request: Request, wanted: Decision) -> str | None:
    """Send a decision; return what is wrong with it."""
    locale, typed = locale_of(request), wanted.portions.strip()
    reason = wanted.words.strip() or wanted.reason.strip()
    if not reason:
        return _NO_REASON.in_(locale)
    try:
        body = OverridePut(portions=int(typed) if typed else None, reason=reason)
    except (ValueError, ValidationError):
        return _NO_NUMBER.in_(locale)
    path = f"/meal-sessions/{wanted.meal}/production-plan/{wanted.dish}"
    try:
        await call(request, "forecast", "PUT", path, json=body.model_dump())
    except Refused as refusal:
        return refusal.words
    return None


async def _page(
    request: Request, place: Place, shown: Shown, problem: str | None = None
) -> HTMLResponse:
    meals = await meals_of(request, place, place.today, days=2)
    meal = meal_shown(meals, shown.meal, current_meal(meals, place))
    cooking = await read_cooking(request, place, meal) if meal else None
    return render(
        request,
        "tablet/cook.html",
        422 if problem else 200,
        place=place,
        meals=meals,
        tomorrow=place.today + timedelta(days=1),
        cooking=cooking,
        shown=shown,
        decided=next((line for line in cooking.lines if line.plan.dish_id == shown.decided), None)
        if cooking
        else None,
        reasons=[reason.in_(locale_of(request)) for reason in REASONS],
        problem=problem,
        face_page="today",
    )
