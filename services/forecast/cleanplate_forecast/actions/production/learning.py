"""Dishes and menus as the menu service tells them."""

from sqlmodel import Session

from cleanplate_forecast.models import DISHES, SESSION_MENUS
from cleanplate_shared.contracts.menu import MealSessionsChanged, SessionFacts
from cleanplate_shared.contracts.menu_recipes import DishesChanged
from cleanplate_shared.newest import keep_newest

_OF_DISH = {
    "canteen_id",
    "name",
    "kind",
    "portion_grams",
    "half_grams",
    "small_grams",
    "stars",
    "recipes",
    "version",
}


def learn_menus(session: Session, event: MealSessionsChanged) -> None:
    """Remember what meals offer and who takes it; what is not newer is ignored."""
    rows = [
        {
            "session_id": facts.meal_session_id,
            "canteen_id": facts.canteen_id,
            "date": facts.date,
            "meal": facts.meal.value,
            "portions": {size.value: heads for size, heads in facts.portions.items()},
            "rice": {rice.value: heads for rice, heads in facts.rice.items()},
            "dishes": [dish.model_dump(mode="json") for dish in facts.menu],
            "service_minutes": _minutes(facts),
            "version": facts.version,
        }
        for facts in event.sessions
        if facts.menu is not None
    ]
    keep_newest(session, SESSION_MENUS, rows)


def _minutes(facts: SessionFacts) -> int | None:
    """Return how long a meal is served; None if not known."""
    if facts.serves_from is None or facts.serves_until is None:
        return None
    return max(round((facts.serves_until - facts.serves_from).total_seconds() / 60), 1)


def learn_dishes(session: Session, event: DishesChanged) -> None:
    """Remember dishes as last described; what is not newer is ignored."""
    rows = [
        {"id": facts.dish_id, **facts.model_dump(include=_OF_DISH - {"recipes"}, mode="python")}
        | {
            "kind": facts.kind.value,
            "recipes": [recipe.model_dump(mode="json") for recipe in facts.recipes],
        }
        for facts in event.dishes
    ]
    keep_newest(session, DISHES, rows)
