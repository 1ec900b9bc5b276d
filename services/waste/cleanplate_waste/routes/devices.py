"""Trays at the return (回收处), and checks of scales (校秤)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from cleanplate_shared.batch import RawBatch, parse_items
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import BatchResult, Page
from cleanplate_shared.contracts.waste_scale_checks import (
    CheckedScale,
    ScaleCheck,
    ScaleCheckCreate,
)
from cleanplate_shared.contracts.waste_trays import MOST_TRAY_GRAMS, CleanPlates, TrayItem
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, Unprocessable, refusals
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.idempotency import Asked, IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import KitchenDep, ReadersDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused
from cleanplate_shared.writer import WriterDep
from cleanplate_waste.actions import scale_checks, trays

router = APIRouter(tags=["devices"])


@router.post("/trays:batch", responses=refusals(IdempotencyKeyReused))
async def record_trays(
    batch: RawBatch,
    caller: KitchenDep,
    writer: WriterDep,
    now: NowDep,
    locale: LocaleDep,
    once: OnceDep,
) -> BatchResult:
    """Keep the rests on trays; each item has its own outcome, and its id counts once, for good.

    Items: see TrayItem. They are in no sum of weighings: the swill is weighed as well.
    """
    items, unreadable = parse_items(batch, TrayItem, locale)
    sent = trays.Sent(items, unreadable, now, locale)
    return await writer.submit(Asked(caller, sent, once), trays.record_each, len(items))


@router.get("/trays/summary", responses=refusals(NotFound, Forbidden, PeriodRefused))
def summarise_trays(
    canteen_id: UUID,
    period: PeriodDep,
    caller: ReadersDep,
    db: DatabaseDep,
    clean_grams: Annotated[int, Query(ge=0, le=MOST_TRAY_GRAMS)] = 10,
) -> CleanPlates:
    """Return how many of the weighed trays came back clean, and how sure that is."""
    with db.reading() as session:
        return trays.summarise(session, caller, canteen_id, period, clean_grams)


@router.post(
    "/scale-checks",
    status_code=201,
    responses=refusals(NotFound, Forbidden, Unprocessable, IdempotencyKeyReused),
)
def check_scale(
    wanted: ScaleCheckCreate, caller: KitchenDep, db: DatabaseDep, now: NowDep, once: OnceDep
) -> ScaleCheck:
    """Keep what a scale showed of a test weight."""
    with db.transaction() as session:
        return once(
            session,
            caller,
            ScaleCheck,
            lambda: scale_checks.check_scale(session, caller, wanted, now),
        )


@router.get("/scale-checks", responses=refusals(NotFound, Forbidden))
def list_scales(
    canteen_id: UUID, caller: KitchenDep, db: DatabaseDep, now: NowDep
) -> Page[CheckedScale]:
    """List the scales that were checked, with their errors and where they are going."""
    with db.reading() as session:
        return scale_checks.list_scales(session, caller, canteen_id, now)
