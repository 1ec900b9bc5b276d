"""A canteen's library of dishes with a search, and a form to add one."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from cleanplate_gateway.faces.client import Refused, fetch_all
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, created, whole_number
from cleanplate_gateway.faces.formats import label
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.menu import Allergen, Dish, DishCreate, DishKind
from cleanplate_shared.i18n import Locale

router = APIRouter()
PARTS = ("half_grams", "small_grams")


class DishFields(Fields):
    """The form that adds a dish."""

    canteen: UUID
    name: Text = ""
    kind: Text = ""
    portion_grams: Text = ""
    half_grams: Text = ""
    small_grams: Text = ""
    allergens: Annotated[list[Text], Field(max_length=40)] = []


@router.get("/dishes")
async def show_dishes(
    request: Request,
    person: PersonDep,
    now: NowDep,
    canteen: UUID | None = None,
    q: Annotated[str, Query(max_length=120)] = "",
) -> HTMLResponse:
    """Show a canteen's dishes by name, or those that a search finds."""
    place = await place_of(request, person, now, canteen)
    return await _page(request, place, forms.Form("dish"), search=q.strip())


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
        **parts_of(fields.half_grams, fields.small_grams),
    }
    done = await created(request, form, "menu", "/dishes", DishCreate, values)
    if isinstance(done, forms.Form):
        return await _page(request, place, done, 422)
    return RedirectResponse(f"/a/dishes?canteen={place.canteen.id}", 303)


def parts_of(half: str, small: str) -> dict[str, int | str | None]:
    """Return the grams of a half and a small portion; none for an empty field."""
    return {
        name: whole_number(text) if text.strip() else None
        for name, text in zip(PARTS, (half, small), strict=True)
    }


def found_among(dishes: Sequence[Dish], search: str, locale: Locale) -> list[Dish]:
    """Return the dishes whose name or kind has all words of a search in it."""
    words = search.casefold().split()
    return [
        dish
        for dish in dishes
        if all(word in f"{dish.name} {label(dish.kind, locale)}".casefold() for word in words)
    ]


async def _page(
    request: Request, place: Place, form: forms.Form, status: int = 200, *, search: str = ""
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
        dishes=found_among(dishes, search, locale_of(request)),
        is_empty=not dishes,
        search=search,
        missing=missing,
        kinds=list(DishKind),
        allergens=list(Allergen),
        form=form,
        page="dishes",
    )
