"""Writing a ledger set by set: one statement per kind of row, however many rows there are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import RowMapping, bindparam, insert, select, update
from sqlmodel import Session

from cleanplate_menu import domain
from cleanplate_menu.actions.imports.places import (
    Place,
    change_sessions,
    chunks,
    insert_sessions,
    sessions_at,
)
from cleanplate_menu.models import CHECK_INS, REGISTRATIONS
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.menu_registrations import RegistrationStatus
from cleanplate_shared.i18n import msg
from cleanplate_shared.importing import Changes
from cleanplate_shared.tabular import Findings

_REGISTERED = RegistrationStatus.REGISTERED.value
_FROM_LEDGER = "ledger"
_CHANGE_PORTION = (
    update(REGISTRATIONS)
    .where(REGISTRATIONS.c.id == bindparam("key"))
    .values(portion=bindparam("new_portion"))
)


@dataclass(frozen=True)
class Entry:
    """One person at one meal; without a portion they were not registered."""

    portion: str | None
    served: bool


@dataclass
class Sheet:
    """One meal's page of the ledger."""

    line: int
    time_zone: str
    entries: dict[UUID, Entry] = field(default_factory=dict)
    uncounted: int = 0


@dataclass
class _There:
    """What is there already of the sessions in the ledger."""

    registrations: dict[tuple[UUID, UUID], RowMapping] = field(default_factory=dict)
    codes: set[tuple[UUID, str]] = field(default_factory=set)
    served: set[UUID] = field(default_factory=set)  # registrations
    eaten: set[tuple[UUID, UUID]] = field(default_factory=set)  # session, person
    check_ins: set[UUID] = field(default_factory=set)


@dataclass
class _Work:
    """Rows to be written, and the count of the file's rows."""

    changes: Changes = field(default_factory=Changes)
    sessions: list[dict[str, Any]] = field(default_factory=list)
    changed_sessions: list[dict[str, Any]] = field(default_factory=list)
    registrations: list[dict[str, Any]] = field(default_factory=list)
    portions: list[dict[str, Any]] = field(default_factory=list)
    check_ins: list[dict[str, Any]] = field(default_factory=list)

    def total(self) -> int:
        """Return how many rows are to be written below the sessions."""
        return len(self.registrations) + len(self.portions) + len(self.check_ins)


@dataclass(frozen=True)
class _Meal:
    """A session that the ledger has a page of."""

    id: UUID
    cutoff_at: datetime
    meal_at: datetime


def write(session: Session, sheets: Mapping[Place, Sheet], findings: Findings) -> Changes:
    """Write the ledger's pages; what is there stays.

    Raises:
        RowsRefused: more people than seats, or a day whose identities are no longer kept.
    """
    known = sessions_at(session, sheets.keys())
    there = _look_up(session, [row["id"] for row in known.values()])
    work = _Work()
    for place, sheet in sheets.items():
        _page(place, sheet, known.get(place), there, work, findings)
    findings.check()
    insert_sessions(session, work.sessions)
    change_sessions(session, work.changed_sessions)
    connection = session.connection()
    if work.registrations:
        connection.execute(insert(REGISTRATIONS), work.registrations)
    if work.portions:
        connection.execute(_CHANGE_PORTION, work.portions)
    if work.check_ins:
        connection.execute(insert(CHECK_INS), work.check_ins)
    return work.changes


def _look_up(session: Session, session_ids: Collection[UUID]) -> _There:
    there = _There()
    connection = session.connection()
    for some in chunks(session_ids):
        mine = REGISTRATIONS.c.meal_session_id.in_(some)
        for row in connection.execute(select(REGISTRATIONS).where(mine)).mappings():
            there.codes.add((row["meal_session_id"], row["pickup_code"]))
            if row["status"] == _REGISTERED:
                there.registrations[row["meal_session_id"], row["person_id"]] = row
        came = select(CHECK_INS).where(CHECK_INS.c.meal_session_id.in_(some))
        for row in connection.execute(came).mappings():
            there.check_ins.add(row["id"])
            if row["registration_id"]:
                there.served.add(row["registration_id"])
            if row["person_id"]:
                there.eaten.add((row["meal_session_id"], row["person_id"]))
    return there


def _page(
    place: Place,
    sheet: Sheet,
    known: RowMapping | None,
    there: _There,
    work: _Work,
    findings: Findings,
) -> None:
    _, day, meal_name = place
    canteen_zone = zone(sheet.time_zone)
    meal = _Meal(
        known["id"] if known else uuid4(),
        known["cutoff_at"] if known else domain.default_cutoff(day, canteen_zone),
        domain.meal_time(day, meal_name, canteen_zone),
    )
    if known and known["is_forgotten"]:
        said = msg("Names of that day are no longer kept.")
        findings.add(sheet.line, "date", day, "forgotten", said)
        return
    registered_before, rows_before = len(work.registrations), work.total()
    for person_id, entry in sheet.entries.items():
        _person(meal, person_id, entry, there, work)
    for number in range(sheet.uncounted):
        _uncounted(meal, number, there, work)
    added = len(work.registrations) - registered_before
    if known is None:
        work.sessions.append(_new_session(place, meal, added))
    elif work.total() > rows_before:
        _change_session(sheet, known, added, work, findings)


def _person(meal: _Meal, person_id: UUID, entry: Entry, there: _There, work: _Work) -> None:
    registration = there.registrations.get((meal.id, person_id))
    registration_id = registration["id"] if registration else None
    is_new = is_changed = False
    if registration is None and entry.portion:
        registration_id, is_new = uuid4(), True
        work.registrations.append(_registration(meal, registration_id, person_id, entry, there))
    elif registration is not None and entry.portion not in {None, registration["portion"]}:
        is_changed = True
        work.portions.append({"key": registration_id, "new_portion": entry.portion})
    if (
        entry.served
        and registration_id not in there.served
        and (meal.id, person_id) not in there.eaten
    ):
        is_changed = True
        check_in_id = uuid5(meal.id, str(person_id))
        work.check_ins.append(_check_in(meal, check_in_id, registration_id, person_id))
    if is_new or (is_changed and registration is None):
        work.changes.created += 1
    elif is_changed:
        work.changes.updated += 1
    else:
        work.changes.unchanged += 1


def _uncounted(meal: _Meal, number: int, there: _There, work: _Work) -> None:
    check_in_id = uuid5(meal.id, f"uncounted {number}")
    if check_in_id in there.check_ins:
        work.changes.unchanged += 1
        return
    work.changes.created += 1
    work.check_ins.append(_check_in(meal, check_in_id, None, None))


def _registration(
    meal: _Meal, registration_id: UUID, person_id: UUID, entry: Entry, there: _There
) -> dict[str, Any]:
    code = domain.pickup_code()
    while (meal.id, code) in there.codes:
        code = domain.pickup_code()
    there.codes.add((meal.id, code))
    return {
        "id": registration_id,
        "meal_session_id": meal.id,
        "person_id": person_id,
        "portion": entry.portion,
        "status": _REGISTERED,
        "pickup_code": code,
        "registered_at": meal.cutoff_at,
        "dishes": [],
    }


def _check_in(
    meal: _Meal, check_in_id: UUID, registration_id: UUID | None, person_id: UUID | None
) -> dict[str, Any]:
    return {
        "id": check_in_id,
        "meal_session_id": meal.id,
        "registration_id": registration_id,
        "person_id": person_id,
        "at": meal.meal_at,
        "content_hash": _FROM_LEDGER,
    }


def _new_session(place: Place, meal: _Meal, registered: int) -> dict[str, Any]:
    canteen_id, day, meal_name = place
    return {
        "id": meal.id,
        "canteen_id": canteen_id,
        "day": day,
        "meal": meal_name,
        "cutoff_at": meal.cutoff_at,
        "capacity": registered,
        "registered": registered,
    }


def _change_session(
    sheet: Sheet, known: RowMapping, added: int, work: _Work, findings: Findings
) -> None:
    """Count the new registrations; totals from a history file give way to names."""
    takes_over = known["is_imported"] and added > 0
    registered = added if takes_over else known["registered"] + added
    capacity = max(known["capacity"], registered) if takes_over else known["capacity"]
    if registered > capacity:
        said = msg(
            "{count} {count:person|people} for {capacity} {capacity:seat|seats}.",
            count=registered,
            capacity=capacity,
        )
        findings.add(sheet.line, "number", "", "too_many", said)
    work.changed_sessions.append(
        {
            "id": known["id"],
            "registered": registered,
            "capacity": capacity,
            "is_imported": known["is_imported"] and not takes_over,
            "is_registered": known["is_registered"] or added > 0,
        }
    )
