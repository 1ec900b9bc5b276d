"""A past ledger of registrations (报餐台账): who registered and who came, by name."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.imports import ledger_rows
from cleanplate_menu.actions.imports.places import Place, chunks
from cleanplate_menu.models import KnownPersonRow
from cleanplate_shared.contracts.menu import RegistrationSheetRow
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.importing import Canteens, Changes
from cleanplate_shared.tabular import Findings, Line


def import_ledger(
    session: Session,
    caller: Identity,
    lines: Sequence[Line[RegistrationSheetRow]],
    findings: Findings,
) -> Changes:
    """Record registrations and check-ins of the past, with names.

    Meals that are not there are made, with as many seats as were registered. What is there
    already stays; only a portion may change.

    Raises:
        RowsRefused: a canteen is not the caller's, a number is nobody's, a person comes twice to
            a meal, more people than seats, or identities of that day are no longer kept.
    """
    canteens = Canteens(session, caller, findings)
    numbers = {line.row.number for line in lines if line.row.number}
    people = _people(session, numbers)
    meals: dict[Place, ledger_rows.Sheet] = {}
    for line in lines:
        canteen = canteens.find(line.number, line.row.canteen)
        if canteen is None:
            continue
        place = (canteen.id, line.row.date, line.row.meal.value)
        sheet = meals.get(place)
        if sheet is None:
            sheet = meals[place] = ledger_rows.Sheet(line.number, canteen.time_zone)
        _enter(sheet, line, people.get((str(canteen.id), line.row.number or "")), findings)
    findings.check()
    return ledger_rows.write(session, meals, findings)


def _people(session: Session, numbers: Collection[str]) -> dict[tuple[str, str], UUID]:
    """Return people by canteen and number; also those who have left."""
    people: dict[tuple[str, str], UUID] = {}
    for some in chunks(numbers):
        found = select(KnownPersonRow.id, KnownPersonRow.number, KnownPersonRow.canteen_ids)
        for person_id, number, canteen_ids in session.exec(
            found.where(col(KnownPersonRow.number).in_(some))
        ):
            people.update({(canteen_id, number): person_id for canteen_id in canteen_ids})
    return people


def _enter(
    sheet: ledger_rows.Sheet,
    line: Line[RegistrationSheetRow],
    person_id: UUID | None,
    findings: Findings,
) -> None:
    """Put a row into its meal's sheet, or note what is wrong with it."""
    row = line.row
    if row.number and person_id is None:
        said = msg("Nobody with this number eats at this canteen; import people first.")
        findings.add(line.number, "number", row.number, "unknown_person", said)
    elif person_id in sheet.entries:
        said = msg("This person comes twice in one meal.")
        findings.add(line.number, "number", row.number, "duplicate", said)
    elif row.number is None and row.portion:
        said = msg("A registration needs the diner's number.")
        findings.add(line.number, "number", "", "missing", said)
    elif row.portion is None and not row.served:
        said = msg("Neither registered nor served; leave this row out.")
        findings.add(line.number, "served", row.served, "nothing", said)
    elif person_id is None:
        sheet.uncounted += 1
    else:
        portion = row.portion.value if row.portion else None
        sheet.entries[person_id] = ledger_rows.Entry(portion, row.served)
