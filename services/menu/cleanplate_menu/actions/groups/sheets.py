"""Sheets of registrations for others: good rows are taken, bad rows are refused one by one."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from sqlmodel import Session

from cleanplate_menu.actions.groups.batches import register_many
from cleanplate_menu.actions.groups.resolving import UnknownDiner
from cleanplate_menu.actions.registering.refusals import AlreadyRegistered, CutoffPassed
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu_groups import ProxySheetRow, RegistrationItem
from cleanplate_shared.errors import NotFound, ServiceError
from cleanplate_shared.i18n import Message, msg
from cleanplate_shared.identity import Identity, find_canteens
from cleanplate_shared.roles import ANYONE
from cleanplate_shared.tabular import Findings, Line

MOST_ROWS = 2_000
MOST_PROBLEMS = MOST_ROWS * len(ProxySheetRow.model_fields)  # all of them
Entry = tuple[UUID, date, Meal, str]  # canteen, day, meal, number
SheetLine = Line[ProxySheetRow]


@dataclass(frozen=True)
class Taken:
    """What became of the rows of a sheet that could be read."""

    created: int
    unchanged: int


def sheet_id(content: bytes) -> UUID:
    """Return what tells a file from another; the same file has the same."""
    return UUID(bytes=hashlib.sha256(content).digest()[:16])


def register_sheet(
    session: Session,
    caller: Identity,
    lines: Sequence[SheetLine],
    sheet: UUID,
    findings: Findings,
) -> Taken:
    """Register the people of a sheet; what is wrong with a row is noted, and the row left out.

    Who is registered already stays so, with the portion that is there. A row is one registration
    for good: the same file again changes nothing, also where a diner has cancelled since.

    Args:
        session: of the transaction.
        caller: a manager, a secretary, or anybody for themselves.
        lines: at most 2000.
        sheet: of the file, see `sheet_id`.
        findings: grows with what is wrong.
    """
    entries = _entries(session, caller, lines, findings)
    items = [_item(sheet, entry, line.row) for entry, line in entries.items()]
    created = unchanged = 0
    verdicts = register_many(session, caller, items)
    for line, verdict in zip(entries.values(), verdicts, strict=True):
        if isinstance(verdict, ServiceError) and not isinstance(verdict, AlreadyRegistered):
            _note(line, verdict, findings)
        elif verdict is False:
            created += 1
        else:
            unchanged += 1
    return Taken(created, unchanged)


def _entries(
    session: Session, caller: Identity, lines: Sequence[SheetLine], findings: Findings
) -> dict[Entry, SheetLine]:
    """Return the rows whose canteen is known, each meal of a person once."""
    canteens: dict[str, list[UUID]] = {}
    for canteen in find_canteens(session, caller, ANYONE):
        canteens.setdefault(canteen.name, []).append(canteen.id)
    entries: dict[Entry, SheetLine] = {}
    for line in lines:
        row = line.row
        canteen_id = _canteen(line, canteens, findings)
        if canteen_id is None:
            continue
        entry = (canteen_id, row.date, row.meal, row.number)
        if entry in entries:
            said = msg("This person comes twice in one meal.")
            findings.add(line.number, "number", row.number, "duplicate", said)
        else:
            entries[entry] = line
    return entries


def _canteen(
    line: SheetLine, canteens: Mapping[str, Collection[UUID]], findings: Findings
) -> UUID | None:
    found = canteens.get(line.row.canteen, [])
    if len(found) == 1:
        return next(iter(found))
    said = (
        msg("Several of your canteens have this name; rename one.")
        if found
        else msg("You have no canteen named {name}; check the name.", name=line.row.canteen)
    )
    findings.add(line.number, "canteen", line.row.canteen, "unknown_canteen", said)
    return None


def _item(sheet: UUID, entry: Entry, row: ProxySheetRow) -> RegistrationItem:
    canteen_id, day, meal, number = entry
    return RegistrationItem(
        id=uuid5(sheet, f"{canteen_id} {day} {meal} {number}"),
        canteen_id=canteen_id,
        date=day,
        meal=meal,
        number=number,
        portion=row.portion,
        rice=row.rice,
    )


def _note(line: SheetLine, refusal: ServiceError, findings: Findings) -> None:
    column, value, said = "meal", line.row.meal.value, refusal.detail or refusal.title
    if isinstance(refusal, UnknownDiner):
        column, value = "number", line.row.number
        said = msg("Nobody whom you may register has this number; check it, or leave the row out.")
    elif isinstance(refusal, CutoffPassed):
        column, value = "date", line.row.date.isoformat()
        said = _with_remedy(said, msg("Leave the row out, or tell the kitchen."))
    elif isinstance(refusal, NotFound):
        said = msg("No such meal is planned on that day; check day and meal.")
    else:
        said = _with_remedy(said, msg("Leave the row out, or choose another meal."))
    findings.add(line.number, column, value, refusal.code, said)


def _with_remedy(said: Message, remedy: Message) -> Message:
    return msg("{what} {remedy}", what=said, remedy=remedy)
