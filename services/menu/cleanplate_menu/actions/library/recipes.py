"""Standard recipe cards (标准菜卡): written in versions, read by the day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from cleanplate_menu import domain
from cleanplate_menu.actions.dishes import find_dish, lock_dish, tell_dishes_again
from cleanplate_menu.actions.sessions import find_session
from cleanplate_menu.models import DishRow, RecipeIngredientRow, RecipeRow, SessionDishRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.menu_recipes import (
    DishOfMeal,
    Ingredient,
    Nutrition,
    Recipe,
    RecipeCreate,
)
from cleanplate_shared.db import instant
from cleanplate_shared.errors import Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import READERS
from cleanplate_shared.tables import KnownCanteenRow

_MOST_SHOWN = 100


class RecipeInThePast(Unprocessable, title=msg("Past days keep their recipe")):
    """A new version is valid from today or later."""


@dataclass(frozen=True)
class Draft:
    """A version that is to be written."""

    dish_id: UUID
    wanted: RecipeCreate
    number: int
    valid_from: date


def add_recipe(session: Session, caller: Identity, dish_id: UUID, wanted: RecipeCreate) -> Recipe:
    """Write the next version of a dish's recipe card.

    Raises:
        NotFound, Forbidden: not a dish of a canteen that the caller manages.
        RecipeInThePast: it should be valid before today, where the canteen is.
    """
    dish = lock_dish(session, caller, dish_id)
    today = today_at(session, dish.canteen_id)
    if wanted.valid_from is not None and wanted.valid_from < today:
        raise RecipeInThePast(msg("Choose {day} or later.", day=today.isoformat()))
    newest = newest_recipes(session, [dish_id]).get(dish_id)
    draft = Draft(dish_id, wanted, newest.number + 1 if newest else 1, wanted.valid_from or today)
    return as_recipes(session, write_recipes(session, caller, [draft]))[0]


def list_recipes(session: Session, caller: Identity, dish_id: UUID) -> list[Recipe]:
    """Return the latest 100 versions of a dish's recipe card, the newest first."""
    find_dish(session, caller, READERS, dish_id)
    found = (
        select(RecipeRow)
        .where(RecipeRow.dish_id == dish_id)
        .order_by(col(RecipeRow.number).desc())
        .limit(_MOST_SHOWN)
    )
    return as_recipes(session, session.exec(found).all())


def list_dishes_of_meal(session: Session, caller: Identity, session_id: UUID) -> list[DishOfMeal]:
    """Return the dishes of a meal, each with the recipe that is valid on the meal's day."""
    meal = find_session(session, caller, READERS, session_id)
    found = session.exec(
        select(DishRow, SessionDishRow.choice)
        .join(SessionDishRow)
        .where(SessionDishRow.meal_session_id == meal.id)
        .order_by(col(SessionDishRow.position))
    ).all()
    rows = newest_recipes(session, [dish.id for dish, _ in found], valid_on=meal.day)
    recipes = {recipe.dish_id: recipe for recipe in as_recipes(session, list(rows.values()))}
    return [
        DishOfMeal(
            dish_id=dish.id,
            name=dish.name,
            portion_grams=dish.portion_grams,
            choice=choice,
            recipe=recipes.get(dish.id),
        )
        for dish, choice in found
    ]


def today_at(session: Session, canteen_id: UUID) -> date:
    """Return today's date where the canteen is."""
    canteen = session.get_one(KnownCanteenRow, canteen_id)
    return instant(session).astimezone(zone(canteen.time_zone)).date()


def newest_recipes(
    session: Session, dish_ids: Collection[UUID], valid_on: date | None = None
) -> dict[UUID, RecipeRow]:
    """Return the newest version by dish; with a day, of those that are valid on it."""
    wanted: list[ColumnElement[bool]] = [col(RecipeRow.dish_id).in_(dish_ids)]
    if valid_on is not None:
        wanted.append(col(RecipeRow.valid_from) <= valid_on)
    newest = (
        select(RecipeRow.dish_id, func.max(RecipeRow.number).label("number"))
        .where(*wanted)
        .group_by(col(RecipeRow.dish_id))
        .subquery()
    )
    found = select(RecipeRow).join(
        newest,
        (col(RecipeRow.dish_id) == newest.c.dish_id) & (col(RecipeRow.number) == newest.c.number),
    )
    return {row.dish_id: row for row in session.exec(found)}


def write_recipes(session: Session, caller: Identity, drafts: Sequence[Draft]) -> list[RecipeRow]:
    """Write versions; their dishes are locked."""
    at = instant(session)
    rows = [
        RecipeRow(
            dish_id=draft.dish_id,
            number=draft.number,
            valid_from=draft.valid_from,
            cooking_yield_permille=draft.wanted.cooking_yield_permille,
            method=draft.wanted.method,
            **draft.wanted.nutrition.model_dump(),
            made_by=caller.person_id,
            made_at=at,
        )
        for draft in drafts
    ]
    session.add_all(rows)
    session.flush()
    session.add_all(
        RecipeIngredientRow(recipe_id=row.id, position=position, **ingredient.model_dump())
        for row, draft in zip(rows, drafts, strict=True)
        for position, ingredient in enumerate(draft.wanted.ingredients)
    )
    session.flush()
    tell_dishes_again(session, {row.dish_id for row in rows})
    return rows


def as_recipes(session: Session, rows: Sequence[RecipeRow]) -> list[Recipe]:
    """Return stored versions as the contract says them."""
    found = (
        select(RecipeIngredientRow)
        .where(col(RecipeIngredientRow.recipe_id).in_([row.id for row in rows]))
        .order_by(col(RecipeIngredientRow.position))
    )
    ingredients: dict[UUID, list[Ingredient]] = {row.id: [] for row in rows}
    for part in session.exec(found):
        ingredients[part.recipe_id].append(
            Ingredient(
                name=part.name,
                net_milligrams=part.net_milligrams,
                net_yield_permille=part.net_yield_permille,
                gross_milligrams=domain.gross_milligrams(
                    part.net_milligrams, part.net_yield_permille
                ),
            )
        )
    return [_as_recipe(row, ingredients[row.id]) for row in rows]


def _as_recipe(row: RecipeRow, ingredients: list[Ingredient]) -> Recipe:
    nets = [ingredient.net_milligrams for ingredient in ingredients]
    return Recipe(
        id=row.id,
        dish_id=row.dish_id,
        number=row.number,
        valid_from=row.valid_from,
        cooking_yield_permille=row.cooking_yield_permille,
        ingredients=ingredients,
        net_milligrams=sum(nets),
        served_milligrams=domain.served_milligrams(nets, row.cooking_yield_permille),
        method=row.method,
        nutrition=Nutrition(
            energy_kj=row.energy_kj,
            protein_mg=row.protein_mg,
            fat_mg=row.fat_mg,
            carbohydrate_mg=row.carbohydrate_mg,
            sodium_mg=row.sodium_mg,
        ),
        made_at=row.made_at,
    )
