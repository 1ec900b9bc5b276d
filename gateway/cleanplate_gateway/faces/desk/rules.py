"""What a canteen decided once: how it holds its meals, and its settings."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from cleanplate_gateway.faces.client import fetch
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, sent, whole_number
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import ServiceMode
from cleanplate_shared.contracts.menu_weeks import CanteenSettings, MealRules

router = APIRouter(prefix="/rules")
_COLUMNS = (
    "cutoff_days_before",
    "cutoff_time",
    "serves_from",
    "serves_until",
    "capacity",
    "service_mode",
)
_WHOLE = {"cutoff_days_before", "capacity"}
Column = Annotated[list[Text], Field(max_length=len(Meal))]


class RulesFields(Fields):
    """The form of the rules; one entry of each column is one meal. Without seats: no rule."""

    canteen: UUID
    meal: Column = []
    cutoff_days_before: Column = []
    cutoff_time: Column = []
    serves_from: Column = []
    serves_until: Column = []
    capacity: Column = []
    service_mode: Column = []


class SettingsFields(Fields):
    """The form of the settings."""

    canteen: UUID
    is_menu_public: Text = ""
    no_show_grace: Text = ""
    remind_minutes: Text = ""


@router.get("")
async def show_rules(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show how the canteen holds its meals."""
    return await _page(request, await place_of(request, person, now, canteen))


@router.post("")
async def set_rules(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[RulesFields, Form()]
) -> Response:
    """Set how the canteen holds its meals."""
    place = await place_of(request, person, now, fields.canteen)
    rows = _rows(fields)
    typed = {
        f"rules.{number}.{name}": text
        for number, row in enumerate(rows)
        for name, text in row.items()
    }
    rules = [
        {name: whole_number(text) if name in _WHOLE else text for name, text in row.items()}
        for row in rows
    ]
    form = forms.Form("rules", typed)
    route = ("menu", "PUT", f"/canteens/{place.canteen.id}/meal-rules")
    done = await sent(request, form, route, MealRules, {"rules": rules})
    if isinstance(done, forms.Form):
        return await _page(request, place, rules=done)
    return RedirectResponse(f"/a/rules?canteen={place.canteen.id}", 303)


@router.post("/settings")
async def set_settings(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[SettingsFields, Form()]
) -> Response:
    """Set what the canteen decided about its menu and its diners."""
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form("settings", fields.typed)
    values = {
        "is_menu_public": fields.is_menu_public == "yes",
        "no_show_grace": whole_number(fields.no_show_grace),
        "remind_minutes": whole_number(fields.remind_minutes),
    }
    route = ("menu", "PUT", f"/canteens/{place.canteen.id}/settings")
    done = await sent(request, form, route, CanteenSettings, values)
    if isinstance(done, forms.Form):
        return await _page(request, place, settings=done)
    return RedirectResponse(f"/a/rules?canteen={place.canteen.id}", 303)


def _rows(fields: RulesFields) -> list[dict[str, str]]:
    """Return the rows with seats: the others are no rules."""
    columns = [getattr(fields, name) for name in ("meal", *_COLUMNS)]
    rows = [dict(zip(("meal", *_COLUMNS), row, strict=True)) for row in zip(*columns, strict=False)]
    return [row for row in rows if row["capacity"].strip()]


async def _page(
    request: Request,
    place: Place,
    rules: forms.Form | None = None,
    settings: forms.Form | None = None,
) -> HTMLResponse:
    path = f"/canteens/{place.canteen.id}"
    status = 200 if rules is settings is None else 422
    kept = await fetch(request, "menu", f"{path}/settings", CanteenSettings)
    if rules is None:
        rules = _typed(await fetch(request, "menu", f"{path}/meal-rules", MealRules))
    return render(
        request,
        "desk/rules.html",
        status,
        place=place,
        rules=rules,
        rows=[(meal, _number(rules, meal)) for meal in Meal],
        settings=settings or _typed_settings(kept),
        modes=list(ServiceMode),
        page="rules",
    )


def _number(form: forms.Form, meal: Meal) -> int:
    """Return the number of a meal's rule on the form; one that is not there if it has none."""
    numbers = range(len(Meal))
    return next((n for n in numbers if form.typed.get(f"rules.{n}.meal") == meal.value), len(Meal))


def _typed(kept: MealRules) -> forms.Form:
    return forms.Form(
        "rules",
        {
            f"rules.{number}.{name}": str(value)
            for number, rule in enumerate(kept.rules)
            for name, value in rule.model_dump(mode="json").items()
        },
    )


def _typed_settings(kept: CanteenSettings) -> forms.Form:
    typed = {
        "is_menu_public": "yes" if kept.is_menu_public else "no",
        "no_show_grace": str(kept.no_show_grace),
        "remind_minutes": str(kept.remind_minutes),
    }
    return forms.Form("settings", typed)
