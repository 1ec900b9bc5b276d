"""Importing tables over HTTP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from cleanplate_menu.actions.door.counting import import_counts
from cleanplate_menu.actions.imports.absences import import_absences
from cleanplate_menu.actions.imports.dishes import import_dishes
from cleanplate_menu.actions.imports.history import import_history
from cleanplate_menu.actions.imports.ledger import import_ledger
from cleanplate_menu.actions.imports.plans import import_plans
from cleanplate_menu.actions.imports.recipes import import_recipes
from cleanplate_menu.actions.imports.survey import import_leftovers, import_ratings
from cleanplate_shared.contracts.menu import (
    DishSheetRow,
    HistorySheetRow,
    MealSessionSheetRow,
    RegistrationSheetRow,
)
from cleanplate_shared.contracts.menu_door import CountSheetRow
from cleanplate_shared.contracts.menu_planning import AbsenceSheetRow
from cleanplate_shared.contracts.menu_recipes import RecipeSheetRow
from cleanplate_shared.contracts.menu_survey import LeftoverSheetRow, RatingSheetRow
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.identity import ManagementDep
from cleanplate_shared.importing import Changes, take_table
from cleanplate_shared.sheets import SHEET_REFUSALS, DryRun, Sheet, SheetFormat, template_answer
from cleanplate_shared.tabular import Findings, ImportAnswer, read_rows

router = APIRouter(prefix="/imports", tags=["imports"])


class Kind(StrEnum):
    """What a file holds."""

    ABSENCES = "absences"
    COUNTS = "counts"
    DISHES = "dishes"
    HISTORY = "history"
    LEFTOVERS = "leftovers"
    MEAL_SESSIONS = "meal-sessions"
    RATINGS = "ratings"
    RECIPES = "recipes"
    REGISTRATIONS = "registrations"


@dataclass(frozen=True)
class _Import:
    row_type: type[BaseModel]
    action: Callable[..., Changes]


_IMPORTS: Mapping[Kind, _Import] = {
    Kind.ABSENCES: _Import(AbsenceSheetRow, import_absences),
    Kind.COUNTS: _Import(CountSheetRow, import_counts),
    Kind.DISHES: _Import(DishSheetRow, import_dishes),
    Kind.HISTORY: _Import(HistorySheetRow, import_history),
    Kind.LEFTOVERS: _Import(LeftoverSheetRow, import_leftovers),
    Kind.MEAL_SESSIONS: _Import(MealSessionSheetRow, import_plans),
    Kind.RATINGS: _Import(RatingSheetRow, import_ratings),
    Kind.RECIPES: _Import(RecipeSheetRow, import_recipes),
    Kind.REGISTRATIONS: _Import(RegistrationSheetRow, import_ledger),
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
    lines: list[Any] = read_rows(file.filename or "", file.file.read(), wanted.row_type, findings)
    return take_table(
        db, lambda session: wanted.action(session, caller, lines, findings), dry_run=dry_run
    )


@router.get("/{kind}/template", response_class=Response)
def download_template(kind: Kind, _: ManagementDep, sheet_format: SheetFormat = "csv") -> Response:
    """Return an empty table with its header and one example row."""
    return template_answer(_IMPORTS[kind].row_type, kind.value, sheet_format)
