"""Registering for others: batches, sheets, the week of a unit."""

from uuid import UUID

from fastapi import APIRouter, Response

from cleanplate_menu.actions.groups import batches, sheets, week
from cleanplate_shared.batch import RawBatch, in_order, parse_items
from cleanplate_shared.contracts.common import BatchResult, Page
from cleanplate_shared.contracts.menu_groups import (
    Office,
    ProxySheetRow,
    RegistrationItem,
    SheetAnswer,
    UnitRegistration,
)
from cleanplate_shared.contracts.menu_planning import UnitPerson
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Conflict, NotFound, refusals
from cleanplate_shared.i18n import LocaleDep, msg
from cleanplate_shared.identity import AnyoneDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused
from cleanplate_shared.sheets import DryRun, Sheet, SheetFormat, template_answer
from cleanplate_shared.tabular import FileRefused, Findings, read_rows

router = APIRouter(tags=["registrations for others"])


@router.post("/registrations:batch", responses=refusals(Conflict))
def register_batch(
    batch: RawBatch, caller: AnyoneDep, db: DatabaseDep, locale: LocaleDep
) -> BatchResult:
    """Register people; each item (see RegistrationItem) has its own outcome, and counts once."""
    items, unreadable = parse_items(batch, RegistrationItem, locale)
    with db.transaction() as session:
        outcomes = batches.register_items(session, caller, items, locale)
    return BatchResult(results=in_order(unreadable, outcomes))


@router.post("/registration-sheets", responses=refusals(FileRefused, Conflict))
def register_sheet(
    file: Sheet, caller: AnyoneDep, db: DatabaseDep, locale: LocaleDep, *, dry_run: DryRun = False
) -> SheetAnswer:
    """Register the people of a sheet: bad rows are refused alone, and the same file counts once."""
    content, findings = file.file.read(), Findings(locale, sheets.MOST_PROBLEMS)
    lines = read_rows(file.filename or "", content, ProxySheetRow, findings)
    if len(lines) + len(findings.lines) > sheets.MOST_ROWS:
        raise FileRefused(msg("At most {rows} rows at once.", rows=sheets.MOST_ROWS))
    with db.transaction() as session:
        taken = sheets.register_sheet(session, caller, lines, sheets.sheet_id(content), findings)
        if dry_run:
            session.rollback()
    return SheetAnswer(
        created=taken.created,
        unchanged=taken.unchanged,
        refused=len(findings.lines),
        errors=sorted(findings.found, key=lambda problem: problem.row),
        dry_run=dry_run,
    )


@router.get("/registration-sheets/template", response_class=Response)
def download_template(_: AnyoneDep, sheet_format: SheetFormat = "csv") -> Response:
    """Return an empty sheet with its header and one example row."""
    return template_answer(ProxySheetRow, "registration-sheet", sheet_format)


@router.get("/canteens/{canteen_id}/offices", responses=refusals(NotFound))
def list_offices(canteen_id: UUID, caller: AnyoneDep, db: DatabaseDep) -> Page[Office]:
    """List the units that one registers at a canteen, as a manager or their secretary."""
    with db.reading() as session:
        return Page(items=week.list_offices(session, caller, canteen_id), next=None)


@router.get("/canteens/{canteen_id}/units/{unit_id}/people", responses=refusals(NotFound))
def list_people(
    canteen_id: UUID, unit_id: UUID, caller: AnyoneDep, db: DatabaseDep
) -> Page[UnitPerson]:
    """List a unit's people; for its secretaries and the canteen's managers."""
    with db.reading() as session:
        return Page(items=week.list_people(session, caller, canteen_id, unit_id), next=None)


@router.get(
    "/canteens/{canteen_id}/units/{unit_id}/registrations",
    responses=refusals(NotFound, PeriodRefused),
)
def list_of_unit(
    canteen_id: UUID, unit_id: UUID, period: PeriodDep, caller: AnyoneDep, db: DatabaseDep
) -> Page[UnitRegistration]:
    """List who of a unit is registered; for its secretaries and the canteen's managers."""
    with db.reading() as session:
        found = week.list_of_unit(session, caller, canteen_id, unit_id, period)
        return Page(items=found, next=None)
