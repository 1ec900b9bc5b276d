"""Weighings from a ledger that people kept in a table."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlmodel import Session, col, select

from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.waste import WeighingSheetRow
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteens
from cleanplate_shared.roles import MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_shared.tabular import Findings, ImportAnswer, Line
from cleanplate_waste.actions.days import among, lock_canteens, tell_days
from cleanplate_waste.actions.weighings import insert_weighings
from cleanplate_waste.models import KnownSessionRow, WeighingRow

_AT_ONCE = 500
_NOON = time(12)
_LEDGER = "import"


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
    rows = list(_weighings(lines, canteens, caller, now))
    new: list[WeighingRow] = []
    for part in _parts(rows):
        ids = select(WeighingRow.id).where(col(WeighingRow.id).in_([row.id for row in part]))
        there = set(session.exec(ids))
        new += [row for row in part if row.id not in there]
    if not dry_run:
        for part in _parts(new):
            _match_sessions(session, part)
            insert_weighings(session, part)
        tell_days(session, {(row.canteen_id, row.date) for row in new})
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
    caller: Identity,
    now: datetime,
) -> Iterator[WeighingRow]:
    seen: Counter[str] = Counter()
    for line in lines:
        canteen = canteens[line.row.canteen]
        content = f"{canteen.id} {line.row.model_dump_json(exclude={'canteen'})}"
        seen[content] += 1
        yield _weighing(line.row, canteen, f"{content} {seen[content]}", caller, now)


def _by_name(canteens: Sequence[KnownCanteenRow]) -> Mapping[str, KnownCanteenRow]:
    times = Counter(canteen.name for canteen in canteens)
    return {canteen.name: canteen for canteen in canteens if times[canteen.name] == 1}


def _parts(rows: Sequence[WeighingRow]) -> Iterator[Sequence[WeighingRow]]:
    return (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))


def _match_sessions(session: Session, rows: Sequence[WeighingRow]) -> None:
    days = {(row.canteen_id, row.date) for row in rows if row.meal}
    if not days:
        return
    known = session.exec(select(KnownSessionRow).where(among(KnownSessionRow, days)))
    ids = {(found.canteen_id, found.date, found.meal): found.id for found in known}
    for row in rows:
        if row.meal:
            row.meal_session_id = ids.get((row.canteen_id, row.date, row.meal))


def _weighing(
    row: WeighingSheetRow, canteen: KnownCanteenRow, content: str, caller: Identity, now: datetime
) -> WeighingRow:
    noon = datetime.combine(row.date, _NOON, zone(canteen.time_zone)).astimezone(UTC)
    key: UUID = uuid5(NAMESPACE_OID, f"cleanplate weighing {content}")
    return WeighingRow(
        id=key,
        canteen_id=canteen.id,
        meal_session_id=None,
        meal=row.meal.value if row.meal else None,
        date=row.date,
        stream=row.stream.value,
        gross_grams=row.net_grams,
        tare_grams=0,
        net_grams=row.net_grams,
        device_id=_LEDGER,
        sequence=0,
        weighed_at=noon,
        received_at=now,
        recorded_by=caller.person_id,
        reason=row.reason.value if row.reason else None,
        container=None,
        content_hash=hashlib.sha256(content.encode()).hexdigest(),
    )
