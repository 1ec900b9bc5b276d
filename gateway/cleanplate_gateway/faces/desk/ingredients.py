"""How a canteen buys its ingredients: packs, days, suppliers, prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, fetch, fetch_all, send
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
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.forecast_purchasing import (
    IngredientsPut,
    IngredientTerms,
    PurchasePlan,
)

router = APIRouter(prefix="/ingredients")
_AHEAD = timedelta(days=7)
_KILOGRAMS = ("pack_grams", "reorder_grams", "upto_grams")
_OPTIONAL = ("category", "supplier", "price_fen_per_kg", "level", "reorder_grams", "upto_grams")
_NEW = {"lead_days": "1", "is_bought": "yes"}


class IngredientFields(Fields):
    """The form of an ingredient; `was` is the name it had before."""

    canteen: UUID
    was: Text = ""
    ingredient: Text = ""
    category: Text = ""
    supplier: Text = ""
    pack_grams: Text = ""
    lead_days: Text = ""
    shelf_days: Text = ""
    price_fen_per_kg: Text = ""
    is_bought: Text = "yes"
    level: Text = ""
    reorder_grams: Text = ""
    upto_grams: Text = ""


@dataclass(frozen=True)
class _Said:
    """What the page says of a form that was sent; `removed` can be brought back."""

    form: forms.Form | None = None
    removed: Mapping[str, str] | None = None


@router.get("")
async def show_ingredients(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None, name: str = ""
) -> HTMLResponse:
    """Show how ingredients are bought, and the form for one of them, or for a new one."""
    return await _page(request, await place_of(request, person, now, canteen), name, _Said())


@router.post("")
async def set_ingredient(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[IngredientFields, Form()]
) -> Response:
    """Set how an ingredient is bought; the others stay as they are."""
    place = await place_of(request, person, now, fields.canteen)
    others = [one for one in await _kept(request, place) if one.ingredient != fields.was]
    form = forms.Form("ingredient", fields.typed, once=fields.once)
    values = {"items": [_values(fields), *(one.model_dump() for one in others)]}
    done = await sent(request, form, _route(place), IngredientsPut, values)
    if isinstance(done, forms.Form):
        return await _page(request, place, fields.was, _Said(form=done))
    return RedirectResponse(f"/a/ingredients?canteen={place.canteen.id}", 303)


@router.post("/remove")
async def remove_ingredient(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[IngredientFields, Form()]
) -> HTMLResponse:
    """Forget how an ingredient is bought; the page offers to bring it back."""
    place = await place_of(request, person, now, fields.canteen)
    kept = await _kept(request, place)
    gone = next((one for one in kept if one.ingredient == fields.was), None)
    if gone:
        others = IngredientsPut(items=[one for one in kept if one is not gone])
        await send(request, *_route(place), others)
    return await _page(request, place, "", _Said(removed=_typed(gone) if gone else None))


def _route(place: Place) -> tuple[str, str, str]:
    return "forecast", "PUT", f"/canteens/{place.canteen.id}/ingredients"


async def _kept(request: Request, place: Place) -> list[IngredientTerms]:
    path = f"/canteens/{place.canteen.id}/ingredients"
    return await fetch_all(request, "forecast", path, IngredientTerms)


def _values(fields: IngredientFields) -> dict[str, object]:
    typed = {name: text.strip() for name, text in fields.typed.items() if name != "was"}
    values: dict[str, object] = {
        **typed,
        **{name: thousandth(typed[name]) for name in _KILOGRAMS},
        "price_fen_per_kg": thousandth(typed["price_fen_per_kg"], 100),
        "lead_days": whole_number(typed["lead_days"]),
        "shelf_days": whole_number(typed["shelf_days"]),
        "is_bought": fields.is_bought == "yes",
        "level": _level(typed["level"]),
    }
    return values | {name: None for name in _OPTIONAL if not typed[name]}


def _level(percent: str) -> float | str:
    whole = whole_number(percent.removesuffix("%").strip())
    return whole / 100 if isinstance(whole, int) else percent


def _typed(kept: IngredientTerms) -> dict[str, str]:
    return {
        "was": kept.ingredient,
        "ingredient": kept.ingredient,
        "category": kept.category or "",
        "supplier": kept.supplier or "",
        "lead_days": str(kept.lead_days),
        "shelf_days": str(kept.shelf_days),
        "price_fen_per_kg": decimal(kept.price_fen_per_kg, 100),
        "is_bought": "yes" if kept.is_bought else "no",
        "level": "" if kept.level is None else f"{kept.level * 100:.0f}",
        **{name: decimal(getattr(kept, name)) for name in _KILOGRAMS},
    }


async def _page(request: Request, place: Place, name: str, said: _Said) -> HTMLResponse:
    kept = await _kept(request, place)
    chosen = next((one for one in kept if one.ingredient == name), None)
    typed = _typed(chosen) if chosen else {**_NEW, "ingredient": name}
    return render(
        request,
        "desk/ingredients.html",
        422 if said.form else 200,
        place=place,
        kept=kept,
        chosen=chosen,
        form=said.form or forms.Form("ingredient", typed),
        removed=said.removed,
        unknown=await _unknown(request, place, kept),
        categories=sorted({one.category for one in kept if one.category}),
        suppliers=sorted({one.supplier for one in kept if one.supplier}),
        page="ingredients",
    )


async def _unknown(
    request: Request, place: Place, kept: Sequence[IngredientTerms]
) -> Sequence[str]:
    """Return what the coming week needs and nobody has said how to buy."""
    try:
        plan = await fetch(
            request,
            "forecast",
            "/purchase-plan",
            PurchasePlan,
            canteen_id=place.canteen.id,
            date_from=place.today,
            date_to=place.today + _AHEAD,
        )
    except Refused:
        return []
    known = {one.ingredient for one in kept}
    return [row.ingredient for row in plan.items if row.ingredient not in known]
