"""Meal sessions, and who came to them."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_menu.actions import attendance
from cleanplate_menu.actions import sessions as actions
from cleanplate_menu.actions.sessions import (
    CapacityTooSmall,
)
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.menu import (
    Attendance,
    CapacityChange,
    MealSession,
    PortionTotals,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.identity import AnyoneDep, KitchenDep, ManagementDep, ReadersDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused

router = APIRouter(prefix="/meal-sessions", tags=["meal sessions"])


@router.get("", responses=refusals(NotFound, PeriodRefused))
def list_sessions(
    canteen_id: UUID, period: PeriodDep, caller: AnyoneDep, db: DatabaseDep
) -> Page[MealSession]:
    """List a canteen's meals in a range of days, by day and meal."""
    with db.reading() as session:
        found = actions.list_sessions(session, caller, canteen_id, period)
        return Page(items=found, next=None)


@router.get("/{meal_session_id}", responses=refusals(NotFound))
def show_session(meal_session_id: UUID, caller: AnyoneDep, db: DatabaseDep) -> MealSession:
    """Show one meal."""
    with db.reading() as session:
        return actions.show_session(session, caller, meal_session_id)


@router.put(
    "/{meal_session_id}/capacity", responses=refusals(NotFound, Forbidden, CapacityTooSmall)
)
def change_capacity(
    meal_session_id: UUID, wanted: CapacityChange, caller: ManagementDep, db: DatabaseDep
) -> MealSession:
    """Set how many seats a meal has; never fewer than are taken."""
    with db.transaction() as session:
        return actions.change_capacity(session, caller, meal_session_id, wanted.capacity)


@router.get("/{meal_session_id}/registrations", responses=refusals(NotFound, Forbidden))
def show_portions(meal_session_id: UUID, caller: KitchenDep, db: DatabaseDep) -> PortionTotals:
    """Show what to prepare for: registrations by portion, without names."""
    with db.reading() as session:
        return attendance.show_portions(session, caller, meal_session_id)


@router.get("/{meal_session_id}/attendance", responses=refusals(NotFound, Forbidden))
def show_attendance(meal_session_id: UUID, caller: ReadersDep, db: DatabaseDep) -> Attendance:
    """Show who came, in numbers."""
    with db.reading() as session:
        return attendance.show_attendance(session, caller, meal_session_id)
