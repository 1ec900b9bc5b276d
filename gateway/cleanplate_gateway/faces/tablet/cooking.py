"""What to cook of each dish of a meal, as the page shows it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request

from cleanplate_gateway.faces.client import Refused, fetch
from cleanplate_gateway.faces.places import Meals, Place
from cleanplate_gateway.faces.tablet.bell import Bell, bell_of
from cleanplate_gateway.faces.tablet.meals import Answered, answered
from cleanplate_shared.contracts.forecast_production import (
    DishPlan,
    ProductionPlan,
    QuantityRules,
)
from cleanplate_shared.contracts.menu import Attendance, MealSession


@dataclass(frozen=True)
class DishLine:
    """A dish with its pots and its bell.

    Attributes:
        pot: portions of a pot; None: not known.
        bell: None: no small batch follows, or the meal is not served today.
    """

    plan: DishPlan
    pot: int | None
    bell: Bell | None

    @property
    def pots(self) -> int | None:
        """Return the pots before service, if they are whole ones of more than one portion."""
        if not self.pot or self.pot == 1 or self.plan.first_portions % self.pot:
            return None
        return self.plan.first_portions // self.pot


@dataclass(frozen=True)
class Cooking:
    """A meal with its dishes; `missing` says why there is no plan."""

    meal: MealSession
    is_today: bool
    plan: ProductionPlan | None
    lines: Sequence[DishLine]
    served: int | None
    missing: str | None

    @property
    def ringing(self) -> list[DishLine]:
        """Return the dishes of which a batch is due."""
        return [line for line in self.lines if line.bell and line.bell.rings]


async def read_cooking(request: Request, place: Place, meal: MealSession) -> Cooking:
    """Ask forecast and menu, all at once; what does not answer is said, the rest stands."""
    is_today = meal.date == place.today
    path = f"/meal-sessions/{meal.id}"
    plan, attendance, rules = await asyncio.gather(
        answered(fetch(request, "forecast", f"{path}/production-plan", ProductionPlan)),
        answered(fetch(request, "menu", f"{path}/attendance", Attendance)),
        answered(
            fetch(
                request, "forecast", f"/canteens/{place.canteen.id}/quantity-rules", QuantityRules
            )
        ),
    )
    served = attendance.value.served if is_today and attendance.value else None
    return Cooking(
        meal=meal,
        is_today=is_today,
        plan=plan.value,
        lines=_lines(plan, rules, served),
        served=served,
        missing=plan.missing,
    )


def meal_shown(meals: Meals, wanted: UUID | None, current: UUID | None) -> MealSession | None:
    """Return the meal asked for, else the one being served, else the next one."""
    by_id = {meal.id: meal for meal in meals.sessions}
    return by_id.get(wanted) or by_id.get(current) or next(iter(meals.sessions), None)  # type: ignore[arg-type]


async def plan_before(request: Request, meal: UUID, dish: UUID) -> DishPlan | None:
    """Return what was decided about a dish so far, for taking a new decision back."""
    try:
        plan = await fetch(
            request, "forecast", f"/meal-sessions/{meal}/production-plan", ProductionPlan
        )
    except Refused:
        return None
    return next((one for one in plan.dishes if one.dish_id == dish), None)


def _lines(
    plan: Answered[ProductionPlan], rules: Answered[QuantityRules], served: int | None
) -> list[DishLine]:
    if plan.value is None:
        return []
    diners = plan.value.diners
    return [
        DishLine(
            dish,
            _pot(dish, rules.value) if rules.value else None,
            None if served is None else bell_of(dish, diners, served),
        )
        for dish in plan.value.dishes
    ]


def _pot(dish: DishPlan, rules: QuantityRules) -> int | None:
    own = rules.dishes.get(dish.dish_id)
    if own and own.pot_portions:
        return own.pot_portions
    usual = rules.effective.get(dish.kind)
    return usual.pot_portions if usual else None
