"""Identities are kept for a while, totals for good (domain: 90 days by default)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, union, update
from sqlmodel import Session, col, select

from cleanplate_menu.actions.attendance import Tally, tally
from cleanplate_menu.actions.groups.official import keep_official
from cleanplate_menu.models import (
    ABSENCES,
    CHECK_INS,
    FAILURES,
    NO_SHOWS,
    PATTERNS,
    RATED,
    REGISTRATIONS,
    SESSIONS,
    CheckInRow,
    MealSessionRow,
    RegistrationRow,
)
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.tables import AnsweredRow

_MOST_AT_ONCE = 2_000
_TOTALS = ("past_full", "past_half", "past_small", "past_came", "past_walk_ins")
_KEEP_TOTALS = (
    update(SESSIONS)
    .where(SESSIONS.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in _TOTALS})
)


def is_anything_old(session: Session, before: date) -> bool:
    """Say whether a meal before that day still has identities."""
    return session.exec(select(MealSessionRow.id).where(*_old(before)).limit(1)).first() is not None


def forget_identities(session: Session, before: date) -> int:
    """Turn registrations and check-ins of up to 2000 older meals into totals, oldest first.

    Returns:
        How many meals they were. What attendance answers stays the same.
    """
    oldest = select(MealSessionRow.id).where(*_old(before)).order_by(col(MealSessionRow.day))
    found = session.exec(oldest.limit(_MOST_AT_ONCE)).all()
    still = select(MealSessionRow.id).where(col(MealSessionRow.id).in_(found), *_old(before))
    ids = session.exec(still.order_by(col(MealSessionRow.id)).with_for_update()).all()
    connection = session.connection()
    totals = [
        _totals(key, counted) for key, counted in tally(session, _named(session, ids)).items()
    ]
    if totals:
        connection.execute(_KEEP_TOTALS, totals)
    keep_official(session, ids)
    connection.execute(update(SESSIONS).where(SESSIONS.c.id.in_(ids)).values(is_forgotten=True))
    named = select(RegistrationRow.id).where(col(RegistrationRow.meal_session_id).in_(ids))
    connection.execute(delete(RATED).where(RATED.c.registration_id.in_(named)))
    connection.execute(delete(NO_SHOWS).where(NO_SHOWS.c.meal_session_id.in_(ids)))
    connection.execute(
        update(FAILURES)
        .where(FAILURES.c.meal_session_id.in_(ids))
        .values(registration_id=None, note=None)
    )
    connection.execute(delete(CHECK_INS).where(CHECK_INS.c.meal_session_id.in_(ids)))
    connection.execute(delete(REGISTRATIONS).where(REGISTRATIONS.c.meal_session_id.in_(ids)))
    return len(ids)


def forget_answers(session: Session, before: datetime) -> None:
    """Delete first answers to repeated requests; they name people too."""
    session.execute(delete(AnsweredRow).where(col(AnsweredRow.at) < before))


def forget_plans(session: Session, before: date) -> None:
    """Delete absences and patterns that ended before that day."""
    session.execute(delete(ABSENCES).where(ABSENCES.c.last_day < before))
    session.execute(delete(PATTERNS).where(PATTERNS.c.last_day < before))


def _named(session: Session, ids: Sequence[UUID]) -> Sequence[MealSessionRow]:
    """Return those meals that have anybody's name; totals from a history file have none."""
    names = union(
        select(RegistrationRow.meal_session_id).where(
            col(RegistrationRow.meal_session_id).in_(ids)
        ),
        select(CheckInRow.meal_session_id).where(col(CheckInRow.meal_session_id).in_(ids)),
    )
    return session.exec(select(MealSessionRow).where(col(MealSessionRow.id).in_(names))).all()


def _totals(session_id: UUID, counted: Tally) -> dict[str, Any]:
    return {
        "key": session_id,
        "past_full": counted.portions[Portion.FULL],
        "past_half": counted.portions[Portion.HALF],
        "past_small": counted.portions[Portion.SMALL],
        "past_came": counted.came,
        "past_walk_ins": counted.walk_ins,
    }


def _old(before: date) -> tuple[ColumnElement[bool], ...]:
    return col(MealSessionRow.day) < before, col(MealSessionRow.is_forgotten).is_(False)
