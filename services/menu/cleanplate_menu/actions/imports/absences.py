"""Absences from an office system's export (请假, 出差)."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.imports.places import chunks
from cleanplate_menu.actions.planning.absences import MOST_DAYS
from cleanplate_menu.models import AbsenceRow, KnownPersonRow
from cleanplate_shared.contracts.menu_planning import AbsenceSheetRow
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteens
from cleanplate_shared.importing import Changes
from cleanplate_shared.roles import MANAGEMENT
from cleanplate_shared.tabular import Findings, Line

Key = tuple[UUID, date, date]


def import_absences(
    session: Session, caller: Identity, lines: Sequence[Line[AbsenceSheetRow]], findings: Findings
) -> Changes:
    """Note absences; the job cancels the registrations in them.

    Raises:
        RowsRefused: a number is nobody's or several people's, the days are reversed or more than
            366, a row comes twice.
    """
    people = _People(session, caller, lines)
    wanted: dict[Key, AbsenceRow] = {}
    for line in lines:
        person_id = people.find(line, findings)
        row = line.row
        if not 0 <= (row.last_day - row.first_day).days < MOST_DAYS:
            said = msg("At most {days} days, the earlier first.", days=MOST_DAYS)
            findings.add(line.number, "last_day", row.last_day, "span", said)
        if person_id is None:
            continue
        key = (person_id, row.first_day, row.last_day)
        if key in wanted:
            said = msg("This absence comes twice.")
            findings.add(line.number, "number", row.number, "duplicate", said)
        wanted[key] = AbsenceRow(
            person_id=person_id,
            first_day=row.first_day,
            last_day=row.last_day,
            kind=row.kind.value,
            made_by=caller.person_id,
            is_applied=False,
        )
    findings.check()
    return _write(session, wanted)


class _People:
    """Those who eat, or ate, at the caller's canteens, by number."""

    def __init__(
        self, session: Session, caller: Identity, lines: Sequence[Line[AbsenceSheetRow]]
    ) -> None:
        canteens = find_canteens(session, caller, MANAGEMENT)
        self._mine = {str(canteen.id) for canteen in canteens}
        self._named = {name: set[str]() for name in {canteen.name for canteen in canteens}}
        for canteen in canteens:
            self._named[canteen.name].add(str(canteen.id))
        self._by_number: dict[str, list[KnownPersonRow]] = {}
        for some in chunks({line.row.number for line in lines}):
            found = select(KnownPersonRow).where(col(KnownPersonRow.number).in_(some))
            for person in session.exec(found):
                self._by_number.setdefault(person.number, []).append(person)

    def find(self, line: Line[AbsenceSheetRow], findings: Findings) -> UUID | None:
        """Return the person of a row; None, and a finding, if there is not exactly one."""
        number, canteen = line.row.number, line.row.canteen
        places = self._mine if canteen is None else self._named.get(canteen, set())
        found = [
            person
            for person in self._by_number.get(number, [])
            if not places.isdisjoint(person.canteen_ids)
        ]
        if len(found) == 1:
            return found[0].id
        said = (
            msg("Several people have this number; say which canteen.")
            if found
            else msg("Nobody with this number eats at your canteens; import people first.")
        )
        findings.add(line.number, "number", number, "unknown_person", said)
        return None


def _write(session: Session, wanted: dict[Key, AbsenceRow]) -> Changes:
    changes = Changes()
    there: dict[Key, AbsenceRow] = {}
    for some in chunks({key[0] for key in wanted}):
        rows = session.exec(select(AbsenceRow).where(col(AbsenceRow.person_id).in_(some)))
        there |= {(row.person_id, row.first_day, row.last_day): row for row in rows}
    for key, fresh in wanted.items():
        row = there.get(key)
        if row is None:
            session.add(fresh)
            changes.created += 1
        elif row.kind == fresh.kind:
            changes.unchanged += 1
        else:
            row.kind = fresh.kind
            changes.updated += 1
    session.flush()
    return changes
