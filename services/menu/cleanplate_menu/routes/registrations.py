"""Registrations (报餐)."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_menu.actions.dishes import UnknownDish
from cleanplate_menu.actions.registering import changing, giving
from cleanplate_menu.actions.registering import registrations as actions
from cleanplate_menu.actions.registering.refusals import (
    AlreadyRegistered,
    AlreadyServed,
    CutoffAhead,
    CutoffPassed,
    MealClosed,
    MealOver,
    NotStanding,
    SessionFull,
    UnknownChoice,
)
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.menu_registrations import (
    MyRegistration,
    Registration,
    RegistrationChange,
    RegistrationCreate,
    RegistrationGive,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.idempotency import IdempotencyKeyReused
from cleanplate_shared.identity import AnyoneDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused
from cleanplate_shared.rush import RushDep, RushRoute
from cleanplate_shared.writer import WriterDep

rushed = APIRouter(prefix="/registrations", tags=["registrations"], route_class=RushRoute)
router = APIRouter(prefix="/registrations", tags=["registrations"])


@rushed.post(
    "",
    status_code=201,
    responses=refusals(
        NotFound,
        Forbidden,
        SessionFull,
        CutoffPassed,
        AlreadyRegistered,
        MealClosed,
        UnknownDish,
        UnknownChoice,
        IdempotencyKeyReused,
    ),
)
async def register(wanted: RegistrationCreate, rush: RushDep) -> Registration:
    """Register for a meal; as a manager also for somebody else."""
    return await rush.submit(wanted, actions.register_each)


@rushed.delete(
    "/{registration_id}",
    status_code=204,
    responses=refusals(NotFound, CutoffPassed, AlreadyServed, NotStanding, IdempotencyKeyReused),
)
async def cancel(registration_id: UUID, rush: RushDep) -> None:
    """Cancel until the cut-off; a second time changes nothing."""
    await rush.submit(registration_id, actions.cancel_each)


@router.patch(
    "/{registration_id}",
    responses=refusals(
        NotFound,
        CutoffPassed,
        MealClosed,
        NotStanding,
        AlreadyServed,
        UnknownDish,
        UnknownChoice,
    ),
)
async def change(
    registration_id: UUID, wanted: RegistrationChange, caller: AnyoneDep, writer: WriterDep
) -> Registration:
    """Change portion, rice, set or dishes until the cut-off."""
    return await writer.submit((caller, registration_id, wanted), changing.change_each)


@router.post(
    "/{registration_id}:give",
    responses=refusals(
        NotFound, CutoffAhead, NotStanding, AlreadyServed, AlreadyRegistered, MealOver
    ),
)
async def give(
    registration_id: UUID, wanted: RegistrationGive, caller: AnyoneDep, writer: WriterDep
) -> Registration:
    """Give a meal after the cut-off to a colleague, or to whoever waits."""
    return await writer.submit((caller, registration_id, wanted.number), giving.give_each)


@router.post("/{registration_id}:keep", responses=refusals(NotFound, NotStanding))
async def keep(registration_id: UUID, caller: AnyoneDep, writer: WriterDep) -> Registration:
    """Take back an offer that nobody has taken."""
    return await writer.submit((caller, registration_id), giving.keep_each)


@router.get("/mine", responses=refusals(PeriodRefused))
def list_mine(period: PeriodDep, caller: AnyoneDep, db: DatabaseDep) -> Page[MyRegistration]:
    """List one's own standing registrations in a range of days."""
    with db.reading() as session:
        return Page(items=actions.list_mine(session, caller, period), next=None)
