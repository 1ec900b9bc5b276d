"""Taking weighings from devices: each once, whatever was sent how often and in which order."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import Session

from cleanplate_shared import chain
from cleanplate_shared.batch import done, in_order, refused
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import BatchResult, ItemResult
from cleanplate_shared.contracts.waste import Method, WeighingItem
from cleanplate_shared.errors import Conflict, NotFound, ServiceError, Unprocessable
from cleanplate_shared.i18n import Locale, msg
from cleanplate_shared.idempotency import Asked, IdempotencyKeyReused, answer_each
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import KITCHEN
from cleanplate_shared.tables import KNOWN_CANTEENS, KnownCanteenRow
from cleanplate_waste.actions.days import lock_canteens
from cleanplate_waste.actions.keeping import correctors, keep
from cleanplate_waste.models import KNOWN_SESSIONS, WEIGHING_KEYS

_CLOCKS_DIFFER = timedelta(days=1)
_SKEW_THAT_COUNTS = timedelta(minutes=2)
_FIRST_DAY = date(2000, 1, 1)
_LONGEST_STORY = 50  # corrections of corrections
# What came later than the first release: a repeat of what was sent before it has the same digest.
_ADDED = (
    "method",
    "entered",
    "dish_id",
    "food",
    "photo_sha256",
    "corrects",
    "withdraws",
    "previous_hash",
    "hash",
)
_K = WEIGHING_KEYS.c
_CANTEENS, _SESSIONS = (
    select(table).where(table.c.id.in_(bindparam("ids", expanding=True)))
    for table in (KNOWN_CANTEENS, KNOWN_SESSIONS)
)
_HASHES = select(_K.id, _K.content_hash).where(_K.id.in_(bindparam("ids", expanding=True)))
_DEFAULTS = {name: WeighingItem.model_fields[name].default for name in _ADDED}


class NegativeWeight(Unprocessable, title=msg("The container weighs more than the whole")):
    """The tare is above the gross weight."""


class TooFarInFuture(Unprocessable, title=msg("The time of the weighing has not come yet")):
    """The device's clock is more than a day ahead, and did not say so."""


class ChangedOnTheWay(Unprocessable, title=msg("The weighing is not what its device wrote")):
    """The hash is not that of the content."""


class AlreadyCorrected(Conflict, title=msg("This weighing was already corrected")):
    """Another record has taken its place."""


@dataclass(frozen=True)
class Sent:
    """A batch as it came.

    Attributes:
        unreadable: for each place of the batch its rejection, or None.
        sent_at: the device's clock when it sent; None: not said.
        now: the server's.
    """

    items: Sequence[WeighingItem]
    unreadable: Sequence[ItemResult | None]
    sent_at: datetime | None
    now: datetime
    locale: Locale

    @property
    def skew(self) -> timedelta | None:
        """Return the server's clock minus the device's."""
        return self.now - self.sent_at if self.sent_at else None


@dataclass
class _Known:
    """What the decision on an item rests on, and the rows that were decided on."""

    canteens: dict[UUID, dict[UUID, Any]]  # of each caller
    sessions: dict[UUID, Any]
    hashes: dict[UUID, str]
    corrected: dict[tuple[UUID, UUID], UUID]  # canteen, record -> what took its place
    rows: dict[UUID, dict[str, Any]] = field(default_factory=dict)


def record_each(session: Session, asked: Sequence[Asked[Sent]]) -> list[BatchResult | ServiceError]:
    """Keep the weighings of many batches, each weighing once; return what became of each item.

    An item's id is its idempotency key for good: sent again it is a duplicate, and with other
    content it is refused. A meal session not known yet is accepted: the weighing stays on the day
    of its instant until the session is known (see `sessions.learn_sessions`). So is a correction
    of a record that has not come yet.
    """
    return answer_each(session, asked, BatchResult, _record)


def content_hash(item: WeighingItem) -> str:
    """Return a digest of what was sent, the same however its instant was written."""
    if item.hash:
        return item.hash
    same_instant = item.model_copy(update={"weighed_at": item.weighed_at.astimezone(UTC)})
    left_out = {name for name, value in _DEFAULTS.items() if getattr(item, name) == value}
    return hashlib.sha256(same_instant.model_dump_json(exclude=left_out).encode()).hexdigest()


def _record(session: Session, asked: Sequence[Asked[Sent]]) -> list[BatchResult]:
    known = _gather(session, asked)
    decided = [[_decide(session, known, one, item) for item in one.wanted.items] for one in asked]
    new = known.rows.keys()
    kept = keep(session, list(known.rows.values()))
    late = _hashes(session, new - kept)  # another canteen's transaction was faster
    results = []
    for one, outcomes in zip(asked, decided, strict=True):
        told = [
            _told(item, outcome, new - kept, late, one.wanted.locale)
            for item, outcome in zip(one.wanted.items, outcomes, strict=True)
        ]
        results.append(BatchResult(results=in_order(one.wanted.unreadable, told)))
    return results


def _told(
    item: WeighingItem,
    outcome: ServiceError | bool,
    too_late: Collection[UUID],
    late: Mapping[UUID, str],
    locale: Locale,
) -> ItemResult:
    if not isinstance(outcome, bool):
        return refused(item.id, outcome, locale)
    if item.id in too_late and late.get(item.id) != content_hash(item):
        return refused(item.id, _reused(), locale)
    return done(item.id, again=outcome or item.id in too_late)


def _gather(session: Session, asked: Sequence[Asked[Sent]]) -> _Known:
    items = [item for one in asked for item in one.wanted.items]
    named = session.connection().execute(_CANTEENS, {"ids": {item.canteen_id for item in items}})
    found = {row.id: row for row in named}
    canteens = {
        one.caller.person_id: {
            key: row for key, row in found.items() if one.caller.holds(KITCHEN, row)
        }
        for one in asked
    }
    lock_canteens(session, {canteen for mine in canteens.values() for canteen in mine})
    return _Known(
        canteens=canteens,
        sessions=_sessions(session, {item.meal_session_id for item in items}),
        hashes=_hashes(session, {item.id for item in items}),
        corrected=correctors(session, {item.corrects for item in items if item.corrects}),
    )


def _sessions(session: Session, ids: set[UUID | None]) -> dict[UUID, Any]:
    if ids <= {None}:
        return {}
    return {row.id: row for row in session.connection().execute(_SESSIONS, {"ids": ids - {None}})}


def _hashes(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    found = session.connection().execute(_HASHES, {"ids": ids})
    return {key: digest for key, digest in found}  # noqa: C416  # a row is no pair to mypy


def _decide(
    session: Session, known: _Known, asked: Asked[Sent], item: WeighingItem
) -> ServiceError | bool:
    """Return why an item is refused, or whether it came before; note it if it is new."""
    try:
        _check_hash(item)
        digest = content_hash(item)
        earlier = known.hashes.get(item.id)
        if earlier is not None:
            return True if earlier == digest else _reused()
        row = _row(known, asked.caller, asked.wanted, item)
        _check_correction(session, known, item)
    except ServiceError as error:
        return error
    known.rows[item.id] = row | {"content_hash": digest}
    known.hashes[item.id] = digest  # the same id again in this group
    if item.corrects:
        known.corrected[item.canteen_id, item.corrects] = item.id
    return False


def _check_hash(item: WeighingItem) -> None:
    if (item.hash is None) != (item.previous_hash is None):
        raise Unprocessable(msg("Send hash and previous_hash together, or neither."))
    if item.hash and item.hash != chain.hash_of(item):
        raise ChangedOnTheWay(msg("It was changed on its way or on the device: weigh again."))


def _check_correction(session: Session, known: _Known, item: WeighingItem) -> None:
    if item.withdraws and (not item.corrects or item.gross_grams or item.tare_grams):
        raise Unprocessable(msg("What is withdrawn names its weighing, and weighs nothing."))
    if not item.corrects:
        return
    if (item.canteen_id, item.corrects) in known.corrected:
        raise AlreadyCorrected(msg("Look at the list again, and correct the newest record."))
    at: UUID | None = item.corrects
    for _ in range(_LONGEST_STORY):
        if at == item.id:
            break
        if at is None:
            return
        at = known.rows[at]["corrects"] if at in known.rows else _corrects(session, at)
    raise Unprocessable(msg("A weighing cannot correct itself: correct the newest record."))


def _corrects(session: Session, record: UUID) -> UUID | None:
    wanted = select(_K.corrects).where(_K.id == record)
    return session.connection().execute(wanted).scalar_one_or_none()


def _row(known: _Known, caller: Identity, sent: Sent, item: WeighingItem) -> dict[str, Any]:
    canteen = known.canteens[caller.person_id].get(item.canteen_id)
    if canteen is None:
        raise NotFound(msg("There is no such canteen, or it is not yours: choose the canteen."))
    sitting = known.sessions.get(item.meal_session_id) if item.meal_session_id else None
    if sitting and sitting.canteen_id != canteen.id:
        raise NotFound(msg("The meal is not one of this canteen: choose the meal again."))
    if item.tare_grams > item.gross_grams:
        raise NegativeWeight(msg("Weigh again, or correct the tare of the container."))
    if item.entered and item.entered.grams != item.gross_grams:
        raise Unprocessable(msg("The grams do not follow from what was entered: enter it again."))
    if item.method is Method.VOLUME and not item.entered:
        raise Unprocessable(msg("Say how many litres or buckets it was."))
    day = _day(sent, item, canteen)
    entered = item.entered
    return {
        **item.model_dump(exclude={"stream", "reason", "method", "entered", "weighed_at"}),
        "weighed_at": item.weighed_at.astimezone(UTC),
        "stream": item.stream.value,
        "reason": item.reason.value if item.reason else None,
        "method": item.method.value,
        "entered_quantity": entered.quantity if entered else None,
        "entered_unit": entered.unit.value if entered else None,
        "entered_grams_per_unit": entered.grams_per_unit if entered else None,
        "date": sitting.date if sitting else day,
        "meal": sitting.meal if sitting else None,
        "net_grams": item.gross_grams - item.tare_grams,
        "received_at": sent.now,
        "clock_skew_seconds": _seconds(sent.skew),
        "recorded_by": caller.person_id,
    }


def _day(sent: Sent, item: WeighingItem, canteen: KnownCanteenRow) -> date:
    """Return the day of a weighing, its device's clock put right where that is known."""
    at, skew = item.weighed_at.astimezone(UTC), sent.skew
    if skew is not None and abs(skew) > _SKEW_THAT_COUNTS:
        at += skew
    if at > sent.now + _CLOCKS_DIFFER:
        raise TooFarInFuture(msg("Set the clock of the device, then weigh again."))
    day = at.astimezone(zone(canteen.time_zone)).date()
    if day < _FIRST_DAY:
        raise Unprocessable(msg("Set the clock of the device, then weigh again."))
    return day


def _seconds(skew: timedelta | None) -> int | None:
    return round(skew.total_seconds()) if skew is not None else None


def _reused() -> IdempotencyKeyReused:
    return IdempotencyKeyReused(
        msg("Another weighing has this id; it was kept. Send this one with a new id.")
    )
