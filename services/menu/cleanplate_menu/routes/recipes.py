"""Recipe cards and photos of dishes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Query, Response, UploadFile

from cleanplate_menu.actions.library import photos, recipes
from cleanplate_menu.actions.library.pictures import (
    MEDIA_TYPE,
    MOST_BYTES,
    PictureRefused,
    PictureTooLarge,
    made_small,
)
from cleanplate_menu.actions.library.recipes import RecipeInThePast
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.menu import Dish
from cleanplate_shared.contracts.menu_recipes import DishOfMeal, Recipe, RecipeCreate
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.etag import NOT_MODIFIED, IfNoneMatch, Tagged, respond
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import AnyoneDep, ManagementDep, ReadersDep

router = APIRouter()
_KEPT_FOR_GOOD = "private, max-age=31536000, immutable"


@router.get("/dishes/{dish_id}/recipes", tags=["recipes"], responses=refusals(NotFound, Forbidden))
def list_recipes(dish_id: UUID, caller: ReadersDep, db: DatabaseDep) -> Page[Recipe]:
    """List the versions of a dish's recipe card, the newest first; at most 100."""
    with db.reading() as session:
        return Page(items=recipes.list_recipes(session, caller, dish_id), next=None)


@router.post(
    "/dishes/{dish_id}/recipes",
    status_code=201,
    tags=["recipes"],
    responses=refusals(NotFound, Forbidden, RecipeInThePast, IdempotencyKeyReused),
)
def add_recipe(
    dish_id: UUID, wanted: RecipeCreate, caller: ManagementDep, db: DatabaseDep, once: OnceDep
) -> Recipe:
    """Write the next version of a dish's recipe card; past days keep theirs."""
    with db.transaction() as session:
        return once(
            session, caller, Recipe, lambda: recipes.add_recipe(session, caller, dish_id, wanted)
        )


@router.get(
    "/meal-sessions/{meal_session_id}/recipes",
    tags=["recipes"],
    responses=refusals(NotFound, Forbidden),
)
def list_dishes_of_meal(
    meal_session_id: UUID, caller: ReadersDep, db: DatabaseDep
) -> Page[DishOfMeal]:
    """List a meal's dishes with the recipes that are valid on its day."""
    with db.reading() as session:
        found = recipes.list_dishes_of_meal(session, caller, meal_session_id)
        return Page(items=found, next=None)


@router.put(
    "/dishes/{dish_id}/photo",
    tags=["photos"],
    responses=refusals(NotFound, Forbidden, PictureTooLarge, PictureRefused),
)
def set_photo(
    dish_id: UUID,
    file: Annotated[UploadFile, File(description="JPEG, PNG or WebP, at most 5 MB")],
    caller: ManagementDep,
    db: DatabaseDep,
) -> Dish:
    """Give a dish a photo, instead of any it has; only its pixels are kept, made small."""
    picture = made_small(file.file.read(MOST_BYTES + 1))
    with db.transaction() as session:
        return photos.set_photo(session, caller, dish_id, picture)


@router.delete(
    "/dishes/{dish_id}/photo",
    status_code=204,
    tags=["photos"],
    responses=refusals(NotFound, Forbidden),
)
def remove_photo(dish_id: UUID, caller: ManagementDep, db: DatabaseDep) -> None:
    """Take a dish's photo away; a second time changes nothing."""
    with db.transaction() as session:
        photos.remove_photo(session, caller, dish_id)


@router.get(
    "/dishes/{dish_id}/photo",
    tags=["photos"],
    response_class=Response,
    responses=NOT_MODIFIED | refusals(NotFound) | {200: {"content": {MEDIA_TYPE: {}}}},
)
def show_photo(
    dish_id: UUID,
    caller: AnyoneDep,
    db: DatabaseDep,
    version: Annotated[
        str | None, Query(max_length=64, description="the digest; then it is kept for a year")
    ] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Show a dish's photo to people of its canteen."""
    with db.reading() as session:
        photo = photos.show_photo(session, caller, dish_id)
    said = Tagged(photo.content, f'"{photo.digest}"')
    if version == photo.digest:
        return respond(said, if_none_match, MEDIA_TYPE, Cache_Control=_KEPT_FOR_GOOD)
    return respond(said, if_none_match, MEDIA_TYPE)
