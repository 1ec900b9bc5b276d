"""Haulers' statements: what they weighed when they took a canteen's waste away."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import update
from sqlmodel import Session, col, select

from cleanplate_shared.contracts.waste_reconciliation import (
    Collection,
    CollectionCreate,
    Collections,
    CollectionSheetRow,
)
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.importing import Canteens, Changes
from cleanplate_shared.newest import insert_into
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import MANAGEMENT, READERS
from cleanplate_shared.tabular import Findings, Line
from cleanplate_waste.actions.collected import days_with_manifests
from cleanplate_waste.actions.days import lock_canteens
from cleanplate_waste.actions.standing import monday_of
from cleanplate_waste.actions.tiers import judge_months, month_of
from cleanplate_waste.models import COLLECTIONS, CollectionRow

_AT_ONCE = 2_000
_MOST_LISTED = 1_000
_THURSDAY, _FOUR_WEEKS = timedelta(days=3), timedelta(weeks=4)


def list_collections(
    session: Session, caller: Identity, canteen_id: UUID, period: Period
) -> Collections:
    """Return a canteen's statements that were not withdrawn, newest first; at most 1,000.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    find_canteen(session, caller, READERS, canteen_id)
    day = col(CollectionRow.date)
    wanted = select(CollectionRow).where(
        CollectionRow.canteen_id == canteen_id,
        day.between(period.first, period.last),
        col(CollectionRow.withdrawn_at).is_(None),
    )
    found = session.exec(wanted.order_by(day.desc(), col(CollectionRow.id)).limit(_MOST_LISTED))
    beaten = days_with_manifests(session, canteen_id, period.first, period.last)
    return Collections(items=[_told(row, counts=row.date not in beaten) for row in found])


def add_collection(
    session: Session, caller: Identity, wanted: CollectionCreate, now: datetime
) -> Collection:
    """Keep a line of a statement, and judge its month again.

    Raises:
        NotFound, Forbidden: not a canteen that the caller manages.
    """
    find_canteen(session, caller, MANAGEMENT, wanted.canteen_id)
    lock_canteens(session, [wanted.canteen_id])
    row = CollectionRow(**wanted.model_dump(), recorded_at=now, recorded_by=caller.person_id)
    session.add(row)
    session.flush()
    judge_months(session, _around([row], now), now)
    beaten = days_with_manifests(session, row.canteen_id, row.date, row.date)
    return _told(row, counts=not beaten)


def withdraw_collection(
    session: Session, caller: Identity, collection_id: UUID, now: datetime
) -> None:
    """Take a line of a statement back; it stays on record and does not count.

    Raises:
        NotFound, Forbidden: no line of a canteen that the caller manages.
    """
    row = session.get(CollectionRow, collection_id)
    if row is None:
        raise NotFound(msg("There is no such line of a statement."))
    find_canteen(session, caller, MANAGEMENT, row.canteen_id)
    lock_canteens(session, [row.canteen_id])
    session.execute(
        update(CollectionRow)
        .where(col(CollectionRow.id) == row.id, col(CollectionRow.withdrawn_at).is_(None))
        .values(withdrawn_at=now, withdrawn_by=caller.person_id)
    )
    judge_months(session, _around([row], now), now)


def import_collections(
    session: Session,
    caller: Identity,
    lines: Sequence[Line[CollectionSheetRow]],
    findings: Findings,
    now: datetime,
) -> Changes:
    """Keep the lines of statements that are not there yet, all or none.

    A line's id comes from its content and its place among equal lines, so that the same file
    again changes nothing.

    Raises:
        RowsRefused: a row cannot be read, or the caller manages no one canteen of that name.
    """
    rows = list(_rows(session, caller, lines, findings, now))
    findings.check()
    lock_canteens(session, {row.canteen_id for row in rows})
    insert = insert_into(session, COLLECTIONS).on_conflict_do_nothing(index_elements=["id"])
    new: set[UUID] = set()
    for start in range(0, len(rows), _AT_ONCE):
        part = [row.model_dump() for row in rows[start : start + _AT_ONCE]]
        kept = session.connection().execute(insert.returning(COLLECTIONS.c.id), part)
        new |= set(kept.scalars())
    judge_months(session, _around([row for row in rows if row.id in new], now), now)
    return Changes(created=len(new), unchanged=len(rows) - len(new))


def _rows(
    session: Session,
    caller: Identity,
    lines: Sequence[Line[CollectionSheetRow]],
    findings: Findings,
    now: datetime,
) -> Iterator[CollectionRow]:
    canteens = Canteens(session, caller, findings)
    seen: Counter[str] = Counter()
    for line in lines:
        canteen = canteens.find(line.number, line.row.canteen)
        if canteen is not None:
            grams = int(line.row.net_kg * 1000)
            same = f"{canteen.id} {line.row.date} {grams} {line.row.hauler}"
            seen[same] += 1
            yield CollectionRow(
                id=uuid5(NAMESPACE_OID, f"cleanplate collection {same} {seen[same]}"),
                canteen_id=canteen.id,
                date=line.row.date,
                net_grams=grams,
                hauler=line.row.hauler,
                recorded_at=now,
                recorded_by=caller.person_id,
            )


def _around(rows: Iterable[CollectionRow], now: datetime) -> set[tuple[UUID, str]]:
    """Return the months that are judged by these days: by their weeks, or by the last four."""
    today = now.date()
    months = set()
    for row in rows:
        later = max(row.date, min(row.date + _FOUR_WEEKS, today))
        for day in (row.date, monday_of(row.date) + _THURSDAY, later):
            months.add((row.canteen_id, month_of(day)))
    return months


def _told(row: CollectionRow, *, counts: bool) -> Collection:
    return Collection(**row.model_dump(include=set(Collection.model_fields)), counts=counts)
