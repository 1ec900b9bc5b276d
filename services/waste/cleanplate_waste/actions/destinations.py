"""Where every kilogram went, over some days."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.waste import Stream
from cleanplate_shared.contracts.waste_manifests import (
    Destination,
    ManifestState,
    WasteKind,
)
from cleanplate_shared.contracts.waste_treatment import Balance, KindBalance
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import READERS
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.actions.manifests.kinds import KIND_OF
from cleanplate_waste.actions.manifests.stock import here_at
from cleanplate_waste.actions.treatment import as_lots
from cleanplate_waste.domain.ledger import Stock, Treated, balance
from cleanplate_waste.domain.manifests import counted
from cleanplate_waste.models import DAY_STREAMS, LotOutputRow, LotRow, ManifestRow

GONE = (
    ManifestState.HANDED_OVER.value,
    ManifestState.RECEIVED.value,
    ManifestState.DISPUTED.value,
    ManifestState.CLOSED.value,
)


@dataclass
class _Gone:
    """What left on some days, by kind."""

    hauled: dict[WasteKind, list[tuple[Destination, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    treated: int = 0
    incidents: int = 0


def show_balance(
    session: Session, caller: Identity, canteen_id: UUID, period: Period, now: datetime
) -> Balance:
    """Return where a canteen's waste went on some days.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    gone = _gone(session, canteen_id, period)
    return Balance(
        canteen_id=canteen_id,
        date_from=period.first,
        date_to=period.last,
        kinds=balances(session, canteen, period, now, gone),
        incidents=gone.incidents,
    )


def balances(
    session: Session,
    canteen: KnownCanteenRow,
    period: Period,
    now: datetime,
    gone: _Gone | None = None,
) -> list[KindBalance]:
    """Return the account of each kind of a canteen's waste; each adds up to the gram."""
    gone = gone or _gone(session, canteen.id, period)
    weighed: defaultdict[WasteKind, int] = defaultdict(int)
    for (_, kind), grams in produced(session, canteen.id, period).items():
        weighed[kind] += grams
    begin, end = (min(at, now) for at in _bounds(canteen, period))
    treated = _treated(session, canteen, period, gone.treated)
    return [
        balance(
            kind,
            weighed[kind],
            Stock(
                here_at(session, canteen.id, kind, begin).grams,
                here_at(session, canteen.id, kind, end).grams,
            ),
            gone.hauled[kind],
            treated if kind is WasteKind.FOOD else Treated(),
        )
        for kind in WasteKind
    ]


def produced(
    session: Session, canteen_id: UUID, period: Period
) -> dict[tuple[date, WasteKind], int]:
    """Return what was weighed of each kind on each day, grams."""
    sums = DAY_STREAMS.c
    found = session.connection().execute(
        select(sums.date, sums.stream, func.sum(sums.net_grams))
        .where(sums.canteen_id == canteen_id, sums.date.between(period.first, period.last))
        .group_by(sums.date, sums.stream)
    )
    days: defaultdict[tuple[date, WasteKind], int] = defaultdict(int)
    for day, stream, grams in found:
        days[day, KIND_OF[Stream(stream)]] += int(grams)
    return days


def _gone(session: Session, canteen_id: UUID, period: Period) -> _Gone:
    found = _Gone()
    for row in manifests_gone(session, canteen_id, period):
        found.incidents += row.incident is not None
        if row.destination is None:
            found.treated += row.net_grams
        else:
            grams = counted(row.net_grams, row.received_grams, row.settled_grams)
            found.hauled[WasteKind(row.kind)].append((Destination(row.destination), grams))
    return found


def manifests_gone(session: Session, canteen_id: UUID, period: Period) -> Iterable[ManifestRow]:
    """Yield the manifests of what left on some days, oldest first; none that were voided."""
    return session.exec(
        select_rows(ManifestRow)
        .where(
            ManifestRow.canteen_id == canteen_id,
            col(ManifestRow.date).between(period.first, period.last),
            col(ManifestRow.state).in_(GONE),
        )
        .order_by(col(ManifestRow.date), col(ManifestRow.handed_over_at), col(ManifestRow.id))
    )


def _treated(session: Session, canteen: KnownCanteenRow, period: Period, taken: int) -> Treated:
    outputs = session.exec(
        select_rows(LotOutputRow).where(
            LotOutputRow.canteen_id == canteen.id,
            col(LotOutputRow.date).between(period.first, period.last),
        )
    )
    begin, end = _bounds(canteen, period)
    closed = session.exec(
        select_rows(LotRow).where(
            LotRow.canteen_id == canteen.id,
            col(LotRow.closed_at) >= begin,
            col(LotRow.closed_at) < end,
        )
    ).all()
    return Treated(
        taken=taken,
        given=[(Destination(out.destination), out.grams) for out in outputs],
        vanished=sum(lot.left_grams for lot in as_lots(session, closed)),
    )


def _bounds(canteen: KnownCanteenRow, period: Period) -> tuple[datetime, datetime]:
    local = zone(canteen.time_zone)
    after = period.last + timedelta(days=1)
    return datetime.combine(period.first, time(), local), datetime.combine(after, time(), local)
