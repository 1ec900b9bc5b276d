"""Seats taken and freed, many at once: whoever holds the meals' rows decides.

The meals are locked in the order of their ids, the database's clock is read, each request is
decided in the order in which it came, and everything is written by a few statements over sets.
Constraints say the same again (docs/decisions/0003, 0010): the guarded counter, the capacity CHECK,
one own seat per person and meal.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select
from sqlmodel import Session

from cleanplate_menu.actions.registering.freeing import free
from cleanplate_menu.actions.registering.line import (
    as_request,
    first_in_line,
    leave_line,
    lose_choice,
)
from cleanplate_menu.actions.registering.meals import Meals, lock_meals, write_seats
from cleanplate_menu.actions.registering.refusals import CutoffPassed, SessionFull, UnknownChoice
from cleanplate_menu.actions.registering.rows import Outcome, SeatRequest
from cleanplate_menu.actions.registering.taking import take
from cleanplate_menu.models import REGISTRATIONS
from cleanplate_shared.db import instant

__all__ = ["Outcome", "SeatRequest", "free_seats", "meals_of", "seat_waiting", "take_seats"]

_MEALS_OF = (
    select(REGISTRATIONS.c.meal_session_id)
    .distinct()
    .where(REGISTRATIONS.c.id.in_(bindparam("ids", expanding=True)))
)


def take_seats(session: Session, wanted: Sequence[SeatRequest]) -> list[Outcome]:
    """Take seats in the caller's transaction; one outcome per request, in their order.

    A request that is refused changes nothing: NotFound, SessionFull, CutoffPassed,
    AlreadyRegistered, MealClosed, UnknownChoice, UnknownDish.
    """
    meals = lock_meals(session, {one.meal_session_id for one in wanted})
    outcomes = take(session, meals, wanted)
    write_seats(session, meals)
    return outcomes


def free_seats(session: Session, ids: Sequence[UUID]) -> list[Outcome]:
    """Cancel registrations in the caller's transaction, and seat who waits first.

    One outcome per id, in their order; cancelling one again changes nothing. Refused: NotFound,
    CutoffPassed, AlreadyServed, NotStanding (given away).
    """
    meals = lock_meals(session, meals_of(session, ids))
    outcomes = free(session, meals, ids)
    seat_waiting(session, meals)
    write_seats(session, meals)
    return outcomes


def seat_waiting(session: Session, meals: Meals) -> None:
    """Seat who waits for locked meals that have room, first come first served.

    The counters of `meals` grow; `write_seats` must follow.
    """
    at = instant(session)
    while first := _first_with_room(session, meals, at):
        seated = take(session, meals, [as_request(row) for row in first])
        settled, lost = [], []
        for row, outcome in zip(first, seated, strict=True):
            if isinstance(outcome, UnknownChoice):
                lost.append(row.id)
            elif not isinstance(outcome, SessionFull | CutoffPassed):
                settled.append(row.id)
        if not settled and not lost:
            return
        lose_choice(session, lost)
        leave_line(session, settled)


def _first_with_room(session: Session, meals: Meals, at: datetime) -> Sequence[Row[Any]]:
    """Return who comes next; again and again, as a seat may not go to whom it was meant for."""
    room = {meal.id: meal.room for meal in meals.values() if meal.room > 0 and meal.is_open(at)}
    return first_in_line(session, room, most=max(room.values(), default=0))


def meals_of(session: Session, registration_ids: Sequence[UUID]) -> list[UUID]:
    """Return the meals of these registrations."""
    found = session.connection().execute(_MEALS_OF, {"ids": list(registration_ids)})
    return list(found.scalars())
