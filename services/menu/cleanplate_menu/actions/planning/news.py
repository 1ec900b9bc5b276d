"""What others tell that changes plans: people who come, move or leave, days that are set."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from cleanplate_menu.actions.people import find_people, learn_people
from cleanplate_menu.actions.planning.applying import replan
from cleanplate_menu.actions.planning.locks import (
    hold_people,
    share_all_canteens,
    share_canteens,
)
from cleanplate_menu.actions.planning.meals import lock_meals_ahead, unplan
from cleanplate_menu.actions.planning.reading import those
from cleanplate_menu.models import PATTERNS, SESSIONS, UNIT_MODES, KnownPersonRow
from cleanplate_shared.contracts.directory import CalendarDaySet, PeopleChanged
from cleanplate_shared.contracts.menu_planning import UnitMealMode
from cleanplate_shared.known import learn_day

_MOST_AT_ONCE = 20  # people; the meals of more are planned anew by the job


@dataclass(frozen=True)
class _Place:
    """What plans depend on."""

    unit_id: UUID | None
    active: bool
    canteen_ids: frozenset[UUID]


def hear_of_people(session: Session, event: PeopleChanged) -> None:
    """Learn of people, and plan anew for those whose unit, canteens or being here changed."""
    ids = [person.id for person in event.people]
    hold_people(session, ids)
    before = _places(find_people(session, ids))
    learn_people(session, event)
    session.flush()
    after = _places(find_people(session, ids))
    moved = {key for key, place in after.items() if before.get(key) != place}
    places = [place for key in moved for place in (before.get(key), after[key]) if place]
    canteens = {canteen_id for place in places for canteen_id in place.canteen_ids}
    share_canteens(session, canteens)
    units = {place.unit_id for place in places if place.unit_id}
    if not moved or not _is_planned_for(session, moved, units):
        return
    meals = lock_meals_ahead(session, SESSIONS.c.canteen_id.in_(canteens))
    if len(moved) <= _MOST_AT_ONCE:
        replan(session, meals, those(moved))
    else:
        unplan(session, [meal.id for meal in meals])


def hear_of_day(session: Session, event: CalendarDaySet) -> None:
    """Learn whether a day is worked, and have its meals planned anew."""
    share_all_canteens(session)
    learn_day(session, event)
    session.flush()
    meals = lock_meals_ahead(session, SESSIONS.c.day == event.day)
    unplan(session, [meal.id for meal in meals])


def _places(people: Mapping[UUID, KnownPersonRow]) -> dict[UUID, _Place]:
    return {
        key: _Place(row.unit_id, row.active, frozenset(map(UUID, row.canteen_ids)))
        for key, row in people.items()
    }


def _is_planned_for(session: Session, people: Collection[UUID], units: Collection[UUID]) -> bool:
    """Say whether any plan is about these people or units."""
    theirs = select(PATTERNS.c.id).where(PATTERNS.c.person_id.in_(people)).limit(1)
    opted_out = (
        select(UNIT_MODES.c.unit_id)
        .where(UNIT_MODES.c.unit_id.in_(units), UNIT_MODES.c.mode == UnitMealMode.OPT_OUT.value)
        .limit(1)
    )
    connection = session.connection()
    return bool(connection.execute(theirs).first() or connection.execute(opted_out).first())
