"""Importing units and people over HTTP."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from cleanplate_directory.actions import imports, people_import
from cleanplate_directory.actions.imports import ChangedMeanwhile
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.directory import PersonSheetRow, UnitSheetRow
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import refusals
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.identity import ManagementDep
from cleanplate_shared.sheets import SHEET_REFUSALS, DryRun, Sheet, SheetFormat, template_answer
from cleanplate_shared.tabular import Findings, ImportAnswer, read_rows

router = APIRouter(prefix="/imports", tags=["imports"])


class Kind(StrEnum):
    """What a file holds."""

    UNITS = "units"
    PEOPLE = "people"


@dataclass(frozen=True)
class _Brought:
    """A file, and what is found wrong with it in the caller's language."""

    name: str
    content: bytes
    findings: Findings


def _brought(file: Sheet, locale: LocaleDep) -> _Brought:
    return _Brought(file.filename or "", file.file.read(), Findings(locale))


@router.post("/{kind}", responses=SHEET_REFUSALS | refusals(ChangedMeanwhile))
def import_file(
    kind: Kind,
    sheet: Annotated[_Brought, Depends(_brought)],
    caller: ManagementDep,
    db: DatabaseDep,
    now: NowDep,
    *,
    dry_run: DryRun = False,
) -> ImportAnswer:
    """Import a table: all rows or none, every bad cell is named, and twice is once."""
    name, content, findings = sheet.name, sheet.content, sheet.findings
    if kind is Kind.UNITS:
        units = read_rows(name, content, UnitSheetRow, findings)
        with db.transaction() as session:
            return imports.import_units(session, caller, units, findings, dry_run=dry_run)
    people = read_rows(name, content, PersonSheetRow, findings)
    with db.transaction() as session:
        return people_import.import_people(session, caller, people, findings, now, dry_run=dry_run)


@router.get("/{kind}/template", response_class=Response)
def download_template(kind: Kind, _: ManagementDep, sheet_format: SheetFormat = "csv") -> Response:
    """Return an empty table with its header and one example row."""
    row_type = UnitSheetRow if kind is Kind.UNITS else PersonSheetRow
    return template_answer(row_type, kind.value, sheet_format)
