"""What to cook, what the cook decided, and how that went."""

from uuid import UUID

from fastapi import APIRouter, Response

from cleanplate_forecast.actions.forecasts import NoHistory
from cleanplate_forecast.actions.production import decided, plans, record, rules
from cleanplate_forecast.actions.production.decided import (
    DecidedAtOnce,
    MealIsOver,
    NotOnTheMenu,
    NotServedToday,
)
from cleanplate_forecast.actions.production.rules import UnknownDish
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.forecast_production import (
    DishOverride,
    OverridePut,
    ProductionOverride,
    ProductionPlan,
    ProductionRecord,
    QuantityRules,
    QuantityRulesPut,
    Refill,
    RefillCreate,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.etag import NOT_MODIFIED, IfNoneMatch, respond, tagged
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import KitchenDep, ManagementDep, ReadersDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused

router = APIRouter(tags=["production"])
_MEAL = "/meal-sessions/{meal_session_id}"
_RULES = "/canteens/{canteen_id}/quantity-rules"


@router.get(
    f"{_MEAL}/production-plan",
    response_model=ProductionPlan,
    responses=refusals(NotFound, NoHistory) | NOT_MODIFIED,
)
def show_plan(
    meal_session_id: UUID,
    db: DatabaseDep,
    caller: ReadersDep,
    at: NowDep,
    locale: LocaleDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Say how much to cook of each dish, and why; a suggestion that is new is written down."""
    with db.reading() as session:
        made = plans.make_plan(session, caller, meal_session_id, at)
        answer = plans.show_plan(session, caller, made, locale)
        is_new = plans.is_new(session, made)
    if is_new:
        with db.transaction() as session:
            plans.keep_plan(session, made)
    said = tagged(answer.model_dump_json().encode())
    return respond(said, if_none_match, Vary="Authorization, Accept-Language")


@router.put(
    f"{_MEAL}/production-plan/{{dish_id}}",
    responses=refusals(NotFound, Forbidden, MealIsOver, DecidedAtOnce, NotOnTheMenu),
)
def override(
    meal_session_id: UUID,
    dish_id: UUID,
    wanted: OverridePut,
    db: DatabaseDep,
    caller: KitchenDep,
    at: NowDep,
) -> ProductionOverride:
    """Decide how much to cook of a dish in place of the suggestion, with a reason."""
    with db.reading() as session:
        suggested = plans.suggested_portions(session, caller, meal_session_id, dish_id, at)
    with db.transaction() as session:
        return decided.override(session, caller, (meal_session_id, dish_id), wanted, suggested, at)


@router.get("/production-overrides", responses=refusals(NotFound, Forbidden, PeriodRefused))
def list_overrides(
    canteen_id: UUID, period: PeriodDep, db: DatabaseDep, caller: KitchenDep
) -> Page[DishOverride]:
    """List what cooks decided in place of suggestions, all versions, newest first; at most 500."""
    with db.reading() as session:
        found = decided.list_overrides(session, caller, canteen_id, period)
        return Page(items=found, next=None)


@router.post(
    f"{_MEAL}/refills",
    status_code=201,
    responses=refusals(NotFound, Forbidden, NotServedToday, NotOnTheMenu, IdempotencyKeyReused),
)
def add_refill(
    meal_session_id: UUID,
    wanted: RefillCreate,
    db: DatabaseDep,
    caller: KitchenDep,
    at: NowDep,
    once: OnceDep,
) -> Refill:
    """Note a small batch that was cooked while the meal was served."""
    with db.transaction() as session:
        return once(
            session,
            caller,
            Refill,
            lambda: decided.add_refill(session, caller, meal_session_id, wanted, at),
        )


@router.delete(
    f"{_MEAL}/refills/{{refill_id}}",
    status_code=204,
    responses=refusals(NotFound, Forbidden, NotServedToday),
)
def remove_refill(
    meal_session_id: UUID, refill_id: UUID, db: DatabaseDep, caller: KitchenDep, at: NowDep
) -> None:
    """Take a noted batch back; a second time changes nothing."""
    with db.transaction() as session:
        decided.remove_refill(session, caller, meal_session_id, refill_id, at)


@router.get(f"{_MEAL}/production-record", responses=refusals(NotFound))
def show_record(
    meal_session_id: UUID, db: DatabaseDep, caller: ReadersDep, at: NowDep
) -> ProductionRecord:
    """Look back at a meal: the suggestion beside what was cooked, and what each cost."""
    with db.reading() as session:
        return record.show_record(session, caller, meal_session_id, at)


@router.get(_RULES, responses=refusals(NotFound))
def show_rules(canteen_id: UUID, db: DatabaseDep, caller: ReadersDep) -> QuantityRules:
    """Show what a portion too few or too many costs at a canteen, and how it cooks."""
    with db.reading() as session:
        return rules.show_rules(session, caller, canteen_id)


@router.put(_RULES, responses=refusals(NotFound, Forbidden, UnknownDish))
def set_rules(
    canteen_id: UUID, wanted: QuantityRulesPut, db: DatabaseDep, caller: ManagementDep
) -> QuantityRules:
    """Set what a portion too few or too many costs, by kind and by dish."""
    with db.transaction() as session:
        return rules.set_rules(session, caller, canteen_id, wanted)
