"""What a portion too few or too many costs, and how dishes are cooked: by kind and by dish."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from cleanplate_gateway.faces.client import fetch, fetch_all
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import (
    Fields,
    Text,
    decimal,
    sent,
    thousandth,
    whole_number,
)
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.forecast_production import (
    QuantityRule,
    QuantityRules,
    QuantityRulesPut,
)
from cleanplate_shared.contracts.menu import Dish, DishKind
from cleanplate_shared.i18n import msg

router = APIRouter(prefix="/quantities")
_YUAN = ("shortage_fen", "surplus_fen", "refill_fen")
COLUMNS = (*_YUAN, "pot_portions", "refill_portions", "refill_minutes")
_MOST = 500 + len(DishKind) + 1
_NAMELESS = ""  # the row for one more dish, while none is chosen
_WHICH_DISH = msg(
    "“One more dish” has figures, but no dish. Choose the dish, or empty the fields of this row."
)
Column = Annotated[list[Text], Field(max_length=_MOST)]


class QuantityFields(Fields):
    """The form of the rules; one entry of each column is a kind or a dish. Empty: as usual."""

    canteen: UUID
    subject: Column = []
    shortage_fen: Column = []
    surplus_fen: Column = []
    refill_fen: Column = []
    pot_portions: Column = []
    refill_portions: Column = []
    refill_minutes: Column = []


@router.get("")
async def show_rules(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show what a canteen decided about its quantities, and what is usual."""
    return await _page(request, await place_of(request, person, now, canteen))


@router.post("")
async def set_rules(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[QuantityFields, Form()]
) -> Response:
    """Set what a canteen decided about its quantities."""
    place = await place_of(request, person, now, fields.canteen)
    rows = dict(_rows(fields))
    typed = {f"{row}.{name}": text for row, cells in rows.items() for name, text in cells.items()}
    form = forms.Form("quantities", typed)
    if rows.pop(_NAMELESS, None):
        said = _WHICH_DISH.in_(locale_of(request))
        return await _page(request, place, replace(form, wrong={f"{_NAMELESS}.subject": said}))
    values: dict[str, dict[str, object]] = {"kinds": {}, "dishes": {}}
    for row, cells in rows.items():
        group, subject = row.split(".")
        if filled := _said(cells):
            values[group][subject] = filled
    route = ("forecast", "PUT", f"/canteens/{place.canteen.id}/quantity-rules")
    done = await sent(request, form, route, QuantityRulesPut, values)
    if isinstance(done, forms.Form):
        return await _page(request, place, done)
    return RedirectResponse(f"/a/quantities?canteen={place.canteen.id}&said=saved", 303)


def _rows(fields: QuantityFields) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the rows under `kinds.<kind>` or `dishes.<id>`; an empty one of no dish is left out."""
    kinds = {kind.value for kind in DishKind}
    columns = [getattr(fields, name) for name in COLUMNS]
    for subject, *cells in zip(fields.subject, *columns, strict=False):
        if subject:
            group = "kinds" if subject in kinds else "dishes"
            yield f"{group}.{subject.replace('.', '')}", dict(zip(COLUMNS, cells, strict=True))
        elif any(cell.strip() for cell in cells):
            yield _NAMELESS, dict(zip(COLUMNS, cells, strict=True))


def _said(cells: Mapping[str, str]) -> dict[str, object]:
    filled = {name: text.strip() for name, text in cells.items() if text.strip()}
    return {
        name: thousandth(text, 100) if name in _YUAN else whole_number(text)
        for name, text in filled.items()
    }


async def _page(request: Request, place: Place, form: forms.Form | None = None) -> HTMLResponse:
    path = f"/canteens/{place.canteen.id}/quantity-rules"
    rules = await fetch(request, "forecast", path, QuantityRules)
    dishes = await fetch_all(request, "menu", "/dishes", Dish, canteen_id=place.canteen.id)
    own = {f"dishes.{dish.id}": dish for dish in dishes if _is_own(dish, rules, form)}
    return render(
        request,
        "desk/quantities.html",
        422 if form else 200,
        place=place,
        form=form or forms.Form("quantities", _typed(rules)),
        kinds=list(DishKind),
        usual={kind: _shown(rule) for kind, rule in rules.effective.items()},
        own=own,
        others=[dish for dish in dishes if f"dishes.{dish.id}" not in own],
        columns=COLUMNS,
        page="quantities",
    )


def _is_own(dish: Dish, rules: QuantityRules, form: forms.Form | None) -> bool:
    return dish.id in rules.dishes or bool(form and f"dishes.{dish.id}.{COLUMNS[0]}" in form.typed)


def _typed(rules: QuantityRules) -> dict[str, str]:
    rows: dict[str, QuantityRule] = {
        **{f"kinds.{kind.value}": rule for kind, rule in rules.kinds.items()},
        **{f"dishes.{dish}": rule for dish, rule in rules.dishes.items()},
    }
    return {
        f"{row}.{name}": text for row, rule in rows.items() for name, text in _shown(rule).items()
    }


def _shown(rule: QuantityRule) -> dict[str, str]:
    values = {name: getattr(rule, name) for name in COLUMNS}
    return {
        name: decimal(value, 100) if name in _YUAN else ("" if value is None else str(value))
        for name, value in values.items()
    }
