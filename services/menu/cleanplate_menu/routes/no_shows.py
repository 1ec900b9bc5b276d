"""No-shows: one's own, the disputes, and the rates of units."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from cleanplate_menu.actions.door import no_shows as actions
from cleanplate_menu.actions.door import rates
from cleanplate_menu.actions.door.no_shows import NoShowSettled, NotDisputed
from cleanplate_shared.contracts.common import Month, Page
from cleanplate_shared.contracts.menu_door import (
    Dispute,
    DisputeDecision,
    NoShow,
    NoShowDispute,
    NoShowRates,
    NoShowReason,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.identity import AnyoneDep, ManagementDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused

router = APIRouter(tags=["no-shows"])


@router.get("/no-shows/mine", responses=refusals(PeriodRefused))
def list_my_no_shows(period: PeriodDep, caller: AnyoneDep, db: DatabaseDep) -> Page[NoShow]:
    """List one's own no-shows; nobody else can."""
    with db.reading() as session:
        return Page(items=actions.list_mine(session, caller, period), next=None)


@router.post("/no-shows/{registration_id}:explain", responses=refusals(NotFound, NoShowSettled))
def explain_no_show(
    registration_id: UUID, wanted: NoShowReason, caller: AnyoneDep, db: DatabaseDep
) -> NoShow:
    """Say why one could not come."""
    with db.transaction() as session:
        return actions.explain(session, caller, registration_id, wanted.reason)


@router.post("/no-shows/{registration_id}:dispute", responses=refusals(NotFound, NoShowSettled))
def dispute_no_show(
    registration_id: UUID, wanted: NoShowDispute, caller: AnyoneDep, db: DatabaseDep
) -> NoShow:
    """Say that one was there; unanswered for seven days it is upheld."""
    with db.transaction() as session:
        return actions.dispute(session, caller, registration_id, wanted.note)


@router.get("/canteens/{canteen_id}/disputes", responses=refusals(NotFound, Forbidden))
def list_disputes(canteen_id: UUID, caller: ManagementDep, db: DatabaseDep) -> Page[Dispute]:
    """List the disputes that wait for a decision, oldest first."""
    with db.reading() as session:
        return Page(items=actions.list_disputes(session, caller, canteen_id), next=None)


@router.post(
    "/no-shows/{registration_id}:decide",
    status_code=204,
    responses=refusals(NotFound, Forbidden, NotDisputed),
)
def decide_dispute(
    registration_id: UUID, decision: DisputeDecision, caller: ManagementDep, db: DatabaseDep
) -> None:
    """Decide a dispute; the diner reads the answer."""
    with db.transaction() as session:
        actions.decide(session, caller, registration_id, decision)


@router.get("/canteens/{canteen_id}/no-show-rates", responses=refusals(NotFound))
def show_no_show_rates(
    canteen_id: UUID,
    month: Annotated[Month, Query(description="YYYY-MM")],
    caller: AnyoneDep,
    db: DatabaseDep,
) -> NoShowRates:
    """Show a month's no-shows by unit beside the canteen's failures."""
    with db.reading() as session:
        return rates.show_rates(session, caller, canteen_id, month)
