"""One planned meal: its times, seats and menu, and calling it off."""

from datetime import datetime, time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from cleanplate_gateway.faces.client import call, fetch
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, sent, whole_number
from cleanplate_gateway.faces.desk.meals import at_clock
from cleanplate_gateway.faces.desk.week_page import dishes_of
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.menu import CapacityChange, MealSession, ServiceMode
from cleanplate_shared.contracts.menu_weeks import MealSessionChange, MealSessionClose

router = APIRouter(prefix="/meals/{meal_id}")
_SETS = ("A", "B", "C", "D")


class TimesFields(Fields):
    """The form that changes when and how a meal is held."""

    cutoff: Text = ""
    serves_from: Text = ""
    serves_until: Text = ""
    service_mode: Text = ""


class SeatsFields(Fields):
    """The form that changes how many seats there are."""

    capacity: Text = ""


class MenuFields(Fields):
    """The form that changes the menu: each entry a dish's id, with `:A` for a set."""

    dishes: Annotated[list[Text], Field(max_length=1000)] = []


class CloseFields(Fields):
    """The form that calls a meal off."""

    reason: Text = ""


@router.get("")
async def show_meal(
    request: Request, person: PersonDep, now: NowDep, meal_id: UUID
) -> HTMLResponse:
    """Show a meal with all that can be changed of it."""
    return await _page(request, person, now, meal_id)


@router.post("")
async def change_times(
    request: Request,
    person: PersonDep,
    now: NowDep,
    meal_id: UUID,
    fields: Annotated[TimesFields, Form()],
) -> Response:
    """Change when and how the meal is held."""
    meal, place = await _meal(request, person, now, meal_id)
    hours = {
        name: _hour(place, meal, getattr(fields, name)) for name in ("serves_from", "serves_until")
    }
    values = {"cutoff_at": at_clock(place, fields.cutoff), "service_mode": fields.service_mode}
    form = forms.Form("times", fields.typed)
    route = ("menu", "PATCH", f"/meal-sessions/{meal_id}")
    done = await sent(request, form, route, MealSessionChange, values | hours)
    return await _answered(request, person, now, meal_id, done)


@router.post("/seats")
async def change_seats(
    request: Request,
    person: PersonDep,
    now: NowDep,
    meal_id: UUID,
    fields: Annotated[SeatsFields, Form()],
) -> Response:
    """Change how many seats there are."""
    form = forms.Form("seats", fields.typed)
    route = ("menu", "PUT", f"/meal-sessions/{meal_id}/capacity")
    values = {"capacity": whole_number(fields.capacity)}
    done = await sent(request, form, route, CapacityChange, values)
    return await _answered(request, person, now, meal_id, done)


@router.post("/menu")
async def change_menu(
    request: Request,
    person: PersonDep,
    now: NowDep,
    meal_id: UUID,
    fields: Annotated[MenuFields, Form()],
) -> Response:
    """Change the dishes on the menu, and which set each belongs to."""
    chosen = [entry for entry in fields.dishes if entry]
    form = forms.Form("menu", {"dishes": ""}, ticked=frozenset(chosen))
    dishes = [
        {"dish_id": dish_id, "choice": choice or None}
        for dish_id, _, choice in (entry.partition(":") for entry in chosen)
    ]
    route = ("menu", "PATCH", f"/meal-sessions/{meal_id}")
    done = await sent(request, form, route, MealSessionChange, {"dishes": dishes})
    return await _answered(request, person, now, meal_id, done)


@router.post("/close")
async def close_meal(
    request: Request,
    person: PersonDep,
    now: NowDep,
    meal_id: UUID,
    fields: Annotated[CloseFields, Form()],
) -> Response:
    """Call the meal off."""
    form = forms.Form("close", fields.typed)
    route = ("menu", "POST", f"/meal-sessions/{meal_id}:close")
    done = await sent(request, form, route, MealSessionClose, {"reason": fields.reason})
    return await _answered(request, person, now, meal_id, done)


@router.post("/reopen")
async def reopen_meal(request: Request, _: PersonDep, meal_id: UUID) -> Response:
    """Hold the meal after all."""
    await call(request, "menu", "POST", f"/meal-sessions/{meal_id}:reopen")
    return RedirectResponse(f"/a/meals/{meal_id}", 303)


async def _answered(
    request: Request, person: PersonDep, now: NowDep, meal_id: UUID, done: object
) -> Response:
    if isinstance(done, forms.Form):
        return await _page(request, person, now, meal_id, done)
    return RedirectResponse(f"/a/meals/{meal_id}", 303)


async def _meal(
    request: Request, person: PersonDep, now: NowDep, meal_id: UUID
) -> tuple[MealSession, Place]:
    meal = await fetch(request, "menu", f"/meal-sessions/{meal_id}", MealSession)
    return meal, await place_of(request, person, now, meal.canteen_id)


async def _page(
    request: Request,
    person: PersonDep,
    now: NowDep,
    meal_id: UUID,
    refused: forms.Form | None = None,
) -> HTMLResponse:
    meal, place = await _meal(request, person, now, meal_id)
    dishes, no_dishes = await dishes_of(request, place, [dish.id for dish in meal.dishes])
    shown = {form.name: form for form in _blank(meal, place)}
    if refused is not None:
        shown[refused.name] = refused
    return render(
        request,
        "desk/meal.html",
        200 if refused is None else 422,
        place=place,
        meal=meal,
        dishes=dishes,
        no_dishes=no_dishes,
        sets=_SETS,
        modes=list(ServiceMode),
        is_over=now >= meal.cutoff_at,
        page="meals",
        **shown,
    )


def _blank(meal: MealSession, place: Place) -> list[forms.Form]:
    times = {
        "cutoff": f"{meal.cutoff_at.astimezone(place.zone):%Y-%m-%dT%H:%M}",
        "service_mode": meal.service_mode.value,
        "serves_from": _clock_time(meal.serves_from, place),
        "serves_until": _clock_time(meal.serves_until, place),
    }
    on_menu = {f"{dish.id}:{dish.choice}" if dish.choice else str(dish.id) for dish in meal.dishes}
    return [
        forms.Form("times", times),
        forms.Form("seats", {"capacity": str(meal.capacity)}),
        forms.Form("menu", ticked=frozenset(on_menu)),
        forms.Form("close"),
    ]


def _hour(place: Place, meal: MealSession, typed: str) -> str | None:
    """Return a typed HH:MM of the meal's day with the canteen's offset."""
    if not typed.strip():
        return None
    try:
        clock_time = time.fromisoformat(typed)
    except ValueError:
        return typed
    return datetime.combine(meal.date, clock_time, place.zone).isoformat()


def _clock_time(instant: datetime | None, place: Place) -> str:
    return f"{instant.astimezone(place.zone):%H:%M}" if instant else ""
