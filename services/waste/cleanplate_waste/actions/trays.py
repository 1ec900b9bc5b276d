"""Trays at the return: each counted once, and summed by day as they come."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from cleanplate_shared.batch import done, in_order, refused
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import BatchResult, ItemResult
from cleanplate_shared.contracts.waste_trays import CleanPlates, TrayItem
from cleanplate_shared.errors import NotFound, ServiceError
from cleanplate_shared.i18n import Locale, msg
from cleanplate_shared.idempotency import Asked, IdempotencyKeyReused, answer_each
from cleanplate_shared.identity import Identity, canteens_of, find_canteen
from cleanplate_shared.newest import insert_into
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import KITCHEN, READERS
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.actions.days import lock_canteens
from cleanplate_waste.actions.recording import TooFarInFuture
from cleanplate_waste.domain.trays import wilson
from cleanplate_waste.models import TRAY_COUNTS, TRAYS, TrayRow

_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True)
class Sent:
    """A batch as it came; `unreadable` has for each of its places a rejection, or None."""

    items: Sequence[TrayItem]
    unreadable: Sequence[ItemResult | None]
    now: datetime
    locale: Locale


def record_each(session: Session, asked: Sequence[Asked[Sent]]) -> list[BatchResult | ServiceError]:
    """Keep the trays of many batches; an item's id counts once, for good."""
    return answer_each(session, asked, BatchResult, _record)


def summarise(
    session: Session, caller: Identity, canteen_id: UUID, period: Period, clean_grams: int
) -> CleanPlates:
    """Return how many trays came back with at most `clean_grams` left.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller reads.
    """
    find_canteen(session, caller, READERS, canteen_id)
    counts = TRAY_COUNTS.c
    wanted = select(
        func.coalesce(func.sum(counts.trays), 0),
        func.coalesce(func.sum(case((counts.grams <= clean_grams, counts.trays), else_=0)), 0),
        func.coalesce(func.sum(counts.trays * counts.grams), 0),
    ).where(counts.canteen_id == canteen_id, counts.date.between(period.first, period.last))
    trays, clean, grams = map(int, session.connection().execute(wanted).one())
    low, high = wilson(clean, trays) if trays else (None, None)
    return CleanPlates(
        trays=trays,
        clean=clean,
        clean_grams=clean_grams,
        mean_grams=grams / trays if trays else None,
        share=clean / trays if trays else None,
        low=low,
        high=high,
    )


def _record(session: Session, asked: Sequence[Asked[Sent]]) -> list[BatchResult]:
    mine = {one.caller.person_id: _canteens(session, one, asked) for one in asked}
    lock_canteens(session, {canteen for canteens in mine.values() for canteen in canteens})
    known = _known(session, [item.id for one in asked for item in one.wanted.items])
    new: dict[UUID, dict[str, Any]] = {}
    results = []
    for one in asked:
        outcomes: list[ItemResult] = []
        for item in one.wanted.items:
            try:
                row = _row(item, mine[one.caller.person_id], one.wanted.now)
                is_again = _is_again(row, known.get(item.id) or new.get(item.id))
            except ServiceError as error:
                outcomes.append(refused(item.id, error, one.wanted.locale))
                continue
            if not is_again:
                new[item.id] = row
            outcomes.append(done(item.id, again=is_again))
        results.append(BatchResult(results=in_order(one.wanted.unreadable, outcomes)))
    _keep(session, new)
    return results


def _canteens(
    session: Session, one: Asked[Sent], asked: Sequence[Asked[Sent]]
) -> dict[UUID, KnownCanteenRow]:
    named = {item.canteen_id for each in asked for item in each.wanted.items}
    found = select_rows(KnownCanteenRow).where(
        col(KnownCanteenRow.id).in_(named), canteens_of(one.caller, KITCHEN)
    )
    return {row.id: row for row in session.exec(found)}


def _known(session: Session, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    found = session.exec(select_rows(TrayRow).where(col(TrayRow.id).in_(ids)))
    return {row.id: row.model_dump() for row in found}


def _row(item: TrayItem, mine: dict[UUID, KnownCanteenRow], now: datetime) -> dict[str, Any]:
    canteen = mine.get(item.canteen_id)
    if canteen is None:
        raise NotFound(msg("There is no such canteen, or it is not yours: choose the canteen."))
    at = item.at.astimezone(UTC)
    if at > now + _CLOCKS_DIFFER:
        raise TooFarInFuture(msg("Set the clock of the device, then weigh again."))
    day: date = at.astimezone(zone(canteen.time_zone)).date()
    return {**item.model_dump(), "at": at, "date": day}


def _is_again(row: dict[str, Any], earlier: dict[str, Any] | None) -> bool:
    if earlier is not None and any(row[name] != earlier[name] for name in row):
        raise IdempotencyKeyReused(
            msg("Another tray has this id; it was kept. Send this one with a new id.")
        )
    return earlier is not None


def _keep(session: Session, new: dict[UUID, dict[str, Any]]) -> None:
    """Insert trays in the order of their ids, and count those that nobody was faster with."""
    if not new:
        return
    connection = session.connection()
    rows = [new[one] for one in sorted(new)]
    insert = insert_into(session, TRAYS).on_conflict_do_nothing(index_elements=["id", "at"])
    kept = set(connection.execute(insert.returning(TRAYS.c.id), rows).scalars())
    counted = Counter(
        (row["canteen_id"], row["date"], row["grams"]) for row in rows if row["id"] in kept
    )
    if not counted:
        return
    add = insert_into(session, TRAY_COUNTS)
    add = add.on_conflict_do_update(
        index_elements=["canteen_id", "date", "grams"],
        set_={"trays": TRAY_COUNTS.c.trays + add.excluded.trays},
    )
    names = ("canteen_id", "date", "grams")
    connection.execute(
        add,
        [
            {**dict(zip(names, place, strict=True)), "trays": trays}
            for place, trays in sorted(counted.items())
        ],
    )
