"""Reconciliation (收运核对): collected weights, the under-reporting factor, data tiers."""

from uuid import UUID

from fastapi import APIRouter, Response

from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste_reconciliation import (
    Collection,
    CollectionCreate,
    Collections,
    CollectionSheetRow,
    MassBalances,
    Reconciliation,
    ReconciliationTerms,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import ManagementDep, ReadersDep
from cleanplate_shared.importing import take_table
from cleanplate_shared.periods import PeriodDep, PeriodRefused
from cleanplate_shared.sheets import SHEET_REFUSALS, DryRun, Sheet, SheetFormat, template_answer
from cleanplate_shared.tabular import Findings, ImportAnswer, read_rows
from cleanplate_waste.actions import balance, collections, reconciliation

router = APIRouter()


@router.get("/reconciliation", responses=refusals(NotFound, Forbidden, PeriodRefused))
def reconcile(
    canteen_id: UUID, period: PeriodDep, caller: ReadersDep, db: DatabaseDep, now: NowDep
) -> Reconciliation:
    """Compare what a canteen weighed with what was collected, week by week."""
    with db.reading() as session:
        return reconciliation.reconcile(session, caller, canteen_id, period, now)


@router.put("/canteens/{canteen_id}/reconciliation-terms", responses=refusals(NotFound, Forbidden))
def set_terms(
    canteen_id: UUID,
    wanted: ReconciliationTerms,
    caller: ManagementDep,
    db: DatabaseDep,
    now: NowDep,
) -> ReconciliationTerms:
    """Say what drains or dries away between the scale and the lorry; months are judged again."""
    with db.transaction() as session:
        return reconciliation.set_terms(session, caller, canteen_id, wanted, now)


@router.get("/collections", responses=refusals(NotFound, Forbidden, PeriodRefused))
def list_collections(
    canteen_id: UUID, period: PeriodDep, caller: ReadersDep, db: DatabaseDep
) -> Collections:
    """List what haulers' statements say, newest first; at most 1,000 lines."""
    with db.reading() as session:
        return collections.list_collections(session, caller, canteen_id, period)


@router.post(
    "/collections",
    status_code=201,
    responses=refusals(NotFound, Forbidden, IdempotencyKeyReused),
)
def add_collection(
    wanted: CollectionCreate, caller: ManagementDep, db: DatabaseDep, now: NowDep, once: OnceDep
) -> Collection:
    """Keep a line of a hauler's statement; a manifest of the same day wins over it."""
    with db.transaction() as session:
        return once(
            session,
            caller,
            Collection,
            lambda: collections.add_collection(session, caller, wanted, now),
        )


@router.delete(
    "/collections/{collection_id}", status_code=204, responses=refusals(NotFound, Forbidden)
)
def withdraw_collection(
    collection_id: UUID, caller: ManagementDep, db: DatabaseDep, now: NowDep
) -> None:
    """Take a line of a statement back; it stays on record and counts no more."""
    with db.transaction() as session:
        collections.withdraw_collection(session, caller, collection_id, now)


@router.post("/imports/collections", responses=SHEET_REFUSALS)
def import_collections(
    file: Sheet,
    caller: ManagementDep,
    db: DatabaseDep,
    now: NowDep,
    locale: LocaleDep,
    *,
    dry_run: DryRun = False,
) -> ImportAnswer:
    """Take haulers' statements from a table, all or none; the same file again changes nothing."""
    findings = Findings(locale)
    lines = read_rows(file.filename or "", file.file.read(), CollectionSheetRow, findings)
    return take_table(
        db,
        lambda session: collections.import_collections(session, caller, lines, findings, now),
        dry_run=dry_run,
    )


@router.get("/imports/collections/template", response_class=Response)
def collections_template(_: ManagementDep, sheet_format: SheetFormat = "csv") -> Response:
    """Return an empty table with its header and one example row."""
    return template_answer(CollectionSheetRow, "collections", sheet_format)


@router.get("/mass-balances", responses=refusals(NotFound, Forbidden, PeriodRefused))
def show_mass_balances(
    canteen_id: UUID, period: PeriodDep, caller: ReadersDep, db: DatabaseDep
) -> MassBalances:
    """Return what became of each meal's food; what nobody weighed or told is not known."""
    with db.reading() as session:
        return balance.show_balances(session, caller, canteen_id, period)
