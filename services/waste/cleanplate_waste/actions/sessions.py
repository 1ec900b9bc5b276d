"""Meal sessions, as the menu service tells of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from cleanplate_shared.contracts.menu import MealSessionsChanged, SessionFacts
from cleanplate_waste.actions.days import CanteenDay, lock_canteens, tell_days
from cleanplate_waste.models import KnownSessionRow, WeighingRow


@dataclass(frozen=True)
class _Standing:
    """What of a session changes a day's totals."""

    day: CanteenDay
    meal: str
    served: int | None
    is_expected: bool


def learn_sessions(session: Session, event: MealSessionsChanged) -> None:
    """Remember meal sessions, put their weighings on the right day, and tell the changed days."""
    newest: dict[UUID, SessionFacts] = {}
    for facts in event.sessions:
        kept = newest.get(facts.meal_session_id)
        if kept is None or kept.version < facts.version:
            newest[facts.meal_session_id] = facts
    lock_canteens(session, {facts.canteen_id for facts in newest.values()})
    known = _known(session, newest.keys())
    news = {
        key: facts
        for key, facts in newest.items()
        if key not in known or known[key].version < facts.version
    }
    if not news:
        return
    moved = {
        key
        for key, facts in news.items()
        if key not in known or _place(known[key]) != (facts.canteen_id, facts.date, facts.meal)
    }
    before = {key: _standing(row) for key, row in known.items()}
    _store(session, news)
    changed = _days_with_weighings(session, moved)
    _put_on_their_day(session, moved)
    for key, facts in news.items():
        after = _standing_of(facts)
        if before.get(key) != after:
            changed |= {after.day} | ({before[key].day} if key in before else set())
    tell_days(session, changed)


def _known(session: Session, ids: Collection[UUID]) -> dict[UUID, KnownSessionRow]:
    rows = session.exec(select(KnownSessionRow).where(col(KnownSessionRow.id).in_(ids)))
    return {row.id: row for row in rows}


def _place(row: KnownSessionRow) -> tuple[UUID, date, str]:
    return row.canteen_id, row.date, row.meal


def _standing(row: KnownSessionRow) -> _Standing:
    return _Standing((row.canteen_id, row.date), row.meal, row.served, row.is_expected)


def _standing_of(facts: SessionFacts) -> _Standing:
    day = (facts.canteen_id, facts.date)
    return _Standing(day, facts.meal.value, facts.served, bool(facts.registered))


def _store(session: Session, news: Mapping[UUID, SessionFacts]) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = [
        {
            "id": key,
            "canteen_id": facts.canteen_id,
            "date": facts.date,
            "meal": facts.meal.value,
            "served": facts.served,
            "is_expected": bool(facts.registered),
            "version": facts.version,
        }
        for key, facts in news.items()
    ]
    statement = insert(KnownSessionRow)
    told = {name: statement.excluded[name] for name in rows[0] if name != "id"}
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_=told,
            where=col(KnownSessionRow.version) < statement.excluded["version"],
        ).returning(col(KnownSessionRow.id)),  # makes it one statement for all rows
        rows,
    )
    session.expire_all()


def _days_with_weighings(session: Session, session_ids: Collection[UUID]) -> set[CanteenDay]:
    days = select(col(WeighingRow.canteen_id), col(WeighingRow.date)).distinct()
    mine = col(WeighingRow.meal_session_id).in_(session_ids)
    return {(canteen, day) for canteen, day in session.exec(days.where(mine))}


def _put_on_their_day(session: Session, session_ids: Collection[UUID]) -> None:
    """Date weighings by their session; they came before it, or it was moved."""
    if not session_ids:
        return
    own = (
        col(KnownSessionRow.id) == col(WeighingRow.meal_session_id),
        col(KnownSessionRow.canteen_id) == col(WeighingRow.canteen_id),
    )
    session.execute(
        update(WeighingRow)
        .where(
            col(WeighingRow.meal_session_id).in_(session_ids),
            select(KnownSessionRow.id).where(*own).exists(),
        )
        .values(
            date=select(col(KnownSessionRow.date)).where(*own).scalar_subquery(),
            meal=select(KnownSessionRow.meal).where(*own).scalar_subquery(),
        )
        .execution_options(synchronize_session=False)
    )
