"""How a canteen buys its ingredients: packs, days, suppliers, prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, fetch
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import sent
from cleanplate_gateway.faces.desk.ingredient_form import (
    IngredientFields,
    Kept,
    clash,
    read_kept,
    seen_of,
    typed_of,
    unless_overtaken,
    values_of,
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
_NEW = {"lead_days": "1", "is_bought": "yes"}


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
    """Set how an ingredient is bought; the others stay as they are.

    Who saves one that somebody else has changed since then is shown what it says now.
    """
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form("ingredient", fields.typed, once=fields.once)

    async def save(kept: Kept) -> Response | forms.Form:
        if seen_of(kept.named(fields.was)) != fields.seen:
            return clash(request, form, kept.named(fields.was))
        values = {"items": [values_of(fields), *(one.model_dump() for one in kept.but(fields.was))]}
        done = await sent(request, form, _route(place), IngredientsPut, values, kept.tag)
        if isinstance(done, forms.Form):
            return done
        return RedirectResponse(f"/a/ingredients?canteen={place.canteen.id}", 303)

    done = await unless_overtaken(request, place, save)
    if isinstance(done, forms.Form):
        return await _page(request, place, fields.was, _Said(form=done))
    return done


@router.post("/remove")
async def remove_ingredient(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[IngredientFields, Form()]
) -> HTMLResponse:
    """Forget how an ingredient is bought; the page offers to bring it back."""
    place = await place_of(request, person, now, fields.canteen)

    async def remove(kept: Kept) -> IngredientTerms | None:
        gone = kept.named(fields.was)
        if gone:
            values = {"items": [one.model_dump() for one in kept.but(fields.was)]}
            form = forms.Form("ingredient")
            await sent(request, form, _route(place), IngredientsPut, values, kept.tag)
        return gone

    gone = await unless_overtaken(request, place, remove)
    return await _page(request, place, "", _Said(removed=typed_of(gone) if gone else None))


def _route(place: Place) -> tuple[str, str, str]:
    return "forecast", "PUT", f"/canteens/{place.canteen.id}/ingredients"


async def _page(request: Request, place: Place, name: str, said: _Said) -> HTMLResponse:
    there = await read_kept(request, place)
    kept, chosen = there.items, there.named(name)
    typed = typed_of(chosen) if chosen else {**_NEW, "ingredient": name}
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
