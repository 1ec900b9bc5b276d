"""Meal sessions, and who came to them."""

from uuid import UUID

from fastapi import APIRouter, Response

from cleanplate_menu.actions import attendance
from cleanplate_menu.actions import sessions as actions
from cleanplate_menu.actions.sessions import (
    CapacityTooSmall,
)
from cleanplate_menu.routes.menus import MenusDep
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.menu import (
    Attendance,
    CapacityChange,
    MealSession,
    PortionTotals,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.etag import NOT_MODIFIED, IfNoneMatch, respond
from cleanplate_shared.identity import AnyoneDep, KitchenDep, ManagementDep, ReadersDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused

router = APIRouter(prefix="/meal-sessions", tags=["meal sessions"])


@router.get(
    "", response_model=Page[MealSession], responses=NOT_MODIFIED | refusals(NotFound, PeriodRefused)
)
async def list_sessions(
    canteen_id: UUID,
    period: PeriodDep,
    caller: AnyoneDep,
    menus: MenusDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List a canteen's meals in a range of days, by day and meal."""
    return respond(await menus.list_meals(caller, canteen_id, period), if_none_match)


@router.get(
    "/{meal_session_id}", response_model=MealSession, responses=NOT_MODIFIED | refusals(NotFound)
)
async def show_session(
    meal_session_id: UUID, caller: AnyoneDep, menus: MenusDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Show one meal."""
    return respond(await menus.show_meal(caller, meal_session_id), if_none_match)


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
