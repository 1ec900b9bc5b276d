"""Places in line: for a seat of a full meal, or for one given away after the cut-off."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from cleanplate_menu.actions.registering.line import as_request, leave_line_as
from cleanplate_menu.actions.registering.meals import Meal, lock_meals, meal_for
from cleanplate_menu.actions.registering.outcomes import outcome_of_each
from cleanplate_menu.actions.registering.rows import insert_rows, new_row
from cleanplate_menu.models import WAITING, MealSessionRow, WaitingRow
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu_registrations import (
    RegistrationStatus,
    Rice,
    Waiting,
)
from cleanplate_shared.db import instant
from cleanplate_shared.errors import ServiceError
from cleanplate_shared.identity import Identity

_MINE = WAITING.alias("mine")


def leave_each(
    session: Session, asked: Sequence[tuple[Identity, UUID]]
) -> list[ServiceError | None]:
    """Let each caller leave the line of a meal; one outcome each, leaving again changes nothing.

    Whom a plan had put there says no to the meal: a cancelled registration tells the plan so.
    Refused: NotFound (no such meal for the caller).
    """
    lock_meals(session, {meal_session_id for _, meal_session_id in asked})
    return outcome_of_each(session, _leave, asked)


def list_waiting(session: Session, caller: Identity) -> list[Waiting]:
    """Return the caller's places in line, at meals that are not over."""
    mine = (
        select(WaitingRow)
        .join(MealSessionRow)
        .where(
            WaitingRow.person_id == caller.person_id,
            col(MealSessionRow.day) >= instant(session).date() - timedelta(1),  # in any zone
        )
        .order_by(col(WaitingRow.since))
        .limit(100)
    )
    return _as_waiting(session, session.exec(mine).all())


def _leave(session: Session, caller: Identity, meal_session_id: UUID) -> None:
    meal = _find_meal(session, caller, meal_session_id)
    by_plan = select(WaitingRow).where(
        WaitingRow.meal_session_id == meal.id,
        WaitingRow.person_id == caller.person_id,
        col(WaitingRow.plan).is_not(None),
    )
    no = {"status": RegistrationStatus.CANCELLED.value}
    at = instant(session)
    places = session.exec(by_plan).all()
    insert_rows(session, [new_row(as_request(row), row.choice, at) | no for row in places])
    leave_line_as(session, meal.id, caller.person_id)


def _find_meal(session: Session, caller: Identity, meal_session_id: UUID) -> Meal:
    meal, _ = meal_for(caller, lock_meals(session, [meal_session_id]), meal_session_id)
    return meal


def _as_waiting(session: Session, rows: Sequence[WaitingRow]) -> list[Waiting]:
    before = or_(
        WAITING.c.since < _MINE.c.since,
        and_(WAITING.c.since == _MINE.c.since, WAITING.c.id < _MINE.c.id),
    )
    ahead = (
        select(_MINE.c.id, func.count(WAITING.c.id).label("ahead"))
        .outerjoin(WAITING, and_(WAITING.c.meal_session_id == _MINE.c.meal_session_id, before))
        .where(_MINE.c.id.in_([row.id for row in rows]))
        .group_by(_MINE.c.id)
    )
    counted = {row.id: row.ahead for row in session.connection().execute(ahead)}
    return [
        Waiting(
            id=row.id,
            meal_session_id=row.meal_session_id,
            portion=Portion(row.portion),
            rice=Rice(row.rice),
            choice=row.choice,
            lost_choice=row.lost_choice,
            since=row.since,
            ahead=counted[row.id],
        )
        for row in rows
    ]
