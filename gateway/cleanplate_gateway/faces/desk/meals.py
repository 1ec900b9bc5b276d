"""The week's meals of a canteen, and a form to plan one more."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field, ValidationError

from cleanplate_gateway.faces.client import Refused, call, fetch_all
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, meals_of, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import Dish, MealSessionCreate
from cleanplate_shared.i18n import msg
from cleanplate_shared.problems import field_problems

router = APIRouter()
_WEEK = timedelta(days=7)
_CUTOFF = time(9)
Text = Annotated[str, Field(max_length=60)]


class MealFields(BaseModel):
    """The form as the browser sends it; what it means is checked afterwards."""

    canteen: UUID
    day: Text = ""
    meal: Text = ""
    capacity: Text = ""
    cutoff: Text = ""
    once: UUID = Field(default_factory=uuid4)
    dishes: Annotated[list[Text], Field(max_length=200)] = []


@dataclass(frozen=True)
class MealForm:
    """What the form shows: what was typed, and what is wrong with it."""

    day: str
    cutoff: str
    meal: str = Meal.LUNCH.value
    capacity: str = ""
    dishes: frozenset[str] = frozenset()
    problems: Mapping[str, str] = field(default_factory=dict)
    refused: str | None = None


@router.get("/meals")
async def show_meals(
    request: Request,
    person: PersonDep,
    now: NowDep,
    canteen: UUID | None = None,
    week: date | None = None,
) -> HTMLResponse:
    """Show the meals of a week."""
    place = await place_of(request, person, now, canteen)
    day = place.today + timedelta(days=1)
    blank = MealForm(day=day.isoformat(), cutoff=f"{day}T{_CUTOFF:%H:%M}")
    return await _page(request, place, week or place.today, blank)


@router.post("/meals")
async def open_meal(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[MealFields, Form()]
) -> Response:
    """Plan a meal; what is wrong is said beside its field."""
    place = await place_of(request, person, now, fields.canteen)
    typed = MealForm(
        fields.day, fields.cutoff, fields.meal, fields.capacity, frozenset(fields.dishes)
    )
    shown = _day_or(fields.day, place.today)
    try:
        wanted = _wanted(place, typed)
        await call(
            request,
            "menu",
            "POST",
            "/meal-sessions",
            content=wanted.model_dump_json(),
            headers={"Content-Type": "application/json", "Idempotency-Key": str(fields.once)},
        )
    except ValidationError as error:
        found = field_problems(error, locale_of(request))
        problems = {problem.field.split(".")[0]: problem.message for problem in found}
        return await _page(request, place, shown, replace(typed, problems=problems), 422)
    except Refused as refusal:
        return await _page(request, place, shown, replace(typed, refused=refusal.words), 422)
    return RedirectResponse(f"/a/meals?canteen={place.canteen.id}&week={shown}", 303)


def _wanted(place: Place, typed: MealForm) -> MealSessionCreate:
    """Return the meal that was typed; times on the form are the canteen's own.

    Raises:
        ValidationError: a field cannot be read.
    """
    try:
        cutoff = datetime.fromisoformat(typed.cutoff).replace(tzinfo=place.zone).isoformat()
    except ValueError:
        cutoff = typed.cutoff
    capacity = typed.capacity.strip()
    return MealSessionCreate.model_validate(
        {
            "canteen_id": place.canteen.id,
            "date": typed.day,
            "meal": typed.meal,
            "cutoff_at": cutoff,
            "capacity": int(capacity) if capacity.isdecimal() else capacity,
            "dishes": sorted(typed.dishes),
        }
    )


def _day_or(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise


async def _page(
    request: Request, place: Place, day: date, typed: MealForm, status: int = 200
) -> HTMLResponse:
    monday = day - timedelta(days=day.weekday())
    meals = await meals_of(request, place, monday, days=7)
    try:
        dishes = await fetch_all(request, "menu", "/dishes", Dish, canteen_id=place.canteen.id)
        no_dishes = None if dishes else msg("There are no dishes yet; import them first.")
    except Refused as refusal:
        dishes, no_dishes = [], msg("The dishes cannot be shown: {why}", why=refusal.words)
    return render(
        request,
        "desk/meals.html",
        status,
        place=place,
        meals=meals,
        days=[monday + timedelta(days=n) for n in range(7)],
        before=monday - _WEEK,
        after=monday + _WEEK,
        dishes=dishes,
        no_dishes=no_dishes,
        typed=typed,
        kinds_of_meal=list(Meal),
        once=uuid4(),
        page="meals",
    )
