"""Identities are kept for a while, totals for good (domain: 90 days by default)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from cleanplate_menu.actions.attendance import Tally, tally
from cleanplate_menu.models import CHECK_INS, REGISTRATIONS, SESSIONS, MealSessionRow
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.tables import AnsweredRow

_MOST_AT_ONCE = 500
_TOTALS = ("past_full", "past_half", "past_small", "past_came", "past_walk_ins")
_KEEP_TOTALS = (
    update(SESSIONS)
    .where(SESSIONS.c.id == bindparam("key"))
    .values(is_forgotten=True, **{name: bindparam(name) for name in _TOTALS})
)


def is_anything_old(session: Session, before: date) -> bool:
    """Say whether a meal before that day still has identities."""
    return session.exec(_old(before).limit(1)).first() is not None


def forget_identities(session: Session, before: date) -> int:
    """Turn registrations and check-ins of up to 500 older meals into totals.

    Returns:
        How many meals they were. What attendance answers stays the same.
    """
    rows = session.exec(
        _old(before).order_by(col(MealSessionRow.id)).limit(_MOST_AT_ONCE).with_for_update()
    ).all()
    connection, ids = session.connection(), [row.id for row in rows]
    totals = [_totals(key, counted) for key, counted in tally(session, rows).items()]
    if totals:
        connection.execute(_KEEP_TOTALS, totals)
    connection.execute(delete(CHECK_INS).where(CHECK_INS.c.meal_session_id.in_(ids)))
    connection.execute(delete(REGISTRATIONS).where(REGISTRATIONS.c.meal_session_id.in_(ids)))
    return len(rows)


def forget_answers(session: Session, before: datetime) -> None:
    """Delete first answers to repeated requests; they name people too."""
    session.execute(delete(AnsweredRow).where(col(AnsweredRow.at) < before))


def _totals(session_id: UUID, counted: Tally) -> dict[str, Any]:
    return {
        "key": session_id,
        "past_full": counted.portions[Portion.FULL],
        "past_half": counted.portions[Portion.HALF],
        "past_small": counted.portions[Portion.SMALL],
        "past_came": counted.came,
        "past_walk_ins": counted.walk_ins,
    }


def _old(before: date) -> SelectOfScalar[MealSessionRow]:
    return select(MealSessionRow).where(
        MealSessionRow.day < before, col(MealSessionRow.is_forgotten).is_(False)
    )
