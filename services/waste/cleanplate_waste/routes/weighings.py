"""Weighings (称重), and waste per diner-meal."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from cleanplate_shared.batch import RawBatch, parse_items
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import BatchResult, Instant, Page
from cleanplate_shared.contracts.waste import (
    DeviceChain,
    RequiredStreams,
    SummaryBy,
    WasteSummary,
    Weighing,
    WeighingItem,
    WeighingSheetRow,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.idempotency import Asked, IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import KitchenDep, ManagementDep, ReadersDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused
from cleanplate_shared.sheets import SHEET_REFUSALS, DryRun, Sheet, SheetFormat, template_answer
from cleanplate_shared.tabular import Findings, ImportAnswer, read_rows
from cleanplate_shared.writer import WriterDep
from cleanplate_waste.actions import devices, imports, recording, required, summary, weighings

router = APIRouter()


class WeighingBatch(RawBatch):
    """At most 500 weighings, and what the device's clock shows at this moment."""

    sent_at: Instant | None = None


@router.post("/weighings:batch", responses=refusals(IdempotencyKeyReused))
async def record_weighings(
    batch: WeighingBatch,
    caller: KitchenDep,
    writer: WriterDep,
    now: NowDep,
    locale: LocaleDep,
    once: OnceDep,
) -> BatchResult:
    """Keep a batch of weighings; each item has its own outcome, and its id counts once, for good.

    Items: see WeighingItem. What is answered as created or duplicate is on disk.
    """
    items, unreadable = parse_items(batch, WeighingItem, locale)
    sent = recording.Sent(items, unreadable, batch.sent_at, now, locale)
    return await writer.submit(Asked(caller, sent, once), recording.record_each, len(items))


@router.get("/weighings", responses=refusals(NotFound, Forbidden, PeriodRefused))
def list_weighings(
    canteen_id: UUID,
    period: PeriodDep,
    caller: KitchenDep,
    db: DatabaseDep,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[Weighing]:
    """List a canteen's weighings, newest first."""
    with db.reading() as session:
        return weighings.list_weighings(session, caller, canteen_id, period, cursor, limit)


@router.get("/devices", responses=refusals(NotFound, Forbidden, PeriodRefused))
def list_devices(
    canteen_id: UUID, period: PeriodDep, caller: KitchenDep, db: DatabaseDep
) -> Page[DeviceChain]:
    """List the devices that weigh in a canteen, and where their records do not hold together."""
    with db.reading() as session:
        items = devices.list_devices(session, caller, canteen_id, period)
        return Page(items=items, next=None)


@router.get("/summary", responses=refusals(NotFound, Forbidden, PeriodRefused))
def summarise(
    canteen_id: UUID,
    period: PeriodDep,
    caller: ReadersDep,
    db: DatabaseDep,
    now: NowDep,
    by: SummaryBy = SummaryBy.DAY,
) -> WasteSummary:
    """Return waste per diner-meal; the denominator is the independent count of diners."""
    with db.reading() as session:
        return summary.summarise(session, caller, canteen_id, period, by, now)


@router.get("/canteens/{canteen_id}/required-streams", responses=refusals(NotFound, Forbidden))
def show_required_streams(canteen_id: UUID, caller: ReadersDep, db: DatabaseDep) -> RequiredStreams:
    """Return the streams that a canteen has to weigh for a complete day."""
    with db.reading() as session:
        return required.show_required_streams(session, caller, canteen_id)


@router.put("/canteens/{canteen_id}/required-streams", responses=refusals(NotFound, Forbidden))
def set_required_streams(
    canteen_id: UUID, wanted: RequiredStreams, caller: ManagementDep, db: DatabaseDep
) -> RequiredStreams:
    """Set the streams that a canteen has to weigh; past days are judged anew."""
    with db.transaction() as session:
        return required.set_required_streams(session, caller, canteen_id, wanted)


@router.post("/imports/weighings", responses=SHEET_REFUSALS)
def import_weighings(
    file: Sheet,
    caller: ManagementDep,
    db: DatabaseDep,
    now: NowDep,
    locale: LocaleDep,
    *,
    dry_run: DryRun = False,
) -> ImportAnswer:
    """Take weighings from a table, all or none; the same file again changes nothing."""
    findings = Findings(locale)
    lines = read_rows(file.filename or "", file.file.read(), WeighingSheetRow, findings)
    with db.transaction() as session:
        return imports.import_weighings(session, caller, lines, findings, now, dry_run=dry_run)


@router.get("/imports/weighings/template", response_class=Response)
def weighings_template(_: ManagementDep, sheet_format: SheetFormat = "csv") -> Response:
    """Return an empty table with its header and one example row."""
    return template_answer(WeighingSheetRow, "weighings", sheet_format)
