"""The ledger (台账) of a canteen's month: what arose, and who took it away."""

import calendar
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_shared.contracts.waste_manifests import (
    Destination,
    ManifestState,
    WasteKind,
)
from cleanplate_shared.contracts.waste_treatment import (
    Ledger,
    LedgerRow,
    LedgerTotal,
)
from cleanplate_shared.i18n import Locale, Message, msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import KITCHEN, READERS
from cleanplate_waste.actions.destinations import manifests_gone, produced
from cleanplate_waste.actions.manifests.rows import code_of, entries_of, signed, signer
from cleanplate_waste.domain.manifests import counted
from cleanplate_waste.models import LotRow, ManifestEntryRow, ManifestRow

_Day = tuple[date, WasteKind]
_STATES: dict[str, Message] = {
    ManifestState.HANDED_OVER.value: msg("not confirmed by the driver"),
    ManifestState.RECEIVED.value: msg("not closed"),
    ManifestState.DISPUTED.value: msg("the weights differ"),
}


def show_ledger(
    session: Session, caller: Identity, canteen_id: UUID, month: str, locale: Locale
) -> Ledger:
    """Return a month's ledger; names of those who signed are the kitchen's own.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    period = days_of(month)
    arose = produced(session, canteen_id, period)
    gone = list(manifests_gone(session, canteen_id, period))
    rows = _rows(session, arose, gone, locale, names=caller.holds(KITCHEN, canteen))
    return Ledger(
        canteen_id=canteen_id,
        canteen=canteen.name,
        time_zone=canteen.time_zone,
        month=month,
        rows=list(rows),
        totals=[_total(kind, arose, gone) for kind in WasteKind],
        incidents=sum(row.incident is not None for row in gone),
    )


def days_of(month: str) -> Period:
    """Return the days of a month written as `2026-03`."""
    first = date.fromisoformat(f"{month}-01")
    return Period(first, first.replace(day=calendar.monthrange(first.year, first.month)[1]))


def _rows(
    session: Session,
    arose: dict[_Day, int],
    gone: Sequence[ManifestRow],
    locale: Locale,
    *,
    names: bool,
) -> Iterator[LedgerRow]:
    by_day: defaultdict[_Day, list[ManifestRow]] = defaultdict(list)
    for row in gone:
        by_day[row.date, WasteKind(row.kind)].append(row)
    histories = entries_of(session, gone)
    machines = _machines(session, gone)
    order = list(WasteKind)
    for day in sorted(arose.keys() | by_day.keys(), key=lambda key: (key[0], order.index(key[1]))):
        weighed = arose.get(day, 0)
        if not by_day[day]:
            yield _row(day, weighed, {"remarks": ""})
        for row in by_day[day]:
            signatures = _signatures(histories[row.id], names=names)
            machine = machines.get(row.lot_id) if row.lot_id else None
            said = _collection(row, machine) | signatures | {"remarks": _remarks(row, locale)}
            yield _row(day, weighed if row is by_day[day][0] else None, said)


def _row(day: _Day, weighed: int | None, said: dict[str, object]) -> LedgerRow:
    nothing = dict.fromkeys(LedgerRow.model_fields)
    about = {"date": day[0], "kind": day[1], "produced_grams": weighed, "is_incident": False}
    return LedgerRow.model_validate({**nothing, **about, **said})


def _collection(row: ManifestRow, machine: str | None) -> dict[str, object]:
    return {
        "code": code_of(row),
        "containers": len(row.containers),
        "net_grams": row.net_grams,
        "received_grams": row.received_grams,
        "hauler": row.hauler_name,
        "licence_number": row.licence_number,
        "plate": row.plate,
        "at": row.handed_over_at,
        "destination": Destination(row.destination) if row.destination else None,
        "machine": machine,
        "is_incident": row.incident is not None,
    }


def _signatures(entries: Sequence[ManifestEntryRow], *, names: bool) -> dict[str, object]:
    kitchen = signed(entries, ManifestState.HANDED_OVER)
    driver = signed(entries, ManifestState.RECEIVED)
    return {
        "kitchen": signer(kitchen) if names else None,
        "driver": signer(driver) if names else None,
        "is_signed": (kitchen is not None, driver is not None),
    }


def _remarks(row: ManifestRow, locale: Locale) -> str:
    said = []
    if row.incident:
        said.append(msg("incident, no valid licence: {reason}", reason=row.incident))
    if row.excess_reason:
        said.append(msg("more than was weighed: {reason}", reason=row.excess_reason))
    if row.state in _STATES:
        said.append(_STATES[row.state])
    return "；".join(one.in_(locale) for one in said)


def _machines(session: Session, gone: Sequence[ManifestRow]) -> dict[UUID, str]:
    ids = {row.lot_id for row in gone if row.lot_id}
    found = select(LotRow.id, LotRow.machine).where(col(LotRow.id).in_(ids))
    return dict(session.exec(found).all())


def _total(kind: WasteKind, arose: dict[_Day, int], gone: Sequence[ManifestRow]) -> LedgerTotal:
    mine = [row for row in gone if row.kind == kind.value]
    return LedgerTotal(
        kind=kind,
        produced_grams=sum(grams for (_, one), grams in arose.items() if one is kind),
        collections=len(mine),
        counted_grams=sum(
            counted(row.net_grams, row.received_grams, row.settled_grams) for row in mine
        ),
    )
