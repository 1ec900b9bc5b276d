"""Ratings of dishes, leftovers, and the queue of dishes to decide about."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_menu.actions.dishes import UnknownDish
from cleanplate_menu.actions.survey import decisions, due, leftovers, queue, ratings
from cleanplate_menu.actions.survey.decisions import TrialNeedsAnEnd
from cleanplate_menu.actions.survey.leftovers import MealToCome, MoreLeftThanPrepared
from cleanplate_menu.actions.survey.ratings import AlreadyRated, NotServed, RatingClosed
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.menu_survey import (
    DishDecision,
    DishDecisionCreate,
    DishScore,
    Leftovers,
    LeftoversPut,
    QueuedDish,
    Rated,
    RatingDue,
    RatingsCreate,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import AnyoneDep, KitchenDep

router = APIRouter(tags=["survey"])


@router.get("/ratings/due")
def list_due(caller: AnyoneDep, db: DatabaseDep, at: NowDep) -> Page[RatingDue]:
    """List the meals that one ate and may still rate, the latest first."""
    with db.reading() as session:
        return Page(items=due.list_due(session, caller, at), next=None)


@router.post(
    "/registrations/{registration_id}/ratings",
    status_code=201,
    responses=refusals(NotFound, NotServed, RatingClosed, AlreadyRated, UnknownDish),
)
def rate(
    registration_id: UUID, wanted: RatingsCreate, caller: AnyoneDep, db: DatabaseDep, at: NowDep
) -> Rated:
    """Rate the dishes of a meal, once, without a name.

    Takes no Idempotency-Key: what it keeps would tell for days what somebody said.
    """
    with db.transaction() as session:
        return ratings.rate(session, caller, registration_id, wanted, at)


@router.get("/canteens/{canteen_id}/dish-scores", responses=refusals(NotFound))
def list_scores(
    canteen_id: UUID, caller: AnyoneDep, db: DatabaseDep, at: NowDep
) -> Page[DishScore]:
    """List what diners think of a canteen's dishes and what is left of them."""
    with db.reading() as session:
        return Page(items=queue.list_scores(session, caller, canteen_id, at), next=None)


@router.get("/canteens/{canteen_id}/dish-queue", responses=refusals(NotFound, Forbidden))
def list_queue(
    canteen_id: UUID, caller: KitchenDep, db: DatabaseDep, at: NowDep
) -> Page[QueuedDish]:
    """List the dishes to adjust, try again or retire, the most pressing first."""
    with db.reading() as session:
        return Page(items=queue.list_queue(session, caller, canteen_id, at), next=None)


@router.get("/canteens/{canteen_id}/dish-decisions", responses=refusals(NotFound, Forbidden))
def list_decisions(canteen_id: UUID, caller: KitchenDep, db: DatabaseDep) -> Page[DishDecision]:
    """List the latest decisions about a canteen's dishes, newest first."""
    with db.reading() as session:
        return Page(items=decisions.list_decisions(session, caller, canteen_id), next=None)


@router.post(
    "/dishes/{dish_id}/decisions",
    status_code=201,
    responses=refusals(NotFound, Forbidden, TrialNeedsAnEnd, IdempotencyKeyReused),
)
def decide(
    dish_id: UUID,
    wanted: DishDecisionCreate,
    caller: KitchenDep,
    db: DatabaseDep,
    once: OnceDep,
    at: NowDep,
) -> DishDecision:
    """Decide about a dish, with words to the diners."""
    with db.transaction() as session:
        return once(
            session,
            caller,
            DishDecision,
            lambda: decisions.decide(session, caller, dish_id, wanted, at),
        )


@router.get("/meal-sessions/{meal_session_id}/leftovers", responses=refusals(NotFound, Forbidden))
def show_leftovers(meal_session_id: UUID, caller: KitchenDep, db: DatabaseDep) -> Leftovers:
    """Show the dishes of a meal, and what was left of them."""
    with db.reading() as session:
        return leftovers.show_leftovers(session, caller, meal_session_id)


@router.put(
    "/meal-sessions/{meal_session_id}/leftovers",
    responses=refusals(NotFound, Forbidden, MealToCome, UnknownDish, MoreLeftThanPrepared),
)
def put_leftovers(
    meal_session_id: UUID, wanted: LeftoversPut, caller: KitchenDep, db: DatabaseDep, at: NowDep
) -> Leftovers:
    """Set what was left of a meal's dishes."""
    with db.transaction() as session:
        return leftovers.put_leftovers(session, caller, meal_session_id, wanted, at)
