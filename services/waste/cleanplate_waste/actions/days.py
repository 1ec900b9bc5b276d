"""Days as they stand, and telling others of them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from cleanplate_shared.contracts.waste import (
    FOOD_STREAMS,
    DaysWeighed,
    DayWaste,
    Stream,
    StreamTotal,
)
from cleanplate_shared.events import publish
from cleanplate_shared.newest import insert_into
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.domain import completeness
from cleanplate_waste.models import (
    CANTEEN_DAYS,
    DAY_STREAMS,
    KNOWN_SESSIONS,
    CanteenDayRow,
    CanteenStreamRow,
    DayStreamRow,
    KnownSessionRow,
)

CanteenDay = tuple[UUID, date]
_AT_ONCE = 500  # days per event, and per query
_NOTHING_WEIGHED = [StreamTotal(stream=s, net_grams=0, covered=False) for s in FOOD_STREAMS]


def lock_canteens(session: Session, canteen_ids: Collection[UUID]) -> None:
    """Let one transaction at a time change the days of these canteens.

    A day's totals are told as they stand after a change; two changes at once would each tell
    totals without the other. SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    key = col(KnownCanteenRow.id)
    rows = select(key).where(key.in_(canteen_ids)).order_by(key)
    session.execute(rows.with_for_update(key_share=True)).all()


def required_streams(
    session: Session, canteen_ids: Collection[UUID]
) -> dict[UUID, tuple[Stream, ...]]:
    """Return the streams that each canteen has to weigh: all food, unless it set others."""
    chosen: defaultdict[UUID, set[str]] = defaultdict(set)
    rows = select(CanteenStreamRow).where(col(CanteenStreamRow.canteen_id).in_(canteen_ids))
    for row in session.scalars(rows):
        chosen[row.canteen_id].add(row.stream)
    return {
        canteen: tuple(s for s in FOOD_STREAMS if s in chosen[canteen]) or FOOD_STREAMS
        for canteen in canteen_ids
    }


def days_between(
    session: Session, canteen_id: UUID, first: date, last: date
) -> list[completeness.Day]:
    """Return a canteen's days on which something was weighed or somebody ate, oldest first."""
    found = _load(
        session,
        (col(DayStreamRow.canteen_id) == canteen_id) & col(DayStreamRow.date).between(first, last),
        (col(KnownSessionRow.canteen_id) == canteen_id)
        & col(KnownSessionRow.date).between(first, last),
    )
    days = sorted(found.values(), key=lambda day: day.date)
    return [day for day in days if completeness.is_worth_telling(day)]


def tell_days(session: Session, changed: Collection[CanteenDay]) -> None:
    """Publish how these days stand now: those weighed, those open, and those told before."""
    session.flush()
    days = sorted(changed)
    for start in range(0, len(days), _AT_ONCE):
        told = list(_as_told(session, days[start : start + _AT_ONCE]))
        if told:
            publish(session, DaysWeighed(days=told))


def among(
    table: type[DayStreamRow] | type[KnownSessionRow] | type[CanteenDayRow],
    keys: Collection[CanteenDay],
) -> ColumnElement[bool]:
    """Return a condition that holds for these days, and for some others of the same canteens.

    Two plain lists use the index; PostgreSQL compares a list of pairs one by one.
    """
    canteens, days = {canteen for canteen, _ in keys}, {day for _, day in keys}
    return col(table.canteen_id).in_(canteens) & col(table.date).in_(days)


def _as_told(session: Session, keys: list[CanteenDay]) -> Iterator[DayWaste]:
    days = _load(session, among(DayStreamRow, keys), among(KnownSessionRow, keys))
    earlier = select(CANTEEN_DAYS.c.canteen_id, CANTEEN_DAYS.c.date)
    rows = session.connection().execute(earlier.where(among(CanteenDayRow, keys)))
    told_before = {(canteen, day) for canteen, day in rows}
    worth = [
        key
        for key in keys
        if key in told_before or (key in days and completeness.is_worth_telling(days[key]))
    ]
    required = required_streams(session, {canteen for canteen, _ in worth})
    standing = {key: days.get(key) or completeness.Day(key[1], [], []) for key in worth}
    totals = {key: completeness.day_total(day, required[key[0]]) for key, day in standing.items()}
    versions = _keep_totals(session, totals)
    for key, day in standing.items():
        yield _day_waste(key[0], day, totals[key], versions[key])


def _day_waste(
    canteen_id: UUID, day: completeness.Day, total: completeness.Total, version: int
) -> DayWaste:
    return DayWaste(
        canteen_id=canteen_id,
        date=day.date,
        served=total.served,
        streams=_stream_totals(day) if day.weighed else _NOTHING_WEIGHED,
        complete=total.is_complete,
        version=version,
    )


def _stream_totals(day: completeness.Day) -> list[StreamTotal]:
    grams: defaultdict[str, int] = defaultdict(int, dict.fromkeys(FOOD_STREAMS, 0))
    for weighed in day.weighed:
        grams[weighed.stream] += weighed.net_grams
    covered = completeness.covered_streams(day)
    return [
        StreamTotal(stream=stream, net_grams=grams[stream], covered=stream in covered)
        for stream in Stream
        if stream in grams
    ]


def _keep_totals(
    session: Session, totals: Mapping[CanteenDay, completeness.Total]
) -> dict[CanteenDay, int]:
    """Keep what days come to; return how often each was told."""
    if not totals:
        return {}
    table = CANTEEN_DAYS.c
    insert = insert_into(session, CANTEEN_DAYS)
    newest = {name: insert.excluded[name] for name in ("net_grams", "served", "is_complete")}
    counted = insert.on_conflict_do_update(
        index_elements=["canteen_id", "date"], set_={"version": table.version + 1, **newest}
    ).returning(table.canteen_id, table.date, table.version)
    rows = [
        {
            "canteen_id": canteen,
            "date": day,
            "version": 1,
            "net_grams": total.net_grams,
            "served": total.served,
            "is_complete": total.is_complete,
        }
        for (canteen, day), total in totals.items()
    ]
    found = session.connection().execute(counted, rows)
    return {(canteen, day): version for canteen, day, version in found}


def _load(
    session: Session, weighed: ColumnElement[bool], sat: ColumnElement[bool]
) -> dict[CanteenDay, completeness.Day]:
    days: dict[CanteenDay, completeness.Day] = {}
    sittings: defaultdict[CanteenDay, list[completeness.Sitting]] = defaultdict(list)
    weighings: defaultdict[CanteenDay, list[completeness.Weighed]] = defaultdict(list)
    known = KNOWN_SESSIONS.c
    held = select(known.canteen_id, known.date, known.meal, known.served, known.is_expected)
    for canteen, day, meal, served, is_expected in session.connection().execute(held.where(sat)):
        sittings[canteen, day].append(completeness.Sitting(meal, served, is_expected))
    sums = DAY_STREAMS.c
    level = (sums.canteen_id, sums.date, sums.stream, sums.meal, sums.is_pending, sums.net_grams)
    summed = select(*level).where(weighed, sums.weighings > 0)
    for canteen, day, stream, meal, pending, grams in session.connection().execute(summed):
        found = completeness.Weighed(stream, meal or None, pending, grams)
        weighings[canteen, day].append(found)
    for key in sittings.keys() | weighings.keys():
        days[key] = completeness.Day(key[1], sittings[key], weighings[key])
    return days
