"""Importing units and people over HTTP."""

from enum import StrEnum
from typing import Annotated, Literal

from fastapi import APIRouter, File, Query, Response, UploadFile

from cleanplate_directory.actions import imports, people_import
from cleanplate_directory.actions.imports import ChangedMeanwhile
from cleanplate_shared.contracts.directory import PersonSheetRow, UnitSheetRow
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import refusals
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.identity import ManagementDep
from cleanplate_shared.tabular import (
    FileRefused,
    Findings,
    ImportAnswer,
    RowsRefused,
    read_rows,
    template,
)

router = APIRouter(prefix="/imports", tags=["imports"])
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Kind(StrEnum):
    """What a file holds."""

    UNITS = "units"
    PEOPLE = "people"


@router.post("/{kind}", responses=refusals(FileRefused, RowsRefused, ChangedMeanwhile))
def import_file(
    kind: Kind,
    file: Annotated[UploadFile, File(description="CSV (UTF-8 or GB18030) or XLSX")],
    caller: ManagementDep,
    db: DatabaseDep,
    locale: LocaleDep,
    dry_run: Annotated[bool, Query()] = False,
) -> ImportAnswer:
    """Import a table: all rows or none, every bad cell is named, and twice is once."""
    content, name = file.file.read(), file.filename or ""
    findings = Findings(locale)
    if kind is Kind.UNITS:
        units = read_rows(name, content, UnitSheetRow, findings)
        with db.transaction() as session:
            return imports.import_units(session, caller, units, findings, dry_run=dry_run)
    people = read_rows(name, content, PersonSheetRow, findings)
    with db.transaction() as session:
        return people_import.import_people(session, caller, people, findings, dry_run=dry_run)


@router.get("/{kind}/template", response_class=Response)
def download_template(
    kind: Kind,
    _: ManagementDep,
    file_format: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "csv",
) -> Response:
    """Return an empty table with its header and one example row."""
    row_type = UnitSheetRow if kind is Kind.UNITS else PersonSheetRow
    name = f"{kind.value}.{file_format}"
    return Response(
        template(row_type, name),
        media_type="text/csv; charset=utf-8" if file_format == "csv" else _XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
