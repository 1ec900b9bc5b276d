"""Check-ins in batches, and taken back."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_menu.actions.door import undoing
from cleanplate_menu.actions.door.checking_in import check_in_each
from cleanplate_menu.actions.door.refusals import UndoTooLate
from cleanplate_shared.batch import RawBatch, done, in_order, parse_items, refused
from cleanplate_shared.contracts.common import BatchResult, Outcome
from cleanplate_shared.contracts.menu import CheckInItem
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Conflict, Forbidden, NotFound, ServiceError, refusals
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.identity import KitchenDep
from cleanplate_shared.writer import WriterDep

router = APIRouter(tags=["check-ins"])


@router.post("/check-ins:batch", responses=refusals(Conflict))
async def check_in(
    batch: RawBatch, caller: KitchenDep, writer: WriterDep, locale: LocaleDep
) -> BatchResult:
    """Record who came; each item (see CheckInItem) has its own outcome."""
    items, unreadable = parse_items(batch, CheckInItem, locale)
    wanted = [(caller, item) for item in items]
    outcomes = await writer.submit(wanted, check_in_each, weight=len(wanted))
    results = [
        refused(item.id, outcome, locale)
        if isinstance(outcome, ServiceError)
        else done(item.id, again=outcome is Outcome.DUPLICATE)
        for item, outcome in zip(items, outcomes, strict=True)
    ]
    return BatchResult(results=in_order(unreadable, results))


@router.delete(
    "/check-ins/{check_in_id}",
    status_code=204,
    responses=refusals(NotFound, Forbidden, UndoTooLate),
)
def undo_check_in(check_in_id: UUID, caller: KitchenDep, db: DatabaseDep) -> None:
    """Take a check-in back within ten minutes; a second time changes nothing."""
    with db.transaction() as session:
        undoing.undo_check_in(session, caller, check_in_id)
