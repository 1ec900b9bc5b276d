"""Telling other services of meals: many changes, one event."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Integer, Uuid
from sqlmodel import Session, col, select

from cleanplate_menu.actions.attendance import facts
from cleanplate_menu.models import MealSessionRow
from cleanplate_shared.bulk import Given
from cleanplate_shared.contracts.menu import MealSessionsChanged, SessionFacts
from cleanplate_shared.events import publish

MOST_AT_ONCE = 500
_MOST_DISHES = 2_000  # in one event
_UNTOLD = col(MealSessionRow.version) > col(MealSessionRow.told_version)
_NOTE = Given(
    "UPDATE meal_session SET told_version = given.version FROM {given} "
    "WHERE meal_session.id = given.meal",
    columns={"meal": Uuid(), "version": Integer()},
)


def untold_facts(session: Session) -> list[SessionFacts]:
    """Return up to 500 meals that changed since they were last told of.

    Day by day of one canteen after the other: listeners read what they know of the same days.
    """
    rows = session.exec(
        select(MealSessionRow)
        .where(_UNTOLD)
        .order_by(col(MealSessionRow.canteen_id), col(MealSessionRow.day), col(MealSessionRow.id))
        .limit(MOST_AT_ONCE)
    ).all()
    return facts(session, rows) if rows else []


def tell_sessions(session: Session, found: Sequence[SessionFacts]) -> int:
    """Publish what was found of meals, unless another replica did; return how many they were.

    Who registers for one of them meanwhile is not waited for: it is told of the next time.
    """
    ids = [fact.meal_session_id for fact in found]
    told = dict(
        session.exec(
            select(MealSessionRow.id, MealSessionRow.told_version)
            .where(col(MealSessionRow.id).in_(ids))
            .with_for_update(skip_locked=True)
        ).all()
    )
    new = [fact for fact in found if told.get(fact.meal_session_id, fact.version) < fact.version]
    if new:
        for some in _in_parts(new):
            publish(session, MealSessionsChanged(sessions=some))
        noted = [{"meal": fact.meal_session_id.hex, "version": fact.version} for fact in new]
        _NOTE(session, noted)
    return len(new)


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
