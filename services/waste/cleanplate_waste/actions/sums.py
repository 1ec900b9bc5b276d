"""The sums of a canteen's day, kept as differences in the transaction of what changes them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import Session

from cleanplate_shared.newest import insert_into
from cleanplate_waste.models import DAY_STREAMS, WEIGHINGS

Level = tuple[UUID, date, str, str, bool]  # canteen, day, meal or "", stream, is pending
Sums = dict[Level, tuple[int, int]]  # grams, weighings

_LEVEL = ("canteen_id", "date", "meal", "stream", "is_pending")
_SUMMED = ("net_grams", "weighings")
_COLUMNS = (*_LEVEL, *_SUMMED)
_W = WEIGHINGS.c
COUNTS = and_(_W.corrected_by.is_(None), ~_W.withdraws)
_BY_LEVEL = (
    _W.canteen_id,
    _W.date,
    func.coalesce(_W.meal, "").label("meal"),
    _W.stream,
    and_(_W.meal_session_id.is_not(None), _W.meal.is_(None)).label("is_pending"),
)


def sums_of(rows: Iterable[Mapping[str, Any]], sign: int = 1) -> Sums:
    """Return what rows that count add to their days, or (with sign -1) take away."""
    sums: defaultdict[Level, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in rows:
        if row["corrected_by"] is None and not row["withdraws"]:
            pending = row["meal_session_id"] is not None and row["meal"] is None
            level = (row["canteen_id"], row["date"], row["meal"] or "", row["stream"], pending)
            grams, count = sums[level]
            sums[level] = (grams + sign * row["net_grams"], count + sign)
    return sums


def sums_where(session: Session, wanted: ColumnElement[bool]) -> Sums:
    """Return the sums of the weighings for which a condition holds, computed from the records."""
    summed = select(*_BY_LEVEL, func.sum(_W.net_grams), func.count())
    found = session.connection().execute(summed.where(wanted, COUNTS).group_by(*_BY_LEVEL))
    return {
        (canteen, day, meal, stream, bool(pending)): (int(grams), count)
        for canteen, day, meal, stream, pending, grams, count in found
    }


def minus(sums: Sums) -> Sums:
    """Return the same sums, to be taken away."""
    return {level: (-grams, -count) for level, (grams, count) in sums.items()}


def add(session: Session, *changes: Sums) -> None:
    """Change the days' sums; what a level loses must have been added to it before."""
    total: defaultdict[Level, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for change in changes:
        for level, (grams, count) in change.items():
            total[level] = (total[level][0] + grams, total[level][1] + count)
    changed = [(level, *added) for level, added in sorted(total.items()) if any(added)]
    _grow(session, [one for one in changed if min(one[1:]) >= 0])
    _shrink(session, [one for one in changed if min(one[1:]) < 0])


def _grow(session: Session, changed: Sequence[tuple[Level, int, int]]) -> None:
    insert = insert_into(session, DAY_STREAMS)
    summed = {name: DAY_STREAMS.c[name] + insert.excluded[name] for name in _SUMMED}
    upsert = insert.on_conflict_do_update(index_elements=list(_LEVEL), set_=summed)
    if rows := [dict(zip(_COLUMNS, (*level, *more), strict=True)) for level, *more in changed]:
        session.connection().execute(upsert, rows)


def _shrink(session: Session, changed: Sequence[tuple[Level, int, int]]) -> None:
    table = DAY_STREAMS.c
    for level, *less in changed:
        own = and_(*(table[name] == value for name, value in zip(_LEVEL, level, strict=True)))
        left = {name: table[name] + value for name, value in zip(_SUMMED, less, strict=True)}
        session.connection().execute(DAY_STREAMS.update().where(own).values(left))
