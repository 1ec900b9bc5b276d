"""Weighings from a ledger that people kept in a table."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import select
from sqlmodel import Session

from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.waste import Method, WeighingSheetRow
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteens
from cleanplate_shared.roles import MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_shared.tabular import Findings, ImportAnswer, Line
from cleanplate_waste.actions.days import CanteenDay, among, lock_canteens
from cleanplate_waste.actions.keeping import keep
from cleanplate_waste.models import KNOWN_SESSIONS, WEIGHING_KEYS, WEIGHINGS, KnownSessionRow

_AT_ONCE = 5_000  # parameters of one statement
_NOON = time(12)
LEDGER = "import"
_NOT_SAID: dict[str, Any] = dict.fromkeys(column.name for column in WEIGHINGS.c)


@dataclass(frozen=True)
class _Weighing:
    """A row of the ledger.

    Attributes:
        content: the row as text, and its place among equal rows.
    """

    id: UUID
    canteen: KnownCanteenRow
    row: WeighingSheetRow
    content: str

    @property
    def day(self) -> CanteenDay:
        """Return the canteen's day."""
        return self.canteen.id, self.row.date


def import_weighings(
    session: Session,
    caller: Identity,
    lines: Sequence[Line[WeighingSheetRow]],
    findings: Findings,
    now: datetime,
    *,
    dry_run: bool,
) -> ImportAnswer:
    """Keep the weighings of a ledger that are not there yet, all or none.

    A row's id comes from its content and its place among equal rows, so that the same file again
    is the same weighings. A row with a meal is of that meal, whether its session is known or not.

    Raises:
        RowsRefused: a row cannot be read, or the caller manages no one canteen of that name.
    """
    canteens = _by_name(find_canteens(session, caller, MANAGEMENT))
    _check_canteens(lines, canteens, findings)
    lock_canteens(session, {canteens[line.row.canteen].id for line in lines})
    rows = list(_weighings(lines, canteens))
    new = [row for part in _parts(rows) for row in _not_there(session, part)]
    if not dry_run:
        for part in _parts(new):
            sessions = _sessions(session, part)
            keep(session, [_values(r, sessions, caller, now) for r in part])
    return ImportAnswer(
        created=len(new), updated=0, unchanged=len(rows) - len(new), dry_run=dry_run
    )


def _check_canteens(
    lines: Sequence[Line[WeighingSheetRow]],
    canteens: Mapping[str, KnownCanteenRow],
    findings: Findings,
) -> None:
    for line in lines:
        if line.row.canteen not in canteens:
            findings.add(
                line.number,
                "canteen",
                line.row.canteen,
                "unknown",
                msg("You manage no canteen (or several) of this name; write the name as listed."),
            )
    findings.check()


def _weighings(
    lines: Sequence[Line[WeighingSheetRow]],
    canteens: Mapping[str, KnownCanteenRow],
) -> Iterator[_Weighing]:
    seen: Counter[str] = Counter()
    for line in lines:
        canteen = canteens[line.row.canteen]
        same = f"{canteen.id} {line.row.model_dump_json(exclude={'canteen'})}"
        seen[same] += 1
        content = f"{same} {seen[same]}"
        key = uuid5(NAMESPACE_OID, f"cleanplate weighing {content}")
        yield _Weighing(key, canteen, line.row, content)


def _by_name(canteens: Sequence[KnownCanteenRow]) -> Mapping[str, KnownCanteenRow]:
    times = Counter(canteen.name for canteen in canteens)
    return {canteen.name: canteen for canteen in canteens if times[canteen.name] == 1}


def _parts(rows: Sequence[_Weighing]) -> Iterator[Sequence[_Weighing]]:
    return (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))


def _not_there(session: Session, rows: Sequence[_Weighing]) -> list[_Weighing]:
    ids = select(WEIGHING_KEYS.c.id).where(WEIGHING_KEYS.c.id.in_([row.id for row in rows]))
    there = set(session.connection().execute(ids).scalars())
    return [row for row in rows if row.id not in there]


def _sessions(session: Session, rows: Sequence[_Weighing]) -> dict[tuple[CanteenDay, str], UUID]:
    days = {row.day for row in rows if row.row.meal}
    table = KNOWN_SESSIONS.c
    known = select(table.canteen_id, table.date, table.meal, table.id)
    found = session.connection().execute(known.where(among(KnownSessionRow, days)))
    return {((canteen, day), meal): key for canteen, day, meal, key in found}


def _values(
    weighing: _Weighing,
    sessions: Mapping[tuple[CanteenDay, str], UUID],
    caller: Identity,
    now: datetime,
) -> dict[str, Any]:
    row, meal = weighing.row, weighing.row.meal.value if weighing.row.meal else None
    return _NOT_SAID | {
        "id": weighing.id,
        "canteen_id": weighing.canteen.id,
        "meal_session_id": sessions.get((weighing.day, meal)) if meal else None,
        "meal": meal,
        "date": row.date,
        "stream": row.stream.value,
        "gross_grams": row.net_grams,
        "tare_grams": 0,
        "net_grams": row.net_grams,
        "device_id": LEDGER,
        "sequence": 0,
        "weighed_at": _noon(row.date, weighing.canteen.time_zone),
        "received_at": now,
        "recorded_by": caller.person_id,
        "reason": row.reason.value if row.reason else None,
        "method": Method.TYPED.value,
        "withdraws": False,
        "content_hash": hashlib.sha256(weighing.content.encode()).hexdigest(),
    }


def _noon(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, _NOON, zone(time_zone)).astimezone(UTC)
