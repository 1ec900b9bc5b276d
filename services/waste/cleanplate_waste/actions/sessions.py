"""Meal sessions, as the menu service tells of them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session

from cleanplate_shared.contracts.menu import MealSessionsChanged, SessionFacts
from cleanplate_shared.newest import keep_newest
from cleanplate_waste.actions import sums
from cleanplate_waste.actions.days import CanteenDay, lock_canteens, tell_days
from cleanplate_waste.models import KNOWN_SESSIONS, WEIGHINGS


@dataclass(frozen=True)
class _Standing:
    """What of a session changes a day's totals."""

    day: CanteenDay
    meal: str
    served: int | None
    is_expected: bool

    @property
    def place(self) -> tuple[CanteenDay, str]:
        """Return where its weighings belong."""
        return self.day, self.meal


@dataclass(frozen=True)
class _Known:
    """A session as it was told before."""

    standing: _Standing
    version: int


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
    before = {key: row.standing for key, row in known.items()}
    after = {key: _standing_of(facts) for key, facts in news.items()}
    keep_newest(session, KNOWN_SESSIONS, [_row(facts) for facts in news.values()])
    moved = [k for k, now in after.items() if k not in before or before[k].place != now.place]
    changed = _put_on_their_day(session, moved)
    for key, now in after.items():
        if before.get(key) != now:
            changed |= {now.day} | ({before[key].day} if key in before else set())
    tell_days(session, changed)


def _known(session: Session, ids: Collection[UUID]) -> dict[UUID, _Known]:
    table = KNOWN_SESSIONS.c
    wanted = (table.canteen_id, table.date, table.meal, table.served, table.is_expected)
    found = select(table.id, table.version, *wanted).where(table.id.in_(ids))
    return {
        key: _Known(_Standing((canteen, day), *rest), version)
        for key, version, canteen, day, *rest in session.connection().execute(found)
    }


def _standing_of(facts: SessionFacts) -> _Standing:
    day = (facts.canteen_id, facts.date)
    return _Standing(day, facts.meal.value, facts.served, bool(facts.registered))


def _row(facts: SessionFacts) -> dict[str, Any]:
    return {
        "id": facts.meal_session_id,
        "canteen_id": facts.canteen_id,
        "date": facts.date,
        "meal": facts.meal.value,
        "served": facts.served,
        "is_expected": bool(facts.registered),
        "serves_until": facts.serves_until,
        "menu_dishes": len(facts.dishes),
        "told_dishes": facts.cooked.dishes if facts.cooked else 0,
        "prepared_grams": facts.cooked.prepared_grams if facts.cooked else None,
        "left_grams": facts.cooked.left_grams if facts.cooked else None,
        "version": facts.version,
    }


def _put_on_their_day(session: Session, session_ids: Collection[UUID]) -> set[CanteenDay]:
    """Date weighings by their session: they came before it, or it was moved.

    Returns:
        The days they were on before.
    """
    mine = WEIGHINGS.c.meal_session_id.in_(session_ids)
    days = select(WEIGHINGS.c.canteen_id, WEIGHINGS.c.date).where(mine).distinct()
    before = {(canteen, day) for canteen, day in session.connection().execute(days)}
    if not before:
        return set()
    own = (
        KNOWN_SESSIONS.c.id == WEIGHINGS.c.meal_session_id,
        KNOWN_SESSIONS.c.canteen_id == WEIGHINGS.c.canteen_id,
    )
    counted = sums.sums_where(session, mine)
    session.connection().execute(
        update(WEIGHINGS)
        .where(mine, select(KNOWN_SESSIONS.c.id).where(*own).exists())
        .values(
            date=select(KNOWN_SESSIONS.c.date).where(*own).scalar_subquery(),
            meal=select(KNOWN_SESSIONS.c.meal).where(*own).scalar_subquery(),
        )
    )
    sums.add(session, sums.minus(counted), sums.sums_where(session, mine))
    return before
