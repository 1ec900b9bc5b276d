"""What was given in advance of a canteen's days: looking at it, deleting it, bringing it back."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_forecast.actions.given import removing
from cleanplate_forecast.actions.given.removing import GivenSince, NothingGiven
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.forecast_given import (
    GivenColumns,
    GivenRemoval,
    GivenRemovalCreate,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import ManagementDep, ReadersDep

router = APIRouter(prefix="/canteens/{canteen_id}", tags=["given"])


@router.get("/given", responses=refusals(NotFound))
def show_given(canteen_id: UUID, db: DatabaseDep, caller: ReadersDep, at: NowDep) -> GivenColumns:
    """Show which columns were given, of which days, and what was deleted in the last week."""
    with db.reading() as session:
        return removing.show_given(session, caller, canteen_id, at)


@router.post(
    "/given-removals",
    status_code=201,
    responses=refusals(NotFound, Forbidden, NothingGiven, IdempotencyKeyReused),
)
def remove_given(
    canteen_id: UUID,
    wanted: GivenRemovalCreate,
    db: DatabaseDep,
    caller: ManagementDep,
    at: NowDep,
    once: OnceDep,
) -> GivenRemoval:
    """Delete a column's values, all or of some days; for a week they can be brought back."""
    with db.transaction() as session:
        return once(
            session,
            caller,
            GivenRemoval,
            lambda: removing.remove_given(session, caller, canteen_id, wanted, at),
        )


@router.delete(
    "/given-removals/{removal_id}",
    status_code=204,
    responses=refusals(NotFound, Forbidden, GivenSince),
)
def bring_back(
    canteen_id: UUID, removal_id: UUID, db: DatabaseDep, caller: ManagementDep, at: NowDep
) -> None:
    """Bring back what was deleted; what was brought since stays as it is."""
    with db.transaction() as session:
        removing.bring_back(session, caller, canteen_id, removal_id, at)
