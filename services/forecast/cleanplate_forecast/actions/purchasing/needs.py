"""What a canteen's meals need of each ingredient, day by day, all dishes drawn together."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
from sqlmodel import Session, col, select

from cleanplate_forecast.actions import forecasts
from cleanplate_forecast.actions.production.decided import newest_overrides
from cleanplate_forecast.actions.production.demand import (
    NOBODY,
    DishDemand,
    draw_meal,
    quantiles_of,
)
from cleanplate_forecast.actions.production.past import read_past
from cleanplate_forecast.domain.diners import DRAWS, Floats
from cleanplate_forecast.models import DishRow, OverrideRow, SessionMenuRow, SessionRow
from cleanplate_shared.contracts.menu_recipes import RecipeFacts

_FAR_OFF = 0.2  # a card whose served mass is so far from the portion is worth a look


@dataclass
class Needs:
    """What meals need.

    Attributes:
        by_ingredient: grams as bought, by name and day, shape (draws,) each.
        meals: planned.
        without_recipe: names of dishes that have none on their day.
        without_forecast: meals that nothing is known about.
        cards_to_check: names of dishes whose card does not come to a portion.
    """

    by_ingredient: dict[str, dict[date, Floats]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: np.zeros(DRAWS)))
    )
    meals: int = 0
    without_recipe: set[str] = field(default_factory=set)
    without_forecast: int = 0
    cards_to_check: set[str] = field(default_factory=set)

    def add(self, day: date, demand: DishDemand) -> None:
        """Add what a dish needs on a day, by the recipe that is valid then."""
        recipe = recipe_of(demand.dish, day)
        if recipe is None:
            self.without_recipe.add(demand.dish.name)
            return
        if _is_far_off(demand.dish, recipe):
            self.cards_to_check.add(demand.dish.name)
        whole = demand.draws * (demand.grams_per_portion / max(demand.dish.portion_grams, 1))
        for part in recipe.ingredients:
            gross_grams = part.net_milligrams / part.net_yield_permille
            self.by_ingredient[part.name][day] += whole * gross_grams


def recipe_of(dish: DishRow, day: date) -> RecipeFacts | None:
    """Return the recipe that is valid on a day: the highest number of those valid from then."""
    known = [RecipeFacts.model_validate(recipe) for recipe in dish.recipes]
    valid = [recipe for recipe in known if recipe.valid_from <= day]
    return max(valid, key=lambda recipe: recipe.number, default=None)


def read_needs(
    session: Session, canteen_id: UUID, days: tuple[date, date], today: date, at: datetime
) -> Needs:
    """Return what the meals of a canteen need from one day to another.

    What a cook decided counts as decided; meals of today that were served already count no more.

    Args:
        session: a session on the service's database.
        canteen_id: whose.
        days: the first and the last.
        today: where the canteen is.
        at: now.
    """
    rows = session.exec(
        select(SessionRow, SessionMenuRow)
        .join(SessionMenuRow, col(SessionMenuRow.session_id) == SessionRow.id)
        .where(SessionRow.canteen_id == canteen_id, col(SessionRow.date).between(*days))
        .order_by(col(SessionRow.date), col(SessionRow.id))
    ).all()
    rows = [(meal, menu) for meal, menu in rows if meal.date != today or not meal.served]
    meals = [meal for meal, menu in rows if menu.dishes]
    known = forecasts.forecast_many(session, meals, at)
    decided = newest_overrides(session, [meal.id for meal in meals])
    pasts = {
        meal: read_past(session, canteen_id, meal, min(today, days[0] - timedelta(1)))
        for meal in sorted({meal.meal for meal in meals})
    }
    needs = Needs()
    for meal, menu in rows:
        if not menu.dishes:
            continue
        needs.meals += 1
        forecast = known.get(meal.id)
        drawn = draw_meal(menu, quantiles_of(forecast) if forecast else NOBODY, pasts[meal.meal])
        made = [decided.get((meal.id, demand.dish.id)) for demand in drawn]
        needs.without_forecast += forecast is None and not all(made)
        for demand, override in zip(drawn, made, strict=True):
            needs.add(meal.date, _as_decided(demand, override))
    return needs


def _as_decided(demand: DishDemand, override: OverrideRow | None) -> DishDemand:
    """Return the demand; what the cook decided to cook, where there is such a decision."""
    if override is None or override.portions is None:
        return demand
    return replace(demand, draws=np.full(DRAWS, float(override.portions)))


def _is_far_off(dish: DishRow, recipe: RecipeFacts) -> bool:
    net = sum(part.net_milligrams for part in recipe.ingredients)
    served = net * recipe.cooking_yield_permille / 1_000_000
    return abs(served - dish.portion_grams) > _FAR_OFF * dish.portion_grams
