"""Looking at manifests: one, a canteen's list, and what has to be seen to now."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, and_, col, or_, select

from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.waste_manifests import (
    OPEN_STATES,
    Manifest,
    ManifestState,
    OutNow,
    WasteKind,
)
from cleanplate_shared.db import instant
from cleanplate_shared.errors import Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import READERS
from cleanplate_waste.actions.manifests.rows import as_manifests, find_manifest
from cleanplate_waste.actions.manifests.stock import here_at
from cleanplate_waste.models import ManifestRow

_MOST = 200


def show_manifest(session: Session, caller: Identity, manifest_id: UUID, now: datetime) -> Manifest:
    """Return a manifest with its history.

    Raises:
        NotFound, Forbidden: not of a canteen whose figures the caller may read.
    """
    row, canteen = find_manifest(session, caller, READERS, manifest_id)
    return as_manifests(session, caller, canteen, [row], now)[0]


def list_manifests(
    session: Session,
    caller: Identity,
    canteen_id: UUID,
    period: Period,
    after: tuple[UUID | None, int],
) -> Page[Manifest]:
    """Return a canteen's manifests of some days, newest first.

    Args:
        session: of the transaction.
        caller: reads the canteen's figures.
        canteen_id: of the canteen.
        period: of the hand-overs.
        after: the last manifest of the page before, and how many to return.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
        Unprocessable: the last manifest is none of this canteen.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    day, key = col(ManifestRow.date), col(ManifestRow.id)
    wanted = select(ManifestRow).where(
        ManifestRow.canteen_id == canteen_id, day.between(period.first, period.last)
    )
    cursor, limit = after
    if cursor is not None:
        last = session.get(ManifestRow, cursor)
        if last is None or last.canteen_id != canteen_id:
            raise Unprocessable(msg("The cursor does not belong to this list."))
        wanted = wanted.where(or_(day < last.date, and_(day == last.date, key < last.id)))
    rows = session.exec(wanted.order_by(day.desc(), key.desc()).limit(limit + 1)).all()
    items = as_manifests(session, caller, canteen, rows[:limit], instant(session))
    return Page(items=items, next=str(items[-1].id) if len(rows) > limit else None)


def out_now(session: Session, caller: Identity, canteen_id: UUID, now: datetime) -> OutNow:
    """Return a canteen's drafts and open manifests, oldest first, and what is there to collect.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    states = [state.value for state in (ManifestState.DRAFT, *OPEN_STATES)]
    rows = session.exec(
        select(ManifestRow)
        .where(ManifestRow.canteen_id == canteen_id, col(ManifestRow.state).in_(states))
        .order_by(col(ManifestRow.opened_at), col(ManifestRow.id))
        .limit(_MOST)
    ).all()
    found = as_manifests(session, caller, canteen, rows, now)
    return OutNow(
        drafts=[one for one in found if one.state is ManifestState.DRAFT],
        open=[one for one in found if one.state is not ManifestState.DRAFT],
        overdue=sum(one.is_overdue for one in found),
        here=[here_at(session, canteen_id, kind, now) for kind in WasteKind],
    )
