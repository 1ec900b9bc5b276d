"""Identities are kept for a while, totals for good (domain: 90 days by default)."""

from datetime import date, datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from cleanplate_menu.actions.attendance import tally
from cleanplate_menu.models import CheckInRow, MealSessionRow, RegistrationRow
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.tables import AnsweredRow

_MOST_AT_ONCE = 500


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
    for session_id, counted in tally(session, rows).items():
        row = session.get_one(MealSessionRow, session_id)
        row.past_full = counted.portions[Portion.FULL]
        row.past_half = counted.portions[Portion.HALF]
        row.past_small = counted.portions[Portion.SMALL]
        row.past_came, row.past_walk_ins = counted.came, counted.walk_ins
        row.is_forgotten = True
    session.flush()
    ids = [row.id for row in rows]
    session.execute(delete(CheckInRow).where(col(CheckInRow.meal_session_id).in_(ids)))
    session.execute(delete(RegistrationRow).where(col(RegistrationRow.meal_session_id).in_(ids)))
    return len(rows)


def forget_answers(session: Session, before: datetime) -> None:
    """Delete first answers to repeated requests; they name people too."""
    session.execute(delete(AnsweredRow).where(col(AnsweredRow.at) < before))


def _old(before: date) -> SelectOfScalar[MealSessionRow]:
    return select(MealSessionRow).where(
        MealSessionRow.day < before, col(MealSessionRow.is_forgotten).is_(False)
    )
