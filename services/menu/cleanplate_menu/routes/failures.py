"""The canteen's failures: reported by registered diners, answered by managers."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_menu.actions.door import failures as actions
from cleanplate_menu.actions.door.failures import AlreadyReported, NotToReportNow
from cleanplate_menu.actions.registering.refusals import NotStanding
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.menu_door import (
    CanteenFailure,
    CanteenFailureCreate,
    FailureReply,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import AnyoneDep, ManagementDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused

router = APIRouter(tags=["failures"])


@router.post(
    "/registrations/{registration_id}/failures",
    status_code=201,
    responses=refusals(
        NotFound, NotStanding, NotToReportNow, AlreadyReported, IdempotencyKeyReused
    ),
)
def report_failure(
    registration_id: UUID,
    wanted: CanteenFailureCreate,
    caller: AnyoneDep,
    db: DatabaseDep,
    once: OnceDep,
) -> CanteenFailure:
    """Report that the canteen failed one, who had registered."""
    with db.transaction() as session:
        return once(
            session,
            caller,
            CanteenFailure,
            lambda: actions.report_failure(session, caller, registration_id, wanted),
        )


@router.get("/failures/mine", responses=refusals(PeriodRefused))
def list_my_failures(period: PeriodDep, caller: AnyoneDep, db: DatabaseDep) -> Page[CanteenFailure]:
    """List what one reported, with the replies."""
    with db.reading() as session:
        return Page(items=actions.list_mine(session, caller, period), next=None)


@router.get(
    "/canteens/{canteen_id}/failures", responses=refusals(NotFound, Forbidden, PeriodRefused)
)
def list_failures(
    canteen_id: UUID, period: PeriodDep, caller: ManagementDep, db: DatabaseDep
) -> Page[CanteenFailure]:
    """List the reports about a canteen, without names."""
    with db.reading() as session:
        return Page(items=actions.list_failures(session, caller, canteen_id, period), next=None)


@router.post("/failures/{failure_id}:reply", responses=refusals(NotFound, Forbidden))
def reply_to_failure(
    failure_id: UUID, wanted: FailureReply, caller: ManagementDep, db: DatabaseDep
) -> CanteenFailure:
    """Say what the canteen says to a failure."""
    with db.transaction() as session:
        return actions.reply(session, caller, failure_id, wanted.reply)
