"""Registrations (报餐)."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_menu.actions import registrations as actions
from cleanplate_menu.actions.dishes import UnknownDish
from cleanplate_menu.actions.registrations import (
    AlreadyRegistered,
    AlreadyServed,
    CutoffPassed,
    SessionFull,
)
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.menu_registrations import (
    MyRegistration,
    Registration,
    RegistrationCreate,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import AnyoneDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused

router = APIRouter(prefix="/registrations", tags=["registrations"])


@router.post(
    "",
    status_code=201,
    responses=refusals(
        NotFound,
        Forbidden,
        SessionFull,
        CutoffPassed,
        AlreadyRegistered,
        UnknownDish,
        IdempotencyKeyReused,
    ),
)
def register(
    wanted: RegistrationCreate, caller: AnyoneDep, db: DatabaseDep, once: OnceDep, at: NowDep
) -> Registration:
    """Register for a meal; as a manager also for somebody else."""
    with db.transaction() as session:
        return once(
            session, caller, Registration, lambda: actions.register(session, caller, wanted, at)
        )


@router.delete(
    "/{registration_id}",
    status_code=204,
    responses=refusals(NotFound, CutoffPassed, AlreadyServed),
)
def cancel(registration_id: UUID, caller: AnyoneDep, db: DatabaseDep, at: NowDep) -> None:
    """Cancel until the cut-off; a second time changes nothing."""
    with db.transaction() as session:
        actions.cancel(session, caller, registration_id, at)


@router.get("/mine", responses=refusals(PeriodRefused))
def list_mine(period: PeriodDep, caller: AnyoneDep, db: DatabaseDep) -> Page[MyRegistration]:
    """List one's own standing registrations in a range of days."""
    with db.reading() as session:
        return Page(items=actions.list_mine(session, caller, period), next=None)
