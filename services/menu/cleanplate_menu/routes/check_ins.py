"""Check-ins in batches."""

from fastapi import APIRouter

from cleanplate_menu.actions import check_ins as actions
from cleanplate_shared.batch import RawBatch, in_order, parse_items
from cleanplate_shared.contracts.common import BatchResult
from cleanplate_shared.contracts.menu import CheckInItem
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Conflict, refusals
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.identity import KitchenDep

router = APIRouter(tags=["check-ins"])


@router.post("/check-ins:batch", responses=refusals(Conflict))
def check_in(
    batch: RawBatch, caller: KitchenDep, db: DatabaseDep, locale: LocaleDep
) -> BatchResult:
    """Record who came; each item (see CheckInItem) has its own outcome."""
    items, unreadable = parse_items(batch, CheckInItem, locale)
    with db.transaction() as session:
        outcomes = actions.check_in(session, caller, items, locale)
    return BatchResult(results=in_order(unreadable, outcomes))
