"""The planner: registers at new and changed meals whom plans want there."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlmodel import Session

from cleanplate_menu.actions.planning.applying import MOST_CHANGES, bring_about
from cleanplate_menu.actions.planning.locks import hold_canteen
from cleanplate_menu.actions.planning.meals import MealAhead, are_ahead, lock_meals_ahead
from cleanplate_menu.actions.planning.reading import differences, those
from cleanplate_menu.models import SESSIONS


def next_unplanned(session: Session) -> MealAhead | None:
    """Return the meal with the next cut-off that is to be planned."""
    columns = (SESSIONS.c.id, SESSIONS.c.canteen_id, SESSIONS.c.day, SESSIONS.c.meal)
    found = select(*columns).where(*_unplanned(session)).order_by(SESSIONS.c.cutoff_at).limit(1)
    row = session.connection().execute(found).first()
    return MealAhead(*row) if row else None


def plan_meal(session: Session, meal: MealAhead) -> list[list[UUID]]:
    """Make up to 1000 changes at a meal; it counts as planned when there is no more to do.

    Returns:
        The people who are left to be registered, the oldest plans first, 1000 at a time.
    """
    left: list[UUID] = []
    for found in differences(session, _hold(session, meal)).values():
        some = found.first(MOST_CHANGES)
        done = bring_about(session, {meal.id: some})
        is_stuck = len(some.take) == some.size and done.registered + done.waiting == 0
        if found.size <= MOST_CHANGES or is_stuck:
            _set_planned(session, meal.id)
        else:
            left = [plan.person_id for plan in found.take[len(some.take) :]]
    return [left[at : at + MOST_CHANGES] for at in range(0, len(left), MOST_CHANGES)]


def plan_people(session: Session, meal: MealAhead, people: Sequence[UUID]) -> None:
    """Bring some people's registrations at a meal into line with their plans."""
    bring_about(session, differences(session, _hold(session, meal), those(people)))


def _hold(session: Session, meal: MealAhead) -> list[MealAhead]:
    """Return the meal, held; nothing, if another replica has planned it meanwhile."""
    hold_canteen(session, meal.canteen_id)
    return lock_meals_ahead(session, SESSIONS.c.id == meal.id, *_unplanned(session))


def _unplanned(session: Session) -> tuple[ColumnElement[bool], ...]:
    return ~SESSIONS.c.is_planned, *are_ahead(session)


def _set_planned(session: Session, meal_id: UUID) -> None:
    planned = update(SESSIONS).where(SESSIONS.c.id == meal_id).values(is_planned=True)
    session.connection().execute(planned)
