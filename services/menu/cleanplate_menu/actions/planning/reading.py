"""What plans want at meals, and what is there."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import RowMapping, Select, select, union_all
from sqlmodel import Session

from cleanplate_menu.actions.people import eats_at
from cleanplate_menu.actions.planning.meals import MealAhead
from cleanplate_menu.actions.registering.whose import BESIDES, OWN_SEAT
from cleanplate_menu.domain import planning
from cleanplate_menu.domain.planning import Difference, Plan, Standing, There
from cleanplate_menu.models import (
    ABSENCES,
    PATTERNS,
    PEOPLE,
    PREFERENCES,
    REGISTRATIONS,
    UNIT_MODES,
    WAITING,
)
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu_planning import UnitMealMode
from cleanplate_shared.contracts.menu_registrations import (
    RegistrationKind,
    RegistrationStatus,
    Rice,
)
from cleanplate_shared.known import set_days
from cleanplate_shared.workdays import day_kind

Who = Select[UUID] | None  # ids of people; None: everybody
_REGISTERED = RegistrationStatus.REGISTERED.value
_PATTERN = [
    PATTERNS.c[name]
    for name in (
        "meal",
        "person_id",
        "since",
        "portion",
        "rice",
        "weekdays",
        "first_day",
        "last_day",
    )
]
_ROWS = select(
    REGISTRATIONS.c.id,
    REGISTRATIONS.c.meal_session_id,
    REGISTRATIONS.c.person_id,
    REGISTRATIONS.c.status,
    REGISTRATIONS.c.source,
    REGISTRATIONS.c.plan,
    REGISTRATIONS.c.is_withdrawn,
    REGISTRATIONS.c.portion,
    REGISTRATIONS.c.rice,
    REGISTRATIONS.c.registered_at,
).where(REGISTRATIONS.c.kind == RegistrationKind.PERSON.value)


def those(ids: Collection[UUID]) -> Select[UUID]:
    """Return these people, for `who`."""
    return select(PEOPLE.c.id).where(PEOPLE.c.id.in_(ids))


def of_unit(unit_id: UUID) -> Select[UUID]:
    """Return a unit's people, for `who`."""
    return select(PEOPLE.c.id).where(PEOPLE.c.unit_id == unit_id)


def differences(
    session: Session, meals: Sequence[MealAhead], who: Who = None
) -> dict[UUID, Difference]:
    """Return what must change at each meal so that what is planned is what is wanted.

    Args:
        session: its transaction holds the meals, if anything is to be changed.
        meals: at any canteens.
        who: only these people are looked at.
    """
    if not meals:
        return {}
    plans = _plans(session, meals, who)
    away = _absences(session, meals, who)
    there, withdrawn = _there(session, meals, who)
    by_hand = set_days(session)
    found = {}
    for meal in meals:
        absent = {person for person, first, last in away if first <= meal.day <= last}
        mine = [*plans[meal.canteen_id, meal.meal], *withdrawn[meal.id].values()]
        wanted = planning.wanted(day_kind(meal.day, by_hand), mine, absent)
        found[meal.id] = planning.difference(wanted, there[meal.id])
    return found


def _plans(
    session: Session, meals: Sequence[MealAhead], who: Who
) -> dict[tuple[UUID, str], list[Plan]]:
    plans: dict[tuple[UUID, str], list[Plan]] = defaultdict(list)
    first = min(meal.day for meal in meals)
    for canteen_id in {meal.canteen_id for meal in meals}:
        kinds = {meal.meal for meal in meals if meal.canteen_id == canteen_id}
        for kind, plan in (
            *_patterns(session, canteen_id, kinds, first, who),
            *_opted_out(session, canteen_id, kinds, who),
        ):
            plans[canteen_id, kind].append(plan)
    return plans


def _patterns(
    session: Session, canteen_id: UUID, kinds: set[str], first: date, who: Who
) -> Iterable[tuple[str, Plan]]:
    found = (
        select(*_PATTERN)
        .join(PEOPLE, PEOPLE.c.id == PATTERNS.c.person_id)
        .where(
            PATTERNS.c.canteen_id == canteen_id,
            PATTERNS.c.meal.in_(kinds),
            PATTERNS.c.last_day.is_(None) | (PATTERNS.c.last_day >= first),
            eats_at(canteen_id),
        )
    )
    if who is not None:
        found = found.where(PATTERNS.c.person_id.in_(who))
    for meal, person_id, since, portion, rice, *days in session.connection().execute(found):
        yield meal, Plan(person_id, planning.PATTERN, since, portion, rice, *days)


def _opted_out(
    session: Session, canteen_id: UUID, kinds: set[str], who: Who
) -> Iterable[tuple[str, Plan]]:
    found = (
        select(
            UNIT_MODES.c.meal,
            UNIT_MODES.c.since,
            PEOPLE.c.id,
            PREFERENCES.c.portion,
            PREFERENCES.c.rice,
        )
        .join(PEOPLE, PEOPLE.c.unit_id == UNIT_MODES.c.unit_id)
        .outerjoin(PREFERENCES, PREFERENCES.c.person_id == PEOPLE.c.id)
        .where(
            UNIT_MODES.c.canteen_id == canteen_id,
            UNIT_MODES.c.meal.in_(kinds),
            UNIT_MODES.c.mode == UnitMealMode.OPT_OUT.value,
            eats_at(canteen_id),
        )
    )
    if who is not None:
        found = found.where(PEOPLE.c.id.in_(who))
    for meal, since, person_id, portion, rice in session.connection().execute(found):
        usual = portion or Portion.FULL.value, rice or Rice.NORMAL.value
        yield meal, Plan(person_id, planning.OPT_OUT, since, *usual)


def _absences(
    session: Session, meals: Sequence[MealAhead], who: Who
) -> list[tuple[UUID, date, date]]:
    days = [meal.day for meal in meals]
    found = select(ABSENCES.c.person_id, ABSENCES.c.first_day, ABSENCES.c.last_day).where(
        ABSENCES.c.first_day <= max(days), ABSENCES.c.last_day >= min(days)
    )
    if who is not None:
        found = found.where(ABSENCES.c.person_id.in_(who))
    return [(person, first, last) for person, first, last in session.connection().execute(found)]


def _there(
    session: Session, meals: Sequence[MealAhead], who: Who
) -> tuple[dict[UUID, dict[UUID, There]], dict[UUID, dict[UUID, Plan]]]:
    """Return by meal what people have there, and what an absence took that was made by hand."""
    there: dict[UUID, dict[UUID, There]] = defaultdict(dict)
    withdrawn: dict[UUID, dict[UUID, Plan]] = defaultdict(dict)
    ids = [meal.id for meal in meals]
    rows = _ROWS.where(REGISTRATIONS.c.meal_session_id.in_(ids))
    parts = [rows]
    line = select(WAITING.c.id, WAITING.c.meal_session_id, WAITING.c.person_id, WAITING.c.plan)
    line = line.where(WAITING.c.meal_session_id.in_(ids))
    if who is not None:
        theirs = rows.where(REGISTRATIONS.c.person_id.in_(who))
        parts = [theirs.where(OWN_SEAT), theirs.where(BESIDES)]  # each has its index
        line = line.where(WAITING.c.person_id.in_(who))
    whole = union_all(*parts).subquery()
    latest_last = select(whole).order_by(whole.c.registered_at, whole.c.is_withdrawn.desc())
    for row in session.connection().execute(latest_last).mappings():  # the latest counts
        _enter(row, there[row["meal_session_id"]], withdrawn[row["meal_session_id"]])
    for place_id, meal_id, person_id, plan in session.connection().execute(line):
        had = there[meal_id].get(person_id)
        if had is None or had.standing is not Standing.SEAT:
            there[meal_id][person_id] = There(place_id, Standing.LINE, plan)
            withdrawn[meal_id].pop(person_id, None)
    return there, withdrawn


def _enter(row: RowMapping, there: dict[UUID, There], withdrawn: dict[UUID, Plan]) -> None:
    is_seat = row["status"] == _REGISTERED
    had = there.get(row["person_id"])
    if had is not None and had.standing is Standing.SEAT:
        return
    if is_seat or not row["is_withdrawn"]:
        standing = Standing.SEAT if is_seat else Standing.DECLINED
        there[row["person_id"]] = There(row["id"], standing, row["plan"])
        withdrawn.pop(row["person_id"], None)
    elif row["plan"] is None:
        there.pop(row["person_id"], None)
        withdrawn[row["person_id"]] = Plan(
            person_id=row["person_id"],
            source=row["source"],
            since=row["registered_at"],
            portion=row["portion"],
            rice=row["rice"],
            restores=row["id"],
        )
