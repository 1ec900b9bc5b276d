"""The independent count of who ate: by a turnstile, a till, the plates, or by hand."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.attendance import show_attendance
from cleanplate_menu.actions.door.naming import withdraw_beyond_count
from cleanplate_menu.actions.imports.places import Place, change_sessions, chunks, sessions_at
from cleanplate_menu.actions.sessions import find_session
from cleanplate_menu.models import MealSessionRow
from cleanplate_shared.contracts.menu import Attendance
from cleanplate_shared.contracts.menu_door import AttendanceCountCreate, CountSheetRow
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.importing import Canteens, Changes
from cleanplate_shared.roles import KITCHEN
from cleanplate_shared.tabular import Findings, Line


def count_attendance(
    session: Session, caller: Identity, session_id: UUID, counted: AttendanceCountCreate
) -> Attendance:
    """Set the independent count of who ate; it wins over check-ins, and accuses nobody more."""
    find_session(session, caller, KITCHEN, session_id)
    row = session.get_one(MealSessionRow, session_id, with_for_update=True, populate_existing=True)
    if (row.served_count, row.served_source) != (counted.served, counted.source.value):
        row.served_count, row.served_source = counted.served, counted.source.value
        row.version += 1
        session.flush()
        withdraw_beyond_count(session, [row])
    return show_attendance(session, caller, session_id)


def import_counts(
    session: Session, caller: Identity, lines: Sequence[Line[CountSheetRow]], findings: Findings
) -> Changes:
    """Set the independent counts of meals that are there.

    Raises:
        RowsRefused: a canteen is not the caller's, a meal is not planned or comes twice.
    """
    canteens = Canteens(session, caller, findings)
    wanted: dict[Place, Line[CountSheetRow]] = {}
    for line in lines:
        canteen = canteens.find(line.number, line.row.canteen)
        if canteen is None:
            continue
        place = (canteen.id, line.row.date, line.row.meal.value)
        if place in wanted:
            said = msg("This meal is in the file twice.")
            findings.add(line.number, "meal", line.row.meal.value, "duplicate", said)
        wanted[place] = line
    there = sessions_at(session, wanted.keys())
    for place in wanted.keys() - there.keys():
        said = msg("This meal is not planned; import it as history.")
        findings.add(wanted[place].number, "meal", place[2], "unknown_meal", said)
    findings.check()
    changed: list[dict[str, Any]] = []
    for place, line in wanted.items():
        counted = {"served_count": line.row.served, "served_source": line.row.source.value}
        if any(there[place][name] != value for name, value in counted.items()):
            changed.append({"id": there[place]["id"], **counted})
    change_sessions(session, changed)
    _reconsider(session, [row["id"] for row in changed])
    return Changes(0, len(changed), len(wanted) - len(changed))


def _reconsider(session: Session, ids: Sequence[UUID]) -> None:
    for some in chunks(ids):
        found = select(MealSessionRow).where(col(MealSessionRow.id).in_(some))
        withdraw_beyond_count(session, session.exec(found).all())
