"""Planned meals: opened, changed, called off."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_menu.actions.dishes import DishRetired, UnknownDish
from cleanplate_menu.actions.registering.refusals import CutoffPassed, MealClosed, MealOver
from cleanplate_menu.actions.weeks import changing, opening
from cleanplate_menu.actions.weeks.changing import CutoffInThePast
from cleanplate_menu.actions.weeks.menu_changes import ChoiceNotServed, ChoiceTaken, DishChosen
from cleanplate_menu.actions.weeks.opening import (
    CutoffTooLate,
    MealSessionExists,
    SeatsUnknown,
    ServesBackwards,
)
from cleanplate_shared.contracts.menu import MealSession, MealSessionCreate
from cleanplate_shared.contracts.menu_weeks import MealSessionChange, MealSessionClose
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import ManagementDep

router = APIRouter(prefix="/meal-sessions", tags=["meal sessions"])


@router.post(
    "",
    status_code=201,
    responses=refusals(
        NotFound,
        Forbidden,
        MealSessionExists,
        CutoffTooLate,
        SeatsUnknown,
        ServesBackwards,
        UnknownDish,
        DishRetired,
        IdempotencyKeyReused,
    ),
)
def open_session(
    wanted: MealSessionCreate, caller: ManagementDep, db: DatabaseDep, once: OnceDep
) -> MealSession:
    """Open a meal of one day for registration, by the canteen's rule where nothing is said."""
    with db.transaction() as session:
        return once(
            session, caller, MealSession, lambda: opening.open_session(session, caller, wanted)
        )


@router.patch(
    "/{meal_session_id}",
    responses=refusals(
        NotFound,
        Forbidden,
        MealClosed,
        CutoffTooLate,
        CutoffInThePast,
        CutoffPassed,
        ChoiceNotServed,
        ChoiceTaken,
        DishChosen,
        ServesBackwards,
        UnknownDish,
        DishRetired,
    ),
)
def change_session(
    meal_session_id: UUID, wanted: MealSessionChange, caller: ManagementDep, db: DatabaseDep
) -> MealSession:
    """Change a planned meal; what is left out stays, hours of null are taken away."""
    with db.transaction() as session:
        return changing.change_session(session, caller, meal_session_id, wanted)


@router.post("/{meal_session_id}:close", responses=refusals(NotFound, Forbidden, MealOver))
def close_session(
    meal_session_id: UUID, wanted: MealSessionClose, caller: ManagementDep, db: DatabaseDep
) -> MealSession:
    """Call a meal off with a reason, until it ends; registrations stay on record."""
    with db.transaction() as session:
        return changing.close_session(session, caller, meal_session_id, wanted.reason)


@router.post("/{meal_session_id}:reopen", responses=refusals(NotFound, Forbidden, MealOver))
def reopen_session(meal_session_id: UUID, caller: ManagementDep, db: DatabaseDep) -> MealSession:
    """Hold a meal after all that was called off, until it ends."""
    with db.transaction() as session:
        return changing.reopen_session(session, caller, meal_session_id)
