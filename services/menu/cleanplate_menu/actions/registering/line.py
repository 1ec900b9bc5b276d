"""The line of those who wait for a seat, in the order in which they came."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, bindparam, delete, func, select, update
from sqlmodel import Session

from cleanplate_menu.actions.registering.rows import SeatRequest
from cleanplate_menu.models import WAITING, WaitingRow
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu_registrations import RegistrationSource, Rice

_MEALS: BindParameter[Any] = bindparam("meals", expanding=True)
_PLACE = func.row_number().over(
    partition_by=WAITING.c.meal_session_id, order_by=(WAITING.c.since, WAITING.c.id)
)
_PLACES = select(WAITING, _PLACE.label("place")).where(WAITING.c.meal_session_id.in_(_MEALS))
_IN_LINE = _PLACES.subquery()
_FIRST = select(_IN_LINE).where(_IN_LINE.c.place <= bindparam("most")).order_by(_IN_LINE.c.place)
_LEAVE_AS = delete(WAITING).where(
    WAITING.c.meal_session_id == bindparam("meal"), WAITING.c.person_id == bindparam("person")
)
_LEAVE = delete(WAITING).where(WAITING.c.id.in_(bindparam("ids", expanding=True)))
_LOSE_CHOICE = (
    update(WAITING)
    .where(WAITING.c.id.in_(bindparam("ids", expanding=True)))
    .values(lost_choice=WAITING.c.choice, choice=None)
)
_COUNTS = (
    select(WAITING.c.meal_session_id, func.count().label("people"))
    .where(WAITING.c.meal_session_id.in_(_MEALS))
    .group_by(WAITING.c.meal_session_id)
)


def first_in_line(session: Session, meals: Collection[UUID], most: int) -> Sequence[Row[Any]]:
    """Return up to `most` of those who wait for each meal, who came first in front."""
    if not meals:
        return []
    return session.connection().execute(_FIRST, {"meals": list(meals), "most": most}).all()


def leave_line(session: Session, ids: Collection[UUID]) -> None:
    """Take people out of the line."""
    if ids:
        session.connection().execute(_LEAVE, {"ids": list(ids)})


def leave_line_as(session: Session, meal_id: UUID, person_id: UUID) -> None:
    """Take one person out of a meal's line, if they wait there."""
    session.connection().execute(_LEAVE_AS, {"meal": meal_id, "person": person_id})


def lose_choice(session: Session, ids: Collection[UUID]) -> None:
    """Let people keep their places in line whose set left the menu; they take what there is."""
    if ids:
        session.connection().execute(_LOSE_CHOICE, {"ids": list(ids)})


def count_waiting(session: Session, meals: Collection[UUID]) -> dict[UUID, int]:
    """Return how many wait for each of these meals; nobody where a meal is missing."""
    if not meals:
        return {}
    found = session.connection().execute(_COUNTS, {"meals": list(meals)})
    return {row.meal_session_id: row.people for row in found}


def as_request(row: Row[Any] | WaitingRow) -> SeatRequest:
    """Return what somebody in line waits for."""
    return SeatRequest(
        meal_session_id=row.meal_session_id,
        person_id=row.person_id,
        portion=Portion(row.portion),
        rice=Rice(row.rice),
        choice=row.choice,
        source=RegistrationSource.WAITING,
        plan=row.plan,
    )
