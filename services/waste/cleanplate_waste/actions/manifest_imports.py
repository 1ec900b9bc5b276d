"""Collections of before, from a table that was kept on paper."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import insert
from sqlmodel import Session, col, select

from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.waste_manifests import (
    How,
    ManifestSheetRow,
    ManifestState,
)
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteens
from cleanplate_shared.roles import MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_shared.tabular import Findings, ImportAnswer, Line
from cleanplate_waste.actions.days import lock_canteens
from cleanplate_waste.actions.haulers import licence_of
from cleanplate_waste.models import MANIFESTS, HaulerRow, ManifestEntryRow, ManifestRow

_AT_ONCE = 500
_ENTRIES = ManifestEntryRow.metadata.tables["manifest_entry"]


@dataclass(frozen=True)
class _Collection:
    """A row of the table, where it happened, and when."""

    id: UUID
    canteen: KnownCanteenRow
    row: ManifestSheetRow
    at: datetime


def import_manifests(
    session: Session,
    caller: Identity,
    lines: Sequence[Line[ManifestSheetRow]],
    findings: Findings,
    now: datetime,
    *,
    dry_run: bool,
) -> ImportAnswer:
    """Keep the collections of a table that are not there yet, as closed, all or none.

    A row's id comes from its content and its place among equal rows: the same file again changes
    nothing. Haulers are found by name; what was weighed at the time is not asked.

    Raises:
        RowsRefused: a row cannot be read, lies ahead, or names no one canteen of the caller.
    """
    canteens = _by_name(find_canteens(session, caller, MANAGEMENT))
    for line in lines:
        _check(line, canteens, findings, now)
    findings.check()
    lock_canteens(session, {canteens[line.row.canteen][0].id for line in lines})
    wanted = list(_collections(lines, canteens))
    there = _there(session, [one.id for one in wanted])
    new = [one for one in wanted if one.id not in there]
    if not dry_run and new:
        _keep(session, caller, new)
    return ImportAnswer(
        created=len(new), updated=0, unchanged=len(wanted) - len(new), dry_run=dry_run
    )


def _by_name(canteens: Sequence[KnownCanteenRow]) -> dict[str, list[KnownCanteenRow]]:
    found: dict[str, list[KnownCanteenRow]] = {}
    for canteen in canteens:
        found.setdefault(canteen.name, []).append(canteen)
    return found


def _check(
    line: Line[ManifestSheetRow],
    canteens: Mapping[str, Sequence[KnownCanteenRow]],
    findings: Findings,
    now: datetime,
) -> None:
    row = line.row
    mine = canteens.get(row.canteen, ())
    if len(mine) != 1:
        words = msg("You manage no canteen of this name, or more than one.")
        findings.add(line.number, "canteen", row.canteen, "unknown", words)
    elif _at(row, mine[0]) > now:
        words = msg("This day and time have not come yet.")
        findings.add(line.number, "date", row.date, "ahead", words)


def _at(row: ManifestSheetRow, canteen: KnownCanteenRow) -> datetime:
    hour, minute = map(int, row.time.split(":"))
    return datetime.combine(row.date, time(hour, minute), zone(canteen.time_zone)).astimezone(UTC)


def _collections(
    lines: Sequence[Line[ManifestSheetRow]], canteens: Mapping[str, Sequence[KnownCanteenRow]]
) -> list[_Collection]:
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        canteen = canteens[line.row.canteen][0]
        content = f"{canteen.id} {line.row.model_dump_json()}"
        seen[content] += 1
        digest = hashlib.sha256(f"{content} {seen[content]}".encode()).hexdigest()
        key = uuid5(NAMESPACE_OID, f"manifest {digest}")
        found.append(_Collection(key, canteen, line.row, _at(line.row, canteen)))
    return found


def _there(session: Session, ids: Sequence[UUID]) -> set[UUID]:
    there: set[UUID] = set()
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        there |= set(session.exec(select(ManifestRow.id).where(col(ManifestRow.id).in_(part))))
    return there


def _keep(session: Session, caller: Identity, new: Sequence[_Collection]) -> None:
    organizations = {one.canteen.organization_id for one in new}
    haulers = {
        (row.organization_id, row.name): row
        for row in session.exec(
            select(HaulerRow).where(col(HaulerRow.organization_id).in_(organizations))
        )
    }
    rows = [_values(one, haulers.get((one.canteen.organization_id, one.row.hauler))) for one in new]
    lines = [line for one in new for line in _history(one, caller)]
    session.connection().execute(insert(MANIFESTS), rows)
    session.connection().execute(insert(_ENTRIES), lines)


def _values(one: _Collection, hauler: HaulerRow | None) -> dict[str, Any]:
    row = one.row
    each, rest = divmod(row.net_grams, row.containers)
    weights = [each + (n < rest) for n in range(row.containers)]
    return {
        "id": one.id,
        "canteen_id": one.canteen.id,
        "kind": row.kind.value,
        "state": ManifestState.CLOSED.value,
        "date": row.date,
        "hauler_id": hauler.id if hauler else None,
        "hauler_name": row.hauler,
        "licence_number": hauler.licence_number if hauler else None,
        "licence": licence_of(hauler, one.canteen, one.at).value,
        "plate": row.plate,
        "destination": row.destination.value,
        "lot_id": None,
        "containers": [{"label": None, "gross_grams": g, "tare_grams": 0} for g in weights],
        "net_grams": row.net_grams,
        "received_grams": row.received_grams,
        "opened_at": one.at,
        "handed_over_at": one.at,
        "closed_at": one.at,
    }


def _history(one: _Collection, caller: Identity) -> list[dict[str, Any]]:
    line = {
        "manifest_id": one.id,
        "at": one.at,
        "how": How.IMPORT.value,
        "person_id": caller.person_id,
        "name": caller.name,
    }
    lines = [{**line, "state": ManifestState.HANDED_OVER.value, "net_grams": one.row.net_grams}]
    if one.row.received_grams is not None:
        received = {"state": ManifestState.RECEIVED.value, "net_grams": one.row.received_grams}
        lines.append({**line, **received})
    return [*lines, {**line, "state": ManifestState.CLOSED.value, "net_grams": None}]
