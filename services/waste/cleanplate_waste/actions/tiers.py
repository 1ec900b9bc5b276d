"""Judging months by their data tier, and telling others of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, cast, extract, func, select, true
from sqlalchemy import Table as SqlTable
from sqlmodel import Session, col

from cleanplate_shared.contracts.waste_manifests import ManifestState, WasteKind
from cleanplate_shared.contracts.waste_tiers import MonthTier, TiersJudged
from cleanplate_shared.events import publish
from cleanplate_shared.newest import insert_into
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.actions.days import lock_canteens
from cleanplate_waste.actions.standing import standing_of
from cleanplate_waste.models import (
    CANTEEN_DAYS,
    COLLECTIONS,
    MANIFESTS,
    MONTH_TIERS,
    MonthTierRow,
)

CanteenMonth = tuple[UUID, str]
_LOOK_BACK = timedelta(days=400)
_AT_ONCE = 100
_WITH_WEIGHT = (ManifestState.RECEIVED.value, ManifestState.CLOSED.value)


def month_of(day: date) -> str:
    """Return the month of a day, as `2026-03`."""
    return f"{day:%Y-%m}"


def bounds(month: str) -> tuple[date, date]:
    """Return the first and the last day of a month."""
    first = date.fromisoformat(f"{month}-01")
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def stale_months(session: Session, now: datetime) -> list[CanteenMonth]:
    """Return the months with collected weights that changed since they were judged.

    Looks back 400 days, and returns at most a hundred.
    """
    since, _ = bounds(month_of(now.date() - _LOOK_BACK))
    prints, weighed = _fingerprints(session, since)
    mine = MONTH_TIERS.c
    judged = select(mine.canteen_id, mine.month, mine.fingerprint)
    known = {(canteen, month): found for canteen, month, found in session.execute(judged)}
    compared = weighed | known.keys()
    canteens = set(session.connection().execute(select(col(KnownCanteenRow.id))).scalars())
    stale = [key for key in compared & prints.keys() if known.get(key) != prints[key]]
    return sorted(key for key in stale if key[0] in canteens)[:_AT_ONCE]


def judge_months(session: Session, months: Iterable[CanteenMonth], now: datetime) -> None:
    """Judge months again, and tell those whose tier or reason changed."""
    wanted: defaultdict[UUID, list[str]] = defaultdict(list)
    for canteen_id, month in sorted(set(months)):
        wanted[canteen_id].append(month)
    lock_canteens(session, wanted.keys())
    session.flush()
    told = []
    for canteen_id, own in wanted.items():
        canteen = session.get(KnownCanteenRow, canteen_id)
        if canteen is not None:
            told += _judge(session, canteen, own, now)
    for start in range(0, len(told), _AT_ONCE):
        publish(session, TiersJudged(tiers=told[start : start + _AT_ONCE]))


def _judge(
    session: Session, canteen: KnownCanteenRow, months: Sequence[str], now: datetime
) -> list[MonthTier]:
    first, last = bounds(months[0])[0], bounds(months[-1])[1]
    standing = standing_of(session, canteen, first, last, now)
    prints, _ = _fingerprints(session, first, canteen.id)
    mine = select(MonthTierRow).where(col(MonthTierRow.canteen_id) == canteen.id)
    known = {row.month: row for row in session.scalars(mine)}
    told = []
    for month in months:
        found = standing.tier(*bounds(month))
        before = known.get(month)
        is_same = before and (before.tier, before.reason) == (found.tier, found.reason)
        version = (before.version if before else 0) + (not is_same)
        judged = MonthTier(
            canteen_id=canteen.id,
            month=month,
            tier=found.tier,
            reason=found.reason,
            version=version,
        )
        _keep(session, judged, prints.get((canteen.id, month), 0))
        if not is_same:
            told.append(judged)
    return told


def _keep(session: Session, judged: MonthTier, fingerprint: int) -> None:
    row = judged.model_dump() | {
        "tier": judged.tier.value,
        "reason": judged.reason.value,
        "fingerprint": fingerprint,
    }
    insert = insert_into(session, MONTH_TIERS)
    changed = {name: insert.excluded[name] for name in row if name not in {"canteen_id", "month"}}
    upsert = insert.on_conflict_do_update(index_elements=["canteen_id", "month"], set_=changed)
    session.connection().execute(upsert, [row])


def _fingerprints(
    session: Session, since: date, canteen_id: UUID | None = None
) -> tuple[dict[CanteenMonth, int], set[CanteenMonth]]:
    """Return a number for each month that changes with its days and collected weights.

    Returns:
        The numbers, and the months that have a collected weight.
    """
    stated, left = COLLECTIONS.c, MANIFESTS.c
    weight = func.coalesce(left.settled_grams, left.received_grams, left.net_grams)
    days = _by_month(CANTEEN_DAYS, func.sum(CANTEEN_DAYS.c.version), true())
    weights = (
        _by_month(COLLECTIONS, func.sum(stated.net_grams), stated.withdrawn_at.is_(None)),
        _by_month(
            MANIFESTS,
            func.sum(weight),
            left.state.in_(_WITH_WEIGHT) & (left.kind == WasteKind.FOOD.value),
        ),
    )
    prints: defaultdict[CanteenMonth, int] = defaultdict(int)
    weighed: set[CanteenMonth] = set()
    for query in (days, *weights):
        table = query.get_final_froms()[0]
        own = table.c.canteen_id == canteen_id if canteen_id else true()
        for canteen, year, number, found in session.connection().execute(
            query.where(table.c.date >= since, own)
        ):
            month = (canteen, f"{year}-{number:02}")
            prints[month] += int(found)
            if query is not days:
                weighed.add(month)
    return prints, weighed


def _by_month(
    table: SqlTable, value: ColumnElement[int], wanted: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    cut = (
        table.c.canteen_id,
        cast(extract("year", table.c.date), Integer),
        cast(extract("month", table.c.date), Integer),
    )
    return select(*cut, value).where(wanted).group_by(*cut)
