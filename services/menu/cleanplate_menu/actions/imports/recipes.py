"""Recipe cards from a table: one row per ingredient of a dish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.imports.places import chunks
from cleanplate_menu.actions.library.recipes import (
    Draft,
    as_recipes,
    newest_recipes,
    today_at,
    write_recipes,
)
from cleanplate_menu.models import DishRow
from cleanplate_shared.contracts.menu_recipes import (
    IngredientCreate,
    Nutrition,
    Recipe,
    RecipeCreate,
    RecipeSheetRow,
)
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.importing import Canteens, Changes
from cleanplate_shared.tabular import Findings, Line

_MOST_INGREDIENTS = 60
_SAID_ONCE = (
    "cooking_yield",
    "energy_kj",
    "protein_grams",
    "fat_grams",
    "carbohydrate_grams",
    "sodium_mg",
    "method",
)


@dataclass
class _Card:
    """A recipe as its rows say it.

    Attributes:
        said: what is said of the dish; what no row says stays as it is.
    """

    ingredients: dict[str, IngredientCreate] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    rows: int = 0


_Dish = tuple[UUID, str]  # canteen, name


def import_recipes(
    session: Session, caller: Identity, lines: Sequence[Line[RecipeSheetRow]], findings: Findings
) -> Changes:
    """Write a new version, valid from today, of each recipe that the file changes.

    Raises:
        RowsRefused: a canteen is not the caller's, a dish is not in its library, an ingredient
            comes twice, rows of a dish contradict one another.
    """
    canteens = Canteens(session, caller, findings)
    cards: dict[_Dish, _Card] = {}
    first_lines: dict[_Dish, int] = {}
    for line in lines:
        if canteen := canteens.find(line.number, line.row.canteen):
            place = (canteen.id, line.row.dish)
            first_lines.setdefault(place, line.number)
            _read(cards.setdefault(place, _Card()), line, findings)
    dishes = _dishes(session, cards)
    for place in cards.keys() - dishes.keys():
        said = msg("{dish} is not in the canteen's library; add it first.", dish=place[1])
        findings.add(first_lines[place], "dish", place[1], "unknown_dish", said)
    findings.check()
    return _write(session, caller, cards, dishes)


def _read(card: _Card, line: Line[RecipeSheetRow], findings: Findings) -> None:
    row, card.rows = line.row, card.rows + 1
    if row.ingredient in card.ingredients:
        said = msg("This ingredient comes twice.")
        findings.add(line.number, "ingredient", row.ingredient, "duplicate", said)
    elif len(card.ingredients) == _MOST_INGREDIENTS:
        said = msg("A recipe has at most {count} ingredients.", count=_MOST_INGREDIENTS)
        findings.add(line.number, "ingredient", row.ingredient, "too_many", said)
    card.ingredients[row.ingredient] = IngredientCreate(
        name=row.ingredient,
        net_milligrams=_thousandfold(row.net_grams),
        net_yield_permille=int(row.net_yield * 10),
    )
    for column in _SAID_ONCE:
        value = getattr(row, column)
        if value in (None, ""):
            continue
        if card.said.setdefault(column, value) != value:
            said = msg("Another row of this dish says something else.")
            findings.add(line.number, column, value, "contradiction", said)


def _dishes(session: Session, cards: Mapping[_Dish, _Card]) -> dict[_Dish, UUID]:
    """Return the dishes that there are, locked until the commit."""
    canteens = {canteen_id for canteen_id, _ in cards}
    found = (
        select(DishRow)
        .where(col(DishRow.canteen_id).in_(canteens))
        .order_by(col(DishRow.id))
        .with_for_update()
    )
    rows = {(row.canteen_id, row.name): row.id for row in session.exec(found)}
    return {place: rows[place] for place in cards if place in rows}


def _write(
    session: Session, caller: Identity, cards: Mapping[_Dish, _Card], dishes: Mapping[_Dish, UUID]
) -> Changes:
    changes, drafts = Changes(), []
    newest = _newest(session, list(dishes.values()))
    today: dict[UUID, date] = {canteen_id: today_at(session, canteen_id) for canteen_id, _ in cards}
    for place, card in cards.items():
        dish_id = dishes[place]
        before = newest.get(dish_id)
        wanted = _wanted(card, before)
        if before is None:
            changes.created += card.rows
        elif _as_written(before) == wanted:
            changes.unchanged += card.rows
            continue
        else:
            changes.updated += card.rows
        number = before.number + 1 if before else 1
        drafts.append(Draft(dish_id, wanted, number, today[place[0]]))
    write_recipes(session, caller, drafts)
    return changes


def _newest(session: Session, dish_ids: Sequence[UUID]) -> dict[UUID, Recipe]:
    recipes: dict[UUID, Recipe] = {}
    for some in chunks(dish_ids):
        rows = list(newest_recipes(session, some).values())
        recipes |= {recipe.dish_id: recipe for recipe in as_recipes(session, rows)}
    return recipes


def _wanted(card: _Card, before: Recipe | None) -> RecipeCreate:
    said, kept = card.said, before.nutrition.model_dump() if before else {}
    if "energy_kj" in said:
        kept["energy_kj"] = said["energy_kj"]
    if "sodium_mg" in said:
        kept["sodium_mg"] = said["sodium_mg"]
    for nutrient in ("protein", "fat", "carbohydrate"):
        if (grams := said.get(f"{nutrient}_grams")) is not None:
            kept[f"{nutrient}_mg"] = _thousandfold(grams)
    cooking_yield = said.get("cooking_yield")
    usual = before.cooking_yield_permille if before else 1000
    return RecipeCreate(
        cooking_yield_permille=usual if cooking_yield is None else int(cooking_yield * 10),
        ingredients=list(card.ingredients.values()),
        method=said.get("method", before.method if before else ""),
        nutrition=Nutrition.model_validate(kept),
    )


def _as_written(recipe: Recipe) -> RecipeCreate:
    """Return what a version was written from, for comparison."""
    return RecipeCreate(
        cooking_yield_permille=recipe.cooking_yield_permille,
        ingredients=[
            IngredientCreate.model_validate(part.model_dump(exclude={"gross_milligrams"}))
            for part in recipe.ingredients
        ],
        method=recipe.method,
        nutrition=recipe.nutrition,
    )


def _thousandfold(grams: Decimal) -> int:
    return int(grams * 1000)
