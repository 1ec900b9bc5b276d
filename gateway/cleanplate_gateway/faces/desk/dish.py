"""One dish: what it is, its photo, and its standard recipe card in all versions."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from cleanplate_gateway.faces.client import Refused, call, fetch, fetch_all
from cleanplate_gateway.faces.desk import forms, recipe_form
from cleanplate_gateway.faces.desk.dishes import PARTS, parts_of
from cleanplate_gateway.faces.desk.forms import Fields, Text, sent, whole_number
from cleanplate_gateway.faces.desk.recipe_form import RecipeFields
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu import Allergen, Dish, DishKind
from cleanplate_shared.contracts.menu_recipes import DishChange, Recipe, RecipeCreate
from cleanplate_shared.i18n import msg

router = APIRouter(prefix="/dishes/{dish_id}")
_NO_FILE = msg("Choose a photo first.")


class DishFacts(Fields):
    """The form that changes a dish."""

    name: Text = ""
    kind: Text = ""
    portion_grams: Text = ""
    half_grams: Text = ""
    small_grams: Text = ""
    allergens: Annotated[list[Text], Field(max_length=40)] = []


@dataclass(frozen=True)
class _Said:
    """What the page says beside the dish: forms that were refused, a photo that was."""

    facts: forms.Form | None = None
    recipe: forms.Form | None = None
    photo: str | None = None


@router.get("")
async def show_dish(
    request: Request, person: PersonDep, now: NowDep, dish_id: UUID
) -> HTMLResponse:
    """Show a dish with its recipe card."""
    return await _page(request, person, now, dish_id, _Said())


@router.post("")
async def change_dish(
    request: Request,
    person: PersonDep,
    now: NowDep,
    dish_id: UUID,
    fields: Annotated[DishFacts, Form()],
) -> Response:
    """Change what a dish is."""
    ticked = frozenset(fields.allergens)
    form = forms.Form("facts", fields.typed, once=fields.once, ticked=ticked)
    values = {
        **fields.typed,
        "portion_grams": whole_number(fields.portion_grams),
        "allergens": sorted(ticked),
        **parts_of(fields.half_grams, fields.small_grams),
    }
    route = ("menu", "PATCH", f"/dishes/{dish_id}")
    done = await sent(request, form, route, DishChange, values)
    if isinstance(done, forms.Form):
        return await _page(request, person, now, dish_id, _Said(facts=done))
    return _back(dish_id)


@router.post("/recipes")
async def add_recipe(
    request: Request,
    person: PersonDep,
    now: NowDep,
    dish_id: UUID,
    fields: Annotated[RecipeFields, Form()],
) -> Response:
    """Write the next version of the recipe card."""
    form = forms.Form("recipe", recipe_form.typed(fields), once=fields.once)
    route = ("menu", "POST", f"/dishes/{dish_id}/recipes")
    done = await sent(request, form, route, RecipeCreate, recipe_form.values(fields))
    if isinstance(done, forms.Form):
        return await _page(request, person, now, dish_id, _Said(recipe=done))
    return _back(dish_id, "#recipe")


@router.post("/photo")
async def set_photo(
    request: Request,
    person: PersonDep,
    now: NowDep,
    dish_id: UUID,
    file: Annotated[UploadFile, File()],
) -> Response:
    """Give the dish a photo, instead of any it has."""
    if not file.size:
        said = _Said(photo=_NO_FILE.in_(locale_of(request)))
        return await _page(request, person, now, dish_id, said)
    content = (file.filename or "photo", file.file)
    try:
        await call(request, "menu", "PUT", f"/dishes/{dish_id}/photo", files={"file": content})
    except Refused as refusal:
        return await _page(request, person, now, dish_id, _Said(photo=refusal.words))
    return _back(dish_id)


@router.post("/photo/remove")
async def remove_photo(request: Request, _: PersonDep, dish_id: UUID) -> Response:
    """Take the dish's photo away."""
    await call(request, "menu", "DELETE", f"/dishes/{dish_id}/photo")
    return _back(dish_id)


@router.get("/photo")
async def show_photo(
    request: Request,
    _: PersonDep,
    dish_id: UUID,
    version: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Show the dish's photo."""
    return await photo_of(request, dish_id, version)


async def photo_of(request: Request, dish_id: UUID, version: str) -> Response:
    """Return a dish's photo as the menu service gives it to the signed-in person."""
    asked = {"If-None-Match": tag} if (tag := request.headers.get("if-none-match")) else {}
    seen = await call(
        request,
        "menu",
        "GET",
        f"/dishes/{dish_id}/photo",
        params={"version": version} if version else {},
        headers=asked,
    )
    kept = ("content-type", "etag", "cache-control")
    headers = {name: seen.headers[name] for name in kept if name in seen.headers}
    return Response(seen.content, seen.status_code, headers)


def _back(dish_id: UUID, place: str = "") -> Response:
    return RedirectResponse(f"/a/dishes/{dish_id}{place}", 303)


async def _page(
    request: Request, person: PersonDep, now: NowDep, dish_id: UUID, said: _Said
) -> HTMLResponse:
    dish = await fetch(request, "menu", f"/dishes/{dish_id}", Dish)
    place = await place_of(request, person, now, dish.canteen_id)
    versions = await fetch_all(request, "menu", f"/dishes/{dish_id}/recipes", Recipe)
    recipe = said.recipe or recipe_form.blank(versions[0] if versions else None, place.today)
    return render(
        request,
        "desk/dish.html",
        422 if said != _Said() else 200,
        place=place,
        dish=dish,
        versions=versions,
        now_valid=_valid_on(versions, place),
        sizes=_sizes(dish),
        facts=said.facts or _facts(dish),
        recipe=recipe,
        rows=recipe_form.row_count(recipe),
        photo_refused=said.photo,
        kinds=list(DishKind),
        allergens=list(Allergen),
        page="dishes",
    )


def _valid_on(versions: list[Recipe], place: Place) -> Recipe | None:
    """Return the version by which the dish is cooked today."""
    return next((recipe for recipe in versions if recipe.valid_from <= place.today), None)


def _sizes(dish: Dish) -> list[tuple[Portion, int, bool]]:
    """Return the sizes with their grams, and whether these were given."""
    grams = (dish.portion_grams, dish.half_grams, dish.small_grams)
    return [
        (size, each, size is Portion.FULL or size in dish.given_sizes)
        for size, each in zip(Portion, grams, strict=True)
    ]


def _facts(dish: Dish) -> forms.Form:
    parts = [str(grams) if is_given else "" for _, grams, is_given in _sizes(dish)[1:]]
    typed = {
        "name": dish.name,
        "kind": dish.kind.value,
        "portion_grams": str(dish.portion_grams),
        **dict(zip(PARTS, parts, strict=True)),
    }
    return forms.Form("facts", typed, ticked=frozenset(one.value for one in dish.allergens))
