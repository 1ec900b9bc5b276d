"""The week's meals of a canteen, a form to plan one more, and what plans a whole week."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from cleanplate_gateway.faces.client import call
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, created, whole_number
from cleanplate_gateway.faces.desk.week_page import Said, blank_meal, show_week
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import MealSessionCreate
from cleanplate_shared.contracts.menu_weeks import (
    MenuTemplateCreate,
    WeekCopy,
    WeekPlanned,
    WeekTarget,
)

router = APIRouter(prefix="/meals")


class MealFields(Fields):
    """The form that plans a meal."""

    canteen: UUID
    day: Text = ""
    meal: Text = ""
    capacity: Text = ""
    cutoff: Text = ""
    dishes: Annotated[list[Text], Field(max_length=200)] = []


class WeekFields(Fields):
    """The forms that plan a week: from another one, or from a kept one."""

    canteen: UUID
    week: Text = ""
    from_week: Text = ""
    template: UUID | None = None
    name: Text = ""
    make_up_as: Text = ""


class Shown(BaseModel):
    """Which canteen and week the page shows, and with which day and meal its form begins."""

    canteen: UUID | None = None
    week: date | None = None
    day: date | None = None
    meal: Meal = Meal.LUNCH


@router.get("")
async def show_meals(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[Shown, Query()]
) -> HTMLResponse:
    """Show the meals of a week, and the form for one more."""
    place = await place_of(request, person, now, wanted.canteen)
    said = Said(meal=blank_meal(place, wanted.day, wanted.meal))
    return await show_week(request, place, wanted.week or wanted.day or place.today, said)


@router.post("")
async def open_meal(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[MealFields, Form()]
) -> Response:
    """Plan a meal; what is wrong is said beside its field."""
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form("meal", fields.typed, once=fields.once, ticked=frozenset(fields.dishes))
    done = await created(
        request, form, "menu", "/meal-sessions", MealSessionCreate, _values(place, fields)
    )
    shown = _day_or(fields.day, place.today)
    if isinstance(done, forms.Form):
        return await show_week(request, place, shown, Said(meal=done, status=422))
    return RedirectResponse(f"/a/meals?canteen={place.canteen.id}&week={shown}", 303)


@router.post("/copy")
async def copy_week(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[WeekFields, Form()]
) -> Response:
    """Plan a week as another one was planned, and say what became of each meal."""
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form("copy", fields.typed, once=fields.once)
    values = _week(fields) | {"canteen_id": place.canteen.id, "from_week": fields.from_week}
    done = await created(request, form, "menu", "/weeks:copy", WeekCopy, values)
    shown = _day_or(fields.week, place.today)
    if isinstance(done, forms.Form):
        return await show_week(request, place, shown, Said(copy=done, status=422))
    planned = WeekPlanned.model_validate_json(done.content)
    return await show_week(request, place, shown, Said(planned=planned))


@router.post("/templates")
async def keep_week(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[WeekFields, Form()]
) -> Response:
    """Keep the week that is shown under a name."""
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form("keep", fields.typed, once=fields.once)
    values = {"canteen_id": place.canteen.id, "name": fields.name, "week": fields.week}
    done = await created(request, form, "menu", "/menu-templates", MenuTemplateCreate, values)
    shown = _day_or(fields.week, place.today)
    if isinstance(done, forms.Form):
        return await show_week(request, place, shown, Said(keep=done, status=422))
    return RedirectResponse(f"/a/meals?canteen={place.canteen.id}&week={shown}#templates", 303)


@router.post("/templates/apply")
async def apply_template(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[WeekFields, Form()]
) -> Response:
    """Plan the week that is shown as a kept one, and say what became of each meal."""
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form("apply", fields.typed, once=fields.once)
    path = f"/menu-templates/{fields.template}:apply"
    done = await created(request, form, "menu", path, WeekTarget, _week(fields))
    shown = _day_or(fields.week, place.today)
    if isinstance(done, forms.Form):
        return await show_week(request, place, shown, Said(apply=done, status=422))
    planned = WeekPlanned.model_validate_json(done.content)
    return await show_week(request, place, shown, Said(planned=planned))


@router.post("/templates/remove")
async def remove_template(
    request: Request, _: PersonDep, fields: Annotated[WeekFields, Form()]
) -> Response:
    """Remove a kept week."""
    await call(request, "menu", "DELETE", f"/menu-templates/{fields.template}")
    shown = f"&week={fields.week}" if fields.week else ""
    return RedirectResponse(f"/a/meals?canteen={fields.canteen}{shown}#templates", 303)


def at_clock(place: Place, typed: str) -> str | None:
    """Return a typed local time with the canteen's offset; what cannot be read stays."""
    if not typed.strip():
        return None
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=place.zone).isoformat()
    except ValueError:
        return typed


def _values(place: Place, fields: MealFields) -> dict[str, object]:
    return {
        "canteen_id": place.canteen.id,
        "date": fields.day,
        "meal": fields.meal,
        "cutoff_at": at_clock(place, fields.cutoff),
        "capacity": whole_number(fields.capacity) if fields.capacity.strip() else None,
        "dishes": fields.dishes,
    }


def _week(fields: WeekFields) -> dict[str, object]:
    weekday = fields.make_up_as.strip()
    return {"week": fields.week, "make_up_as": whole_number(weekday) if weekday else None}


def _day_or(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise
