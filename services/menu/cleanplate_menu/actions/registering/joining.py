"""Joining the line of a meal: many people in one transaction, in the order in which they came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BindParameter, bindparam, func, insert, select
from sqlmodel import Session

from cleanplate_menu.actions.registering.giving import check_not_over, offered_to, transfer
from cleanplate_menu.actions.registering.meals import (
    Meal,
    lock_meals,
    meal_for,
    menus_of,
    write_seats,
)
from cleanplate_menu.actions.registering.outcomes import outcome_of_each
from cleanplate_menu.actions.registering.refusals import (
    AlreadyWaiting,
    MealClosed,
    SeatsFree,
    already_registered,
)
from cleanplate_menu.actions.registering.rows import as_registration, standing_among
from cleanplate_menu.actions.registering.taking import choice_of
from cleanplate_menu.models import REGISTRATIONS, WAITING
from cleanplate_shared.contracts.menu_registrations import Waiting, WaitingAnswer, WaitingCreate
from cleanplate_shared.db import instant
from cleanplate_shared.errors import ServiceError
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity

_MEALS: BindParameter[Any] = bindparam("meals", expanding=True)
_LENGTHS = (
    select(WAITING.c.meal_session_id, func.count(), func.max(WAITING.c.since))
    .where(WAITING.c.meal_session_id.in_(_MEALS))
    .group_by(WAITING.c.meal_session_id)
)
_THERE = select(WAITING.c.meal_session_id, WAITING.c.person_id).where(
    WAITING.c.meal_session_id.in_(_MEALS),
    WAITING.c.person_id.in_(bindparam("people", expanding=True)),
)
_WITH_OFFERS = (
    select(REGISTRATIONS.c.meal_session_id)
    .distinct()
    .where(REGISTRATIONS.c.meal_session_id.in_(_MEALS), REGISTRATIONS.c.offered_at.is_not(None))
)
_NEXT = timedelta(microseconds=1)


@dataclass
class _Line:
    """The line of a locked meal; it grows with what this transaction does.

    Attributes:
        standing, waiting: who of those that ask has a seat, or a place in line.
        length: how many wait.
        last: since when the last of them waits.
        joined: new rows, not written yet.
    """

    meal: Meal
    menu: Mapping[UUID, str | None]
    at: datetime
    standing: set[UUID]
    waiting: set[UUID]
    has_offers: bool
    length: int
    last: datetime | None
    joined: list[dict[str, Any]] = field(default_factory=list)


def wait_each(
    session: Session, asked: Sequence[tuple[Identity, UUID, WaitingCreate]]
) -> list[WaitingAnswer | ServiceError]:
    """Let each caller join the line of a meal; one outcome each, in order.

    Where a meal is on offer already, it is the caller's at once. Refused: NotFound (no such meal
    for the caller), SeatsFree (register instead), AlreadyRegistered, AlreadyWaiting, MealClosed,
    MealOver, UnknownChoice.
    """
    lines = _read(session, {(meal_id, caller.person_id) for caller, meal_id, _ in asked})
    meals = {meal_id: line.meal for meal_id, line in lines.items()}

    def act(
        session: Session, caller: Identity, meal_id: UUID, wanted: WaitingCreate
    ) -> WaitingAnswer:
        meal, _ = meal_for(caller, meals, meal_id)
        return _wait(session, caller, lines[meal.id], wanted)

    outcomes = outcome_of_each(session, act, asked)
    if joined := [row for line in lines.values() for row in line.joined]:
        session.connection().execute(insert(WAITING), joined)
    write_seats(session, meals)
    return outcomes


def _read(session: Session, places: set[tuple[UUID, UUID]]) -> dict[UUID, _Line]:
    meals = lock_meals(session, {meal_id for meal_id, _ in places})
    menus, at = menus_of(session, meals), instant(session)
    standing = standing_among(session, places)
    asked = {"meals": list(meals), "people": list({person_id for _, person_id in places})}
    connection = session.connection()
    there = {(meal_id, person_id) for meal_id, person_id in connection.execute(_THERE, asked)}
    lengths = {row[0]: row for row in connection.execute(_LENGTHS, {"meals": list(meals)})}
    offers = set(connection.execute(_WITH_OFFERS, {"meals": list(meals)}).scalars())
    lines: dict[UUID, _Line] = {}
    for meal in meals.values():
        _, length, last = lengths.get(meal.id, (meal.id, 0, None))
        lines[meal.id] = _Line(
            meal=meal,
            menu=menus[meal.id],
            at=at,
            standing={person_id for meal_id, person_id in standing if meal_id == meal.id},
            waiting={person_id for meal_id, person_id in there if meal_id == meal.id},
            has_offers=meal.id in offers,
            length=length,
            last=last,
        )
    return lines


def _wait(session: Session, caller: Identity, line: _Line, wanted: WaitingCreate) -> WaitingAnswer:
    choice = choice_of(line.meal, wanted.choice, line.menu)
    _check_waits(caller, line)
    offer = offered_to(session, line.meal, caller.person_id) if line.has_offers else None
    if offer:
        given = transfer(session, line.meal, offer, caller.person_id, line.at)
        line.standing.add(caller.person_id)
        return WaitingAnswer(waiting=None, registration=as_registration(given))
    return WaitingAnswer(waiting=_join(line, caller, wanted, choice), registration=None)


def _check_waits(caller: Identity, line: _Line) -> None:
    if caller.person_id in line.standing:
        raise already_registered()
    if line.meal.closed_reason is not None:
        raise MealClosed(msg("The canteen says: {reason}", reason=line.meal.closed_reason))
    if line.meal.is_open(line.at) and line.meal.room > 0:
        raise SeatsFree(msg("Register for the meal instead."))
    check_not_over(line.meal, line.at)
    if caller.person_id in line.waiting:
        raise AlreadyWaiting(msg("You keep your place."))


def _join(line: _Line, caller: Identity, wanted: WaitingCreate, choice: str | None) -> Waiting:
    """Put the caller at the end of the line: since later than all who are there."""
    since = max(line.at, line.last + _NEXT) if line.last else line.at
    place = Waiting(
        id=uuid4(),
        meal_session_id=line.meal.id,
        portion=wanted.portion,
        rice=wanted.rice,
        choice=choice,
        lost_choice=None,
        since=since,
        ahead=line.length,
    )
    row = place.model_dump(mode="python", exclude={"ahead"}) | {
        "person_id": caller.person_id,
        "portion": wanted.portion.value,
        "rice": wanted.rice.value,
        "plan": None,
    }
    line.joined.append(row)
    line.waiting.add(caller.person_id)
    line.last, line.length = since, line.length + 1
    return place
