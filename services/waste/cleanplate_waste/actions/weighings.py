"""Weighings: taking them from devices, once each, and listing them."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from cleanplate_shared.batch import done, refused
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import ItemResult, Page
from cleanplate_shared.contracts.waste import Weighing, WeighingItem
from cleanplate_shared.errors import NotFound, ServiceError, Unprocessable
from cleanplate_shared.i18n import Locale, msg
from cleanplate_shared.idempotency import IdempotencyKeyReused
from cleanplate_shared.identity import Identity, canteens_of, find_canteen
from cleanplate_shared.newest import insert_into
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import KITCHEN
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.actions.days import lock_canteens, tell_days
from cleanplate_waste.models import WEIGHINGS, KnownSessionRow, WeighingRow

_CLOCKS_DIFFER = timedelta(days=1)
_FIRST_DAY = date(2000, 1, 1)


class NegativeWeight(Unprocessable, title=msg("The container weighs more than the whole")):
    """The tare is above the gross weight."""


class TooFarInFuture(Unprocessable, title=msg("The time of the weighing has not come yet")):
    """The device's clock is more than a day ahead."""


@dataclass
class _Known:
    """What the decision on an item rests on."""

    canteens: dict[UUID, KnownCanteenRow]
    sessions: dict[UUID, KnownSessionRow]
    hashes: dict[UUID, str]
    now: datetime
    rows: dict[UUID, WeighingRow] = field(default_factory=dict)


def record_weighings(
    session: Session, caller: Identity, items: Sequence[WeighingItem], now: datetime, locale: Locale
) -> list[ItemResult]:
    """Keep each weighing once; return what became of each, in order.

    An item's id is its idempotency key for good: sent again it is a duplicate, and with other
    content it is refused. A meal session not known yet is accepted: the weighing stays on the day
    of its instant until the session is known (see `sessions.learn_sessions`).
    """
    known = _gather(session, caller, items, now)
    outcomes: list[ServiceError | bool] = [_decide(known, caller, item) for item in items]
    new = known.rows.keys()
    kept = _insert(session, list(known.rows.values()))
    known.hashes |= _hashes(session, new - kept)  # another transaction was faster
    tell_days(session, {(known.rows[i].canteen_id, known.rows[i].date) for i in kept})
    results = []
    for item, outcome in zip(items, outcomes, strict=True):
        if not isinstance(outcome, bool):
            results.append(refused(item.id, outcome, locale))
        elif item.id in new - kept and known.hashes.get(item.id) != content_hash(item):
            results.append(refused(item.id, _reused(), locale))
        else:
            results.append(done(item.id, again=outcome or item.id not in kept))
    return results


def content_hash(item: WeighingItem) -> str:
    """Return a digest of what was sent, the same however its instant was written."""
    same_instant = item.model_copy(update={"weighed_at": item.weighed_at.astimezone(UTC)})
    return hashlib.sha256(same_instant.model_dump_json().encode()).hexdigest()


def list_weighings(
    session: Session,
    caller: Identity,
    canteen_id: UUID,
    period: Period,
    after: UUID | None,
    limit: int,
) -> Page[Weighing]:
    """Return a canteen's weighings, newest first.

    Raises:
        NotFound, Forbidden: not a kitchen of the caller.
        Unprocessable: `after` is no weighing of this canteen.
    """
    find_canteen(session, caller, KITCHEN, canteen_id)
    at, key = col(WeighingRow.weighed_at), col(WeighingRow.id)
    wanted = select(WeighingRow).where(
        col(WeighingRow.canteen_id) == canteen_id,
        col(WeighingRow.date).between(period.first, period.last),
    )
    if after is not None:
        last = session.get(WeighingRow, after)
        if last is None or last.canteen_id != canteen_id:
            raise Unprocessable(msg("The cursor does not belong to this list."))
        wanted = wanted.where(or_(at < last.weighed_at, and_(at == last.weighed_at, key < last.id)))
    rows = session.exec(wanted.order_by(at.desc(), key.desc()).limit(limit + 1)).all()
    items = [Weighing.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return Page(items=items, next=str(items[-1].id) if len(rows) > limit else None)


def _gather(
    session: Session, caller: Identity, items: Sequence[WeighingItem], now: datetime
) -> _Known:
    mine = select(KnownCanteenRow).where(
        col(KnownCanteenRow.id).in_({item.canteen_id for item in items}),
        canteens_of(caller, KITCHEN),
    )
    canteens = {row.id: row for row in session.exec(mine)}
    lock_canteens(session, canteens.keys())
    named = {item.meal_session_id for item in items if item.meal_session_id}
    sessions = session.exec(select(KnownSessionRow).where(col(KnownSessionRow.id).in_(named)))
    return _Known(
        canteens=canteens,
        sessions={row.id: row for row in sessions},
        hashes=_hashes(session, {item.id for item in items}),
        now=now,
    )


def _insert(session: Session, rows: Sequence[WeighingRow]) -> set[UUID]:
    """Insert weighings that are not there; return the ids of those that were inserted."""
    if not rows:
        return set()
    insert = insert_into(session, WEIGHINGS).on_conflict_do_nothing(index_elements=["id"])
    inserted = session.connection().execute(
        insert.returning(WEIGHINGS.c.id), [row.model_dump() for row in rows]
    )
    return set(inserted.scalars())


def _hashes(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    found = select(WeighingRow.id, WeighingRow.content_hash).where(col(WeighingRow.id).in_(ids))
    return dict(session.exec(found).all())


def _decide(known: _Known, caller: Identity, item: WeighingItem) -> ServiceError | bool:
    """Return why an item is refused, or whether it came before; note it if it is new."""
    digest = content_hash(item)
    earlier = known.hashes.get(item.id)
    if earlier is not None:
        return True if earlier == digest else _reused()
    try:
        known.rows[item.id] = _row(known, caller, item, digest)
    except ServiceError as error:
        return error
    known.hashes[item.id] = digest  # the same id again in this batch
    return False


def _row(known: _Known, caller: Identity, item: WeighingItem, digest: str) -> WeighingRow:
    canteen = known.canteens.get(item.canteen_id)
    if canteen is None:
        raise NotFound(msg("There is no such canteen, or it is not yours: choose the canteen."))
    sitting = known.sessions.get(item.meal_session_id) if item.meal_session_id else None
    if sitting and sitting.canteen_id != canteen.id:
        raise NotFound(msg("The meal is not one of this canteen: choose the meal again."))
    if item.tare_grams > item.gross_grams:
        raise NegativeWeight(msg("Weigh again, or correct the tare of the container."))
    if item.weighed_at > known.now + _CLOCKS_DIFFER:
        raise TooFarInFuture(msg("Set the clock of the device, then weigh again."))
    day = item.weighed_at.astimezone(zone(canteen.time_zone)).date()
    if day < _FIRST_DAY:
        raise Unprocessable(msg("Set the clock of the device, then weigh again."))
    return WeighingRow(
        **item.model_dump(exclude={"stream", "reason"}),
        stream=item.stream.value,
        reason=item.reason.value if item.reason else None,
        date=sitting.date if sitting else day,
        meal=sitting.meal if sitting else None,
        net_grams=item.gross_grams - item.tare_grams,
        received_at=known.now,
        recorded_by=caller.person_id,
        content_hash=digest,
    )


def _reused() -> IdempotencyKeyReused:
    return IdempotencyKeyReused(
        msg("Another weighing has this id; it was kept. Send this one with a new id.")
    )
