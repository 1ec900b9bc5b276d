"""The line of those who wait for a seat."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_menu.actions.registering import joining
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
from cleanplate_shared.writer import WriterDep

router = APIRouter(tags=["waiting"])


@router.post(
    "/meal-sessions/{meal_session_id}/waiting",
    status_code=201,
    responses=refusals(
        NotFound, SeatsFree, AlreadyRegistered, AlreadyWaiting, MealClosed, MealOver, UnknownChoice
    ),
)
async def wait(
    meal_session_id: UUID, wanted: WaitingCreate, caller: AnyoneDep, writer: WriterDep
) -> WaitingAnswer:
    """Wait for a seat of a full meal, or for one given away after the cut-off."""
    return await writer.submit((caller, meal_session_id, wanted), joining.wait_each)


@router.delete(
    "/meal-sessions/{meal_session_id}/waiting", status_code=204, responses=refusals(NotFound)
)
async def leave(meal_session_id: UUID, caller: AnyoneDep, writer: WriterDep) -> None:
    """Leave the line; a second time changes nothing."""
    await writer.submit((caller, meal_session_id), actions.leave_each)


@router.get("/waiting/mine")
def list_waiting(caller: AnyoneDep, db: DatabaseDep) -> Page[Waiting]:
    """List one's own places in line."""
    with db.reading() as session:
        return Page(items=actions.list_waiting(session, caller), next=None)
