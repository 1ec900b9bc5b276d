"""The line of those who wait for a seat."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_menu.actions.registering import waiting as actions
from cleanplate_menu.actions.registering.refusals import (
    AlreadyRegistered,
    AlreadyWaiting,
    MealClosed,
    MealOver,
    SeatsFree,
    UnknownChoice,
)
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.menu_registrations import Waiting, WaitingAnswer, WaitingCreate
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import NotFound, refusals
from cleanplate_shared.identity import AnyoneDep

router = APIRouter(tags=["waiting"])


@router.post(
    "/meal-sessions/{meal_session_id}/waiting",
    status_code=201,
    responses=refusals(
        NotFound, SeatsFree, AlreadyRegistered, AlreadyWaiting, MealClosed, MealOver, UnknownChoice
    ),
)
def wait(
    meal_session_id: UUID, wanted: WaitingCreate, caller: AnyoneDep, db: DatabaseDep
) -> WaitingAnswer:
    """Wait for a seat of a full meal, or for one given away after the cut-off."""
    with db.transaction() as session:
        return actions.wait(session, caller, meal_session_id, wanted)


@router.delete(
    "/meal-sessions/{meal_session_id}/waiting", status_code=204, responses=refusals(NotFound)
)
def leave(meal_session_id: UUID, caller: AnyoneDep, db: DatabaseDep) -> None:
    """Leave the line; a second time changes nothing."""
    with db.transaction() as session:
        actions.leave(session, caller, meal_session_id)


@router.get("/waiting/mine")
def list_waiting(caller: AnyoneDep, db: DatabaseDep) -> Page[Waiting]:
    """List one's own places in line."""
    with db.reading() as session:
        return Page(items=actions.list_waiting(session, caller), next=None)
