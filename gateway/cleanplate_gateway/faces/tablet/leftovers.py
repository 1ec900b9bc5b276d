"""What was left of each dish: one line per dish, entered in kilograms with gloves on."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, fetch, send
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, meals_of, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_gateway.faces.tablet.meals import current_meal
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.menu import MealSession
from cleanplate_shared.contracts.menu_survey import DishLeftover, Leftovers, LeftoversPut
from cleanplate_shared.i18n import msg

router = APIRouter()
_PREPARED, _LEFT = "prepared-", "left-"
_UNREADABLE = msg("Write each weight in kilograms, like 2.4.")
SHARES = ((0, msg("nothing")), (25, msg("a quarter")), (50, msg("half")), (100, msg("all")))


class About(BaseModel):
    """Which meal the form is about; its other fields are named after the dishes."""

    canteen: UUID
    meal: UUID


@dataclass(frozen=True)
class Line:
    """A dish with what is typed for it, kilograms as text."""

    dish_id: UUID
    name: str
    prepared: str
    left: str


@router.get("/leftovers")
async def show_leftovers(
    request: Request,
    person: PersonDep,
    now: NowDep,
    canteen: UUID | None = None,
    meal: UUID | None = None,
    said: str = "",
) -> HTMLResponse:
    """Show the dishes of a meal: the one asked for, or the one being served."""
    place = await place_of(request, person, now, canteen)
    return await _page(request, place, meal, {}, said=said == "saved")


@router.post("/leftovers")
async def save_leftovers(
    request: Request, person: PersonDep, now: NowDep, about: Annotated[About, Form()]
) -> Response:
    """Keep what was typed; a dish without a weight left was not weighed."""
    form = await request.form()
    typed = {name: str(value).strip() for name, value in form.items()}
    place, meal = await place_of(request, person, now, about.canteen), about.meal
    try:
        wanted = LeftoversPut.model_validate({"items": _items(form, typed)})
        await send(request, "menu", "PUT", f"/meal-sessions/{meal}/leftovers", wanted)
    except (ValueError, ValidationError):
        words = _UNREADABLE.in_(locale_of(request))
        return await _page(request, place, meal, typed, problem=words)
    except Refused as refusal:
        return await _page(request, place, meal, typed, problem=refusal.words)
    return RedirectResponse(f"/k/leftovers?canteen={place.canteen.id}&meal={meal}&said=saved", 303)


def _items(form: FormData, typed: dict[str, str]) -> list[dict[str, object]]:
    dishes = [name.removeprefix(_LEFT) for name in form if name.startswith(_LEFT) and typed[name]]
    return [
        {
            "dish_id": dish,
            "prepared_grams": _grams(typed.get(_PREPARED + dish, "")),
            "left_grams": _grams(typed[_LEFT + dish]),
        }
        for dish in dishes
    ]


def _grams(kilograms: str) -> int:
    """Return typed kilograms as grams; raises ValueError for anything that is no weight."""
    whole, _, part = kilograms.replace("，", ".").replace(",", ".").partition(".")
    digits = (whole or "0") + part.ljust(3, "0")
    if len(part) > 3 or not digits.isascii() or not digits.isdecimal():  # noqa: PLR2004
        raise ValueError(kilograms)
    return int(digits)


async def _page(
    request: Request,
    place: Place,
    meal: UUID | None,
    typed: dict[str, str],
    *,
    problem: str | None = None,
    said: bool = False,
) -> HTMLResponse:
    meals = await meals_of(request, place, place.today - timedelta(days=1), days=2)
    chosen = meal or current_meal(meals, place)
    shown = next((one for one in meals.sessions if one.id == chosen), None)
    lines = await _lines(request, shown, typed) if shown else []
    return render(
        request,
        "tablet/leftovers.html",
        422 if problem else 200,
        place=place,
        meals=meals,
        shown=shown,
        lines=lines,
        shares=SHARES,
        problem=problem,
        said=said,
        face_page="leftovers",
    )


async def _lines(request: Request, meal: MealSession, typed: dict[str, str]) -> list[Line]:
    found = await fetch(request, "menu", f"/meal-sessions/{meal.id}/leftovers", Leftovers)
    return [
        Line(
            one.dish_id,
            one.name,
            typed.get(f"{_PREPARED}{one.dish_id}", _prepared(one)),
            typed.get(f"{_LEFT}{one.dish_id}", _kilograms(one.left_grams)),
        )
        for one in found.items
    ]


def _prepared(one: DishLeftover) -> str:
    """Return what was prepared; what only follows from the portions, to 100 g."""
    if one.left_grams is None:
        return _kilograms(round(one.prepared_grams, -2) or None)
    return _kilograms(one.prepared_grams)


def _kilograms(grams: int | None) -> str:
    return "" if grams is None else f"{grams / 1000:g}"
