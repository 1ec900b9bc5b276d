"""Telling other services of meals: many changes, one event."""

from collections.abc import Iterator, Sequence

from sqlalchemy import update
from sqlmodel import Session, col, select

from cleanplate_menu.actions.attendance import facts
from cleanplate_menu.models import SESSIONS, MealSessionRow
from cleanplate_shared.contracts.menu import MealSessionsChanged, SessionFacts
from cleanplate_shared.events import publish

_MOST_AT_ONCE = 500
_MOST_DISHES = 2_000  # in one event
_UNTOLD = col(MealSessionRow.version) > col(MealSessionRow.told_version)


def is_anything_untold(session: Session) -> bool:
    """Say whether a meal changed since it was last told of."""
    return session.exec(select(MealSessionRow.id).where(_UNTOLD).limit(1)).first() is not None


def tell_sessions(session: Session) -> int:
    """Publish the present totals of up to 500 changed meals; return how many they were.

    Day by day of one canteen after the other: listeners read what they know of the same days.
    """
    rows = session.exec(
        select(MealSessionRow)
        .where(_UNTOLD)
        .order_by(col(MealSessionRow.canteen_id), col(MealSessionRow.day), col(MealSessionRow.id))
        .limit(_MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        for some in _in_parts(facts(session, rows)):
            publish(session, MealSessionsChanged(sessions=some))
        told = SESSIONS.c.id.in_([row.id for row in rows])  # locked: no version has grown since
        told_now = update(SESSIONS).where(told).values(told_version=SESSIONS.c.version)
        session.connection().execute(told_now)
    return len(rows)


def _in_parts(told: Sequence[SessionFacts]) -> Iterator[list[SessionFacts]]:
    """Yield the meals so that no event says more than it should."""
    part: list[SessionFacts] = []
    dishes = 0
    for fact in told:
        if part and dishes + len(fact.dishes) > _MOST_DISHES:
            yield part
            part, dishes = [], 0
        part.append(fact)
        dishes += len(fact.dishes)
    yield part
