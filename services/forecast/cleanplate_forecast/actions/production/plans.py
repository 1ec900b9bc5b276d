"""What to cook for a meal: suggested from its forecast, decided by the cook."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from cleanplate_forecast.actions import forecasts
from cleanplate_forecast.actions.production.decided import (
    as_override,
    newest_overrides,
    refilled,
)
from cleanplate_forecast.actions.production.demand import DishDemand, draw_meal, quantiles_of
from cleanplate_forecast.actions.production.past import grams_of, read_past
from cleanplate_forecast.actions.production.rules import read_rules, rule_of
from cleanplate_forecast.domain.dish_demand import split_portions
from cleanplate_forecast.domain.production import Rule, Suggestion, suggest
from cleanplate_forecast.models import (
    OverrideRow,
    ProductionPlanRow,
    QuantityRuleRow,
    SessionMenuRow,
    SessionRow,
)
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Meal, Portion
from cleanplate_shared.contracts.forecast_production import DishPlan, ProductionPlan, Refills
from cleanplate_shared.contracts.menu import DishKind
from cleanplate_shared.contracts.menu_registrations import Rice
from cleanplate_shared.i18n import Locale, Message, msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import KITCHEN
from cleanplate_shared.tables import KnownCanteenRow

_USUAL_MINUTES = 90
_DAY = timedelta(1)


@dataclass(frozen=True)
class SuggestedDish:
    """A dish with what it may ask for, its rule, and what to cook of it."""

    demand: DishDemand
    rule: Rule
    suggestion: Suggestion


@dataclass(frozen=True)
class MadePlan:
    """A plan of a meal.

    Attributes:
        forecast: of the diners.
        is_over: the meal's day is over; nothing new is kept.
    """

    meal: SessionRow
    menu: SessionMenuRow | None
    forecast: forecasts.Made
    dishes: Sequence[SuggestedDish]
    is_over: bool


def make_plan(session: Session, caller: Identity, session_id: UUID, at: datetime) -> MadePlan:
    """Return what to cook for a meal as of `at`.

    Raises:
        NotFound: no such meal session, or the caller has nothing to do with its canteen.
        NoHistory: nothing to forecast its diners from.
    """
    forecast = forecasts.make_forecast(session, caller, session_id, at)
    return plan_of(session, session.get_one(SessionRow, session_id), forecast, at)


def plan_of(session: Session, meal: SessionRow, forecast: forecasts.Made, at: datetime) -> MadePlan:
    """Return what to cook for a meal by the forecast of its diners."""
    menu = session.get(SessionMenuRow, meal.id)
    canteen = session.get_one(KnownCanteenRow, meal.canteen_id)
    today = at.astimezone(zone(canteen.time_zone)).date()
    dishes: list[SuggestedDish] = []
    if menu is not None:
        past = read_past(session, meal.canteen_id, meal.meal, min(today, meal.date - _DAY))
        rules = read_rules(session, meal.canteen_id)
        minutes = menu.service_minutes or _USUAL_MINUTES
        drawn = draw_meal(menu, quantiles_of(forecast.row), past)
        dishes = [_suggested(demand, rules, minutes) for demand in drawn]
    return MadePlan(meal, menu, forecast, dishes, is_over=meal.date < today)


def suggested_portions(
    session: Session, caller: Identity, session_id: UUID, dish_id: UUID, at: datetime
) -> int | None:
    """Return the portions of a dish that are suggested now; None without a forecast.

    Raises:
        NotFound: no such meal session, or the caller has nothing to do with its canteen.
    """
    try:
        made = make_plan(session, caller, session_id, at)
    except forecasts.NoHistory:
        return None
    found = [one.suggestion.portions for one in made.dishes if one.demand.dish.id == dish_id]
    return found[0] if found else None


def is_new(session: Session, made: MadePlan) -> bool:
    """Say whether a plan suggests something that the newest kept one does not."""
    return _says_more(made, newest_plan(session, made.meal.id))


def keep_plan(session: Session, made: MadePlan) -> None:
    """Keep what was suggested, unless the newest kept plan of the meal says the same."""
    newest = newest_plan(session, made.meal.id)
    if not _says_more(made, newest):
        return
    row = ProductionPlanRow(
        session_id=made.meal.id,
        number=newest.number + 1 if newest else 1,
        dishes=[_kept(dish) for dish in made.dishes],
        model=made.forecast.row.model,
        made_at=made.forecast.row.made_at,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:  # somebody kept the same just now
        return


def newest_plan(session: Session, session_id: UUID) -> ProductionPlanRow | None:
    """Return the plan that was suggested last."""
    return newest_plans(session, [session_id]).get(session_id)


def newest_plans(session: Session, ids: Sequence[UUID]) -> dict[UUID, ProductionPlanRow]:
    """Return the plans that were suggested last, by meal."""
    rows = ProductionPlanRow
    last = (
        select(rows.session_id, func.max(rows.number).label("number"))
        .where(col(rows.session_id).in_(ids))
        .group_by(col(rows.session_id))
        .subquery()
    )
    same = (col(rows.session_id) == last.c.session_id) & (col(rows.number) == last.c.number)
    return {row.session_id: row for row in session.exec(select(rows).join(last, same))}


def show_plan(session: Session, caller: Identity, made: MadePlan, locale: Locale) -> ProductionPlan:
    """Return a plan as the contract has it, with what the cook decided."""
    meal, forecast = made.meal, made.forecast.answer
    canteen = session.get_one(KnownCanteenRow, meal.canteen_id)
    overrides = newest_overrides(session, [meal.id])
    cooked = refilled(session, meal.id)
    names = caller.holds(KITCHEN, canteen)
    return ProductionPlan(
        meal_session_id=meal.id,
        canteen_id=meal.canteen_id,
        date=meal.date,
        meal=Meal(meal.meal),
        registered=forecast.registered,
        diners=forecast.mean,
        quantiles=forecast.quantiles,
        rice={Rice(rice): n for rice, n in (made.menu.rice if made.menu else {}).items()},
        dishes=[
            _as_dish_plan(
                dish, _Decided(overrides.get((meal.id, dish.demand.dish.id)), names, cooked), locale
            )
            for dish in made.dishes
        ],
        model=forecast.model,
        made_at=forecast.made_at,
    )


@dataclass(frozen=True)
class _Decided:
    """What people did about a dish; `names` says whether the reader may know who."""

    override: OverrideRow | None
    names: bool
    refilled: Mapping[UUID, int]


def _says_more(made: MadePlan, newest: ProductionPlanRow | None) -> bool:
    if made.is_over or not made.dishes:
        return False
    return newest is None or newest.dishes != [_kept(dish) for dish in made.dishes]


def _suggested(
    demand: DishDemand, rules: Mapping[str, QuantityRuleRow], minutes: int
) -> SuggestedDish:
    rule = rule_of(rules, demand.dish.kind, demand.dish.id)
    return SuggestedDish(demand, rule, suggest(demand.draws, rule, minutes))


def _kept(dish: SuggestedDish) -> dict[str, Any]:
    return {
        "dish_id": str(dish.demand.dish.id),
        "name": dish.demand.dish.name,
        "grams_per_portion": round(dish.demand.grams_per_portion, 3),
        "suggestion": asdict(dish.suggestion),
        "rule": asdict(dish.rule),
    }


def _as_dish_plan(made: SuggestedDish, decided: _Decided, locale: Locale) -> DishPlan:
    dish, suggestion = made.demand.dish, made.suggestion
    override = decided.override
    stands = override is not None and override.portions is not None
    portions = override.portions if override and override.portions is not None else None
    portions = suggestion.portions if portions is None else portions
    sizes = split_portions(portions, made.demand.sizes)
    grams = grams_of(dish)
    low, high = np.quantile(made.demand.draws, (0.1, 0.9))
    return DishPlan(
        dish_id=dish.id,
        name=dish.name,
        kind=DishKind(dish.kind),
        choice=made.demand.taken.choice,
        portions=portions,
        grams=sum(grams[size] * count for size, count in sizes.items()),
        sizes={Portion(size): count for size, count in sizes.items()},
        suggested_portions=suggestion.portions,
        first_portions=min(suggestion.first, portions) if stands else suggestion.first,
        refills=_refills(suggestion),
        rounding_portions=suggestion.rounding,
        quantile=round(suggestion.level, 4),
        expected_portions=round(float(made.demand.draws.mean()), 1),
        low_portions=round(float(low), 1),
        high_portions=round(float(high), 1),
        taking=sum(made.demand.taken.taking.values()),
        reason=_reason(suggestion, made.rule).in_(locale),
        override=as_override(override, names=decided.names) if override else None,
        refilled_portions=decided.refilled.get(dish.id, 0),
    )


def _refills(suggestion: Suggestion) -> Refills | None:
    if not suggestion.refills:
        return None
    return Refills(
        portions=suggestion.refill, at_most=suggestion.refills, when_left=suggestion.refill_at
    )


def _reason(suggestion: Suggestion, rule: Rule) -> Message:
    return msg(
        "The {percent} % quantile: a portion short costs {shortage} yuan, one left {surplus} yuan.",
        percent=f"{suggestion.level * 100:.0f}",
        shortage=f"{rule.shortage_fen / 100:g}",
        surplus=f"{rule.surplus_fen / 100:g}",
    )
