"""The ledger (台账) of a month, and where every kilogram went."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Month
from cleanplate_shared.contracts.waste_manifests import ManifestSheetRow
from cleanplate_shared.contracts.waste_treatment import Balance, Ledger
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.documents.rendering import PDF, DocumentTooLong
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.identity import ManagementDep, ReadersDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused
from cleanplate_shared.sheets import SHEET_REFUSALS, DryRun, Sheet, SheetFormat, template_answer
from cleanplate_shared.tabular import Findings, ImportAnswer, read_rows
from cleanplate_waste.actions import (
    destinations,
    ledger,
    ledger_document,
    ledger_sheet,
    manifest_imports,
)

router = APIRouter(tags=["manifests"])
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WantedMonth = Annotated[Month, Query(examples=["2026-03"])]


@router.get("/canteens/{canteen_id}/ledger", responses=refusals(NotFound, Forbidden))
def show_ledger(
    canteen_id: UUID, month: WantedMonth, caller: ReadersDep, db: DatabaseDep, locale: LocaleDep
) -> Ledger:
    """Return a month's ledger: what arose each day, and who took it away."""
    with db.reading() as session:
        return ledger.show_ledger(session, caller, canteen_id, month, locale)


@router.get(
    "/canteens/{canteen_id}/ledger.xlsx",
    response_class=Response,
    responses={200: {"content": {_XLSX: {}}}, **refusals(NotFound, Forbidden)},
)
def download_ledger(
    canteen_id: UUID, month: WantedMonth, caller: ReadersDep, db: DatabaseDep, locale: LocaleDep
) -> Response:
    """Return the same as a workbook."""
    with db.reading() as session:
        found = ledger.show_ledger(session, caller, canteen_id, month, locale)
    return Response(
        ledger_sheet.as_workbook(found, locale),
        media_type=_XLSX,
        headers={"Content-Disposition": f'attachment; filename="ledger-{month}.xlsx"'},
    )


@router.get(
    "/canteens/{canteen_id}/ledger.pdf",
    response_class=Response,
    responses={200: {"content": {PDF: {}}}, **refusals(NotFound, Forbidden, DocumentTooLong)},
)
def print_ledger(
    canteen_id: UUID,
    month: WantedMonth,
    caller: ReadersDep,
    db: DatabaseDep,
    now: NowDep,
    locale: LocaleDep,
) -> Response:
    """Return the same as PDF: A4 across, tagged, for archives (PDF/A-2a) and for screen readers."""
    with db.reading() as session:
        found = ledger.show_ledger(session, caller, canteen_id, month, locale)
    return Response(
        ledger_document.as_document(found, locale, now),
        media_type=PDF,
        headers={"Content-Disposition": f'attachment; filename="ledger-{month}.pdf"'},
    )


@router.get(
    "/canteens/{canteen_id}/destinations", responses=refusals(NotFound, Forbidden, PeriodRefused)
)
def show_destinations(
    canteen_id: UUID, period: PeriodDep, caller: ReadersDep, db: DatabaseDep, now: NowDep
) -> Balance:
    """Return where every kilogram went; what nobody accounts for is named."""
    with db.reading() as session:
        return destinations.show_balance(session, caller, canteen_id, period, now)


@router.post("/imports/manifests", responses=SHEET_REFUSALS)
def import_manifests(
    file: Sheet,
    caller: ManagementDep,
    db: DatabaseDep,
    now: NowDep,
    locale: LocaleDep,
    *,
    dry_run: DryRun = False,
) -> ImportAnswer:
    """Take collections from a table, as closed, all or none; the same again changes nothing."""
    findings = Findings(locale)
    lines = read_rows(file.filename or "", file.file.read(), ManifestSheetRow, findings)
    with db.transaction() as session:
        return manifest_imports.import_manifests(
            session, caller, lines, findings, now, dry_run=dry_run
        )


@router.get("/imports/manifests/template", response_class=Response)
def manifests_template(_: ManagementDep, sheet_format: SheetFormat = "csv") -> Response:
    """Return an empty table with its header and one example row."""
    return template_answer(ManifestSheetRow, "manifests", sheet_format)
