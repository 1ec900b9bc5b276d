"""Figures of many canteens."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.waste import CanteenSum
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import refusals
from cleanplate_shared.identity import ReadersDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused
from cleanplate_waste.actions import province

router = APIRouter()


@router.get("/summary/canteens", responses=refusals(PeriodRefused))
def sum_canteens(
    period: PeriodDep,
    caller: ReadersDep,
    db: DatabaseDep,
    organization_id: UUID | None = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> Page[CanteenSum]:
    """List the canteens whose figures the caller may read, with their food waste of a period."""
    with db.reading() as session:
        return province.sum_canteens(session, caller, organization_id, period, cursor, limit)
