"""Meals that can still be planned."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlmodel import Session

from cleanplate_menu.actions.registering.whose import standing_of
from cleanplate_menu.models import REGISTRATIONS, SESSIONS, WAITING
from cleanplate_shared.db import instant

_MOST = 1_000


@dataclass(frozen=True)
class MealAhead:
    """A meal that is not called off and whose cut-off has not passed."""

    id: UUID
    canteen_id: UUID
    day: date
    meal: str


def are_ahead(session: Session) -> tuple[ColumnElement[bool], ...]:
    """Return the SQL conditions of meals that can still be planned."""
    return (
        SESSIONS.c.cutoff_at > instant(session),
        SESSIONS.c.closed_reason.is_(None),
        ~SESSIONS.c.is_imported,
    )


def where_anything(person_id: UUID) -> ColumnElement[bool]:
    """Return the SQL condition of meals where a person has a seat or a place in line."""
    seats = select(REGISTRATIONS.c.meal_session_id).where(standing_of(person_id))
    places = select(WAITING.c.meal_session_id).where(WAITING.c.person_id == person_id)
    return SESSIONS.c.id.in_(seats) | SESSIONS.c.id.in_(places)


def meals_ahead(session: Session, *conditions: ColumnElement[bool]) -> list[MealAhead]:
    """Return up to 1000 meals that can still be planned, the earliest first."""
    columns = (SESSIONS.c.id, SESSIONS.c.canteen_id, SESSIONS.c.day, SESSIONS.c.meal)
    found = select(*columns).where(*are_ahead(session), *conditions)
    rows = session.connection().execute(found.order_by(SESSIONS.c.day, SESSIONS.c.id).limit(_MOST))
    return [MealAhead(*row) for row in rows]


def lock_meals_ahead(session: Session, *conditions: ColumnElement[bool]) -> list[MealAhead]:
    """Return such meals, locked in the order of their ids; those that closed meanwhile are out."""
    ids = [meal.id for meal in meals_ahead(session, *conditions)]
    locked = select(SESSIONS.c.id).where(SESSIONS.c.id.in_(ids)).order_by(SESSIONS.c.id)
    session.connection().execute(locked.with_for_update())
    return meals_ahead(session, SESSIONS.c.id.in_(ids), *conditions)


def unplan(session: Session, ids: Collection[UUID]) -> None:
    """Have meals planned anew by the job; the caller holds them."""
    if ids:
        unplanned = update(SESSIONS).where(SESSIONS.c.id.in_(ids)).values(is_planned=False)
        session.connection().execute(unplanned)
