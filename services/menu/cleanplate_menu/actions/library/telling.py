"""Telling other services of dishes, their recipes and their stars."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from cleanplate_menu.actions.dishes import as_dish, tell_dishes_again
from cleanplate_menu.actions.library.recipes import as_recipes
from cleanplate_menu.actions.survey.marks import marks_of
from cleanplate_menu.domain.rating import KEPT
from cleanplate_menu.models import DISHES, DishRow, RatingRow, RecipeRow
from cleanplate_shared.contracts.menu_recipes import (
    DishesChanged,
    DishFacts,
    IngredientCreate,
    Recipe,
    RecipeFacts,
)
from cleanplate_shared.db import instant
from cleanplate_shared.events import publish

_MOST_AT_ONCE = 100
_MOST_LINES = 5_000  # of ingredients in one event
_UNTOLD = col(DishRow.version) > col(DishRow.told_version)
_DAY = timedelta(1)


def is_any_dish_untold(session: Session) -> bool:
    """Say whether a dish changed since it was last told of."""
    return session.exec(select(DishRow.id).where(_UNTOLD).limit(1)).first() is not None


def tell_dishes(session: Session) -> int:
    """Publish up to 100 changed dishes as they are now; return how many they were."""
    rows = session.exec(
        select(DishRow)
        .where(_UNTOLD)
        .order_by(col(DishRow.canteen_id), col(DishRow.id))
        .limit(_MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return 0
    facts = _facts(session, rows)
    for some in _in_parts(facts):
        publish(session, DishesChanged(dishes=some))
    stars = {fact.dish_id: fact.stars for fact in facts}
    for row in rows:
        row.told_stars = stars[row.id]
    session.flush()
    told = update(DISHES).where(DISHES.c.id.in_([row.id for row in rows]))
    session.connection().execute(told.values(told_version=DISHES.c.version))
    return len(rows)


def tell_new_stars(session: Session, at: datetime) -> None:
    """Count a change of each dish of a lately rated canteen whose stars are not those told."""
    today = at.date()
    lately = select(RatingRow.canteen_id).where(col(RatingRow.day) >= today - KEPT).distinct()
    canteens = session.exec(lately).all()
    marks = marks_of(session, canteens, today)
    stars = {dish_id: mark.stars for dish_id, mark in marks.items()}
    known = select(DishRow.id, DishRow.told_stars).where(col(DishRow.canteen_id).in_(canteens))
    changed = [dish for dish, told in session.exec(known) if told != stars.get(dish)]
    tell_dishes_again(session, changed)


def _facts(session: Session, rows: Sequence[DishRow]) -> list[DishFacts]:
    today = instant(session).date()
    stars = marks_of(session, {row.canteen_id for row in rows}, today)
    recipes = _standing(session, [row.id for row in rows], today - _DAY)
    told = []
    for row in rows:
        dish, mark = as_dish(row), stars.get(row.id)
        told.append(
            DishFacts(
                **dish.model_dump(include=DishFacts.model_fields.keys() - {"dish_id"}),
                dish_id=row.id,
                stars=mark.stars if mark else None,
                recipes=[_as_facts(recipe) for recipe in recipes[row.id]],
                version=row.version,
            )
        )
    return told


def _standing(session: Session, dish_ids: Sequence[UUID], since: date) -> dict[UUID, list[Recipe]]:
    """Return the versions that may still be cooked by on `since` or later, newest first."""
    found = (
        select(RecipeRow)
        .where(col(RecipeRow.dish_id).in_(dish_ids))
        .order_by(col(RecipeRow.number).desc())
    )
    standing: dict[UUID, list[RecipeRow]] = {dish_id: [] for dish_id in dish_ids}
    for row in session.exec(found):
        newer = standing[row.dish_id]
        if not newer or since < newer[-1].valid_from > row.valid_from:
            newer.append(row)
    wanted = [row for rows in standing.values() for row in rows]
    recipes: dict[UUID, list[Recipe]] = {dish_id: [] for dish_id in dish_ids}
    for recipe in as_recipes(session, wanted):
        recipes[recipe.dish_id].append(recipe)
    return recipes


def _as_facts(recipe: Recipe) -> RecipeFacts:
    return RecipeFacts(
        number=recipe.number,
        valid_from=recipe.valid_from,
        cooking_yield_permille=recipe.cooking_yield_permille,
        ingredients=[
            IngredientCreate(**part.model_dump(exclude={"gross_milligrams"}))
            for part in recipe.ingredients
        ],
    )


def _in_parts(facts: Sequence[DishFacts]) -> Iterator[list[DishFacts]]:
    """Yield the dishes so that no event says more than it should."""
    part: list[DishFacts] = []
    lines = 0
    for fact in facts:
        its = sum(len(recipe.ingredients) for recipe in fact.recipes)
        if part and lines + its > _MOST_LINES:
            yield part
            part, lines = [], 0
        part.append(fact)
        lines += its
    yield part
