"""A canteen's library of dishes, and a form to add one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from cleanplate_gateway.faces.client import Refused, fetch_all
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, created, whole_number
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.menu import Allergen, Dish, DishCreate, DishKind

router = APIRouter()


class DishFields(Fields):
    """The form that adds a dish."""

    canteen: UUID
    name: Text = ""
    kind: Text = ""
    portion_grams: Text = ""
    allergens: Annotated[list[Text], Field(max_length=40)] = []


@router.get("/dishes")
async def show_dishes(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show a canteen's dishes by name."""
    place = await place_of(request, person, now, canteen)
    return await _page(request, place, forms.Form("dish"))


@router.post("/dishes")
async def add_dish(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[DishFields, Form()]
) -> Response:
    """Put a dish into a canteen's library."""
    place = await place_of(request, person, now, fields.canteen)
    ticked = frozenset(fields.allergens)
    form = forms.Form("dish", fields.typed, once=fields.once, ticked=ticked)
    values = {
        **fields.typed,
        "canteen_id": place.canteen.id,
        "portion_grams": whole_number(fields.portion_grams),
        "allergens": sorted(ticked),
    }
    done = await created(request, form, "menu", "/dishes", DishCreate, values)
    if isinstance(done, forms.Form):
        return await _page(request, place, done, 422)
    return RedirectResponse(f"/a/dishes?canteen={place.canteen.id}", 303)


async def _page(
    request: Request, place: Place, form: forms.Form, status: int = 200
) -> HTMLResponse:
    dishes: list[Dish] = []
    missing = None
    try:
        dishes = await fetch_all(request, "menu", "/dishes", Dish, canteen_id=place.canteen.id)
    except Refused as refusal:
        missing = refusal.words
    return render(
        request,
        "desk/dishes.html",
        status,
        place=place,
        dishes=dishes,
        missing=missing,
        kinds=list(DishKind),
        allergens=list(Allergen),
        form=form,
        page="dishes",
    )
