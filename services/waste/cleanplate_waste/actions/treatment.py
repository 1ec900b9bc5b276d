"""Lots treated on site (就地处理): what goes in, what comes out, and what is lost between."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.waste_manifests import Destination, ManifestState
from cleanplate_shared.contracts.waste_treatment import (
    Lot,
    LotCreate,
    LotOutput,
    OutputCreate,
    OutputKind,
)
from cleanplate_shared.db import instant
from cleanplate_shared.errors import Conflict, NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import ANYONE, KITCHEN, READERS
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.models import LotOutputRow, LotRow, ManifestRow

_MOST = 400


class LotClosed(Conflict, title=msg("The lot is closed")):
    """Nothing goes into a closed lot, and nothing comes out."""


class MoreThanWentIn(Conflict, title=msg("More would come out than went in")):
    """A machine makes no waste."""


def start_lot(session: Session, caller: Identity, canteen_id: UUID, wanted: LotCreate) -> Lot:
    """Begin a lot.

    Raises:
        NotFound, Forbidden: not a kitchen of the caller.
    """
    canteen = find_canteen(session, caller, KITCHEN, canteen_id)
    row = LotRow(
        canteen_id=canteen.id,
        machine=wanted.machine,
        opened_at=instant(session),
        opened_by=caller.person_id,
    )
    session.add(row)
    session.flush()
    return as_lots(session, [row])[0]


def take_out(session: Session, caller: Identity, lot_id: UUID, wanted: OutputCreate) -> Lot:
    """Write down what was taken out of a lot.

    Raises:
        NotFound, Forbidden: not a lot of a kitchen of the caller.
        LotClosed: it is over.
        MoreThanWentIn: together more than was put in.
    """
    canteen = _canteen_of(session, caller, lot_id)
    row = open_lot(session, canteen, lot_id)
    lot = as_lots(session, [row])[0]
    if wanted.grams > lot.left_grams:
        raise _too_much(lot.left_grams)
    now = instant(session)
    session.add(
        LotOutputRow(
            lot_id=row.id,
            canteen_id=row.canteen_id,
            date=now.astimezone(zone(canteen.time_zone)).date(),
            at=now,
            recorded_by=caller.person_id,
            **wanted.model_dump(mode="json"),
        )
    )
    session.flush()
    return as_lots(session, [row])[0]


def close_lot(session: Session, caller: Identity, lot_id: UUID) -> Lot:
    """End a lot: what did not come out has become vapour and water.

    Raises:
        NotFound, Forbidden: not a lot of a kitchen of the caller.
        LotClosed: it was ended before.
    """
    canteen = _canteen_of(session, caller, lot_id)
    row = open_lot(session, canteen, lot_id)
    row.closed_at, row.closed_by = instant(session), caller.person_id
    session.add(row)
    session.flush()
    return as_lots(session, [row])[0]


def list_lots(session: Session, caller: Identity, canteen_id: UUID, period: Period) -> list[Lot]:
    """Return up to 400 lots that were open on some days, newest first.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    local = zone(canteen.time_zone)
    begin = datetime.combine(period.first, time(), local)
    end = datetime.combine(period.last, time(), local) + timedelta(days=1)
    closed = col(LotRow.closed_at)
    rows = session.exec(
        select(LotRow)
        .where(
            LotRow.canteen_id == canteen_id,
            col(LotRow.opened_at) < end,
            closed.is_(None) | (closed >= begin),
        )
        .order_by(col(LotRow.opened_at).desc(), col(LotRow.id))
        .limit(_MOST)
    ).all()
    return as_lots(session, rows)


def open_lot(session: Session, canteen: KnownCanteenRow, lot_id: UUID) -> LotRow:
    """Return a lot of a canteen, locked, so that nothing else changes it meanwhile.

    Raises:
        NotFound: there is none.
        LotClosed: it is over.
    """
    row = session.get(LotRow, lot_id, with_for_update=True, populate_existing=True)
    if row is None or row.canteen_id != canteen.id:
        raise NotFound(msg("There is no such lot."))
    if row.closed_at is not None:
        raise LotClosed(msg("Begin a new one."))
    return row


def give_back(session: Session, canteen: KnownCanteenRow, lot_id: UUID, grams: int) -> None:
    """Check that a lot can do without some of what went in.

    Raises:
        LotClosed, MoreThanWentIn: it cannot.
    """
    left = as_lots(session, [open_lot(session, canteen, lot_id)])[0].left_grams
    if grams > left:
        raise _too_much(left)


def as_lots(session: Session, rows: Sequence[LotRow]) -> list[Lot]:
    """Return lots with their mass balance, in the order of the rows."""
    ids = [row.id for row in rows]
    taken = dict(
        session.exec(
            select(ManifestRow.lot_id, func.sum(ManifestRow.net_grams))
            .where(
                col(ManifestRow.lot_id).in_(ids), ManifestRow.state == ManifestState.CLOSED.value
            )
            .group_by(col(ManifestRow.lot_id))
        ).all()
    )
    outputs: defaultdict[UUID, list[LotOutputRow]] = defaultdict(list)
    for out in session.exec(
        select(LotOutputRow)
        .where(col(LotOutputRow.lot_id).in_(ids))
        .order_by(col(LotOutputRow.at), col(LotOutputRow.id))
    ):
        outputs[out.lot_id].append(out)
    return [_as_lot(row, int(taken.get(row.id) or 0), outputs[row.id]) for row in rows]


def _as_lot(row: LotRow, taken: int, outputs: Sequence[LotOutputRow]) -> Lot:
    given = {kind: sum(o.grams for o in outputs if o.kind == kind.value) for kind in OutputKind}
    left = taken - sum(given.values())
    return Lot(
        **row.model_dump(exclude={"opened_by", "closed_by"}),
        in_grams=taken,
        product_grams=given[OutputKind.PRODUCT],
        residue_grams=given[OutputKind.RESIDUE],
        left_grams=left,
        reduction=left / taken if taken and row.closed_at else None,
        outputs=[
            LotOutput(
                kind=OutputKind(o.kind),
                grams=o.grams,
                destination=Destination(o.destination),
                at=o.at,
            )
            for o in outputs
        ],
    )


def _canteen_of(session: Session, caller: Identity, lot_id: UUID) -> KnownCanteenRow:
    row = session.get(LotRow, lot_id)
    canteen = session.get(KnownCanteenRow, row.canteen_id) if row else None
    if canteen is None or not caller.holds(ANYONE, canteen):
        raise NotFound(msg("There is no such lot."))
    return find_canteen(session, caller, KITCHEN, canteen.id)


def _too_much(left: int) -> MoreThanWentIn:
    return MoreThanWentIn(msg("{left} kg are still in it.", left=f"{left / 1000:.1f}"))
