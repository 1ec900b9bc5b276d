"""Importing tables over HTTP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from cleanplate_forecast.actions.given.imports import import_given
from cleanplate_forecast.actions.purchasing.imports import import_ingredients, import_stock
from cleanplate_shared.contracts.forecast_given import GIVEN, GivenSheetRow, GivenTemplateRow
from cleanplate_shared.contracts.forecast_purchasing import IngredientSheetRow, StockSheetRow
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.identity import ManagementDep
from cleanplate_shared.importing import Changes, take_table
from cleanplate_shared.sheets import SHEET_REFUSALS, DryRun, Sheet, SheetFormat, template_answer
from cleanplate_shared.tabular import Findings, ImportAnswer, read_rows

router = APIRouter(prefix="/imports", tags=["imports"])


class Kind(StrEnum):
    """What a file holds."""

    COLUMNS = "columns"
    INGREDIENTS = "ingredients"
    STOCK = "stock"


@dataclass(frozen=True)
class _Import:
    """How a table is read and taken; `more` begins the names of its further columns."""

    row_type: type[BaseModel]
    template_type: type[BaseModel]
    action: Callable[..., Changes]
    more: str = ""


_IMPORTS: Mapping[Kind, _Import] = {
    Kind.COLUMNS: _Import(GivenSheetRow, GivenTemplateRow, import_given, GIVEN),
    Kind.INGREDIENTS: _Import(IngredientSheetRow, IngredientSheetRow, import_ingredients),
    Kind.STOCK: _Import(StockSheetRow, StockSheetRow, import_stock),
}


@router.post("/{kind}", responses=SHEET_REFUSALS)
def import_file(
    kind: Kind,
    file: Sheet,
    caller: ManagementDep,
    db: DatabaseDep,
    locale: LocaleDep,
    *,
    dry_run: DryRun = False,
) -> ImportAnswer:
    """Import a table: all rows or none, every bad cell is named, and twice is once."""
    wanted, findings = _IMPORTS[kind], Findings(locale)
    name, content = file.filename or "", file.file.read()
    lines: list[Any] = read_rows(name, content, wanted.row_type, findings, wanted.more)
    return take_table(
        db, lambda session: wanted.action(session, caller, lines, findings), dry_run=dry_run
    )


@router.get("/{kind}/template", response_class=Response)
def download_template(kind: Kind, _: ManagementDep, sheet_format: SheetFormat = "csv") -> Response:
    """Return an empty table with its header and one example row."""
    return template_answer(_IMPORTS[kind].template_type, kind.value, sheet_format)
