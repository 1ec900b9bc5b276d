"""No-shows of a meal that is over: named only as far as door and count agree.

A meal names nobody if the canteen closed it, if fewer than half of the registered were scanned and
nothing else counted them (a tablet that failed accuses nobody), or if the independent count leaves
fewer no-shows than there are diners who were not scanned: somebody of them ate, and nobody knows
who. Its numbers stand in the attendance. Group registrations name nobody either, nor does a seat
that its diner had offered to others.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as select_values
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from cleanplate_menu import domain
from cleanplate_menu.actions.attendance import Tally, tally
from cleanplate_menu.actions.door.known import REGISTERED
from cleanplate_menu.actions.door.withdrawing import STANDING, withdraw
from cleanplate_menu.domain.door import meal_end
from cleanplate_menu.models import (
    MEALS_JUDGED,
    NO_SHOWS,
    SESSIONS,
    CanteenSettingsRow,
    CheckInRow,
    MealJudgedRow,
    MealSessionRow,
    NoShowRow,
    RegistrationRow,
)
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.menu_door import NoShowState
from cleanplate_shared.contracts.menu_registrations import RegistrationKind
from cleanplate_shared.tables import KnownCanteenRow

_LOOK_BACK = timedelta(days=14)
_GRACE_PERIOD = timedelta(days=30)
_MOST_AT_ONCE = 50
_WHEN = (SESSIONS.c.id, SESSIONS.c.day, SESSIONS.c.meal, SESSIONS.c.serves_until)
_JUDGE = insert(MEALS_JUDGED).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
_NAME = insert(NO_SHOWS).on_conflict_do_nothing()


def meals_to_judge(session: Session, at: datetime) -> list[UUID]:
    """Return up to 50 meals of the last 14 days that are over and were not judged."""
    found = (
        select_values(*_WHEN, col(KnownCanteenRow.time_zone))
        .join(KnownCanteenRow, col(KnownCanteenRow.id) == MealSessionRow.canteen_id)
        .outerjoin(MealJudgedRow, col(MealJudgedRow.meal_session_id) == MealSessionRow.id)
        .where(
            col(MealSessionRow.day).between((at - _LOOK_BACK).date(), at.date() + timedelta(1)),
            col(MealSessionRow.is_imported).is_(False),
            col(MealSessionRow.is_forgotten).is_(False),
            col(MealJudgedRow.meal_session_id).is_(None),
        )
        .order_by(col(MealSessionRow.day), col(MealSessionRow.id))
    )
    over = [
        meal_id
        for meal_id, day, name, serves_until, time_zone in session.execute(found)
        if meal_end(day, name, serves_until, zone(time_zone)) <= at
    ]
    return over[:_MOST_AT_ONCE]


def judge_meals(session: Session, ids: Sequence[UUID], at: datetime) -> None:
    """Name the no-shows of these meals, day by day; a meal that was judged stays as it is."""
    found = (
        select(MealSessionRow)
        .where(col(MealSessionRow.id).in_(ids))
        .order_by(col(MealSessionRow.id))
        .with_for_update(of=SESSIONS)
    )
    rows = session.exec(found).all()
    tallies = tally(session, rows)
    for row in sorted(rows, key=lambda meal: meal.day):
        named = _may_name(row, tallies[row.id])
        mine = {"meal_session_id": row.id, "named": named, "at": at}
        if session.connection().execute(_JUDGE, mine).rowcount == 1 and named:
            _name(session, row)


def withdraw_beyond_count(session: Session, rows: Sequence[MealSessionRow]) -> None:
    """Withdraw the no-shows of meals whose count came later and says that some of them ate."""
    judged = select(MealJudgedRow).where(
        col(MealJudgedRow.meal_session_id).in_([row.id for row in rows]),
        col(MealJudgedRow.named).is_(True),
    )
    named = {one.meal_session_id: one for one in session.exec(judged)}
    mine = [row for row in rows if row.id in named and not row.is_forgotten]
    for session_id, counted in tally(session, mine).items():
        row = next(one for one in mine if one.id == session_id)
        if not _may_name(row, counted):
            named[session_id].named = False
            withdraw(session, NO_SHOWS.c.meal_session_id == session_id)
    session.flush()


def reconsider(session: Session, at: datetime) -> None:
    """Withdraw no-shows of the last 14 days that a count denies, wherever it came from."""
    counted = (
        select(MealSessionRow)
        .join(MealJudgedRow, col(MealJudgedRow.meal_session_id) == MealSessionRow.id)
        .where(
            col(MealSessionRow.day) >= (at - _LOOK_BACK).date(),
            col(MealSessionRow.served_count).is_not(None),
            col(MealJudgedRow.named).is_(True),
        )
    )
    withdraw_beyond_count(session, session.exec(counted).all())


def _may_name(row: MealSessionRow, counted: Tally) -> bool:
    if row.closed_reason is not None or counted.came + counted.walk_ins == 0:
        return False
    if row.served_count is None and 2 * counted.came < row.registered:
        return False
    out = domain.turnout(row.registered, counted.came, counted.walk_ins, row.served_count)
    return out.no_shows >= row.registered - counted.came


def _name(session: Session, meal: MealSessionRow) -> None:
    absent = (
        select(RegistrationRow.id, RegistrationRow.person_id)
        .outerjoin(CheckInRow, col(CheckInRow.registration_id) == RegistrationRow.id)
        .where(
            RegistrationRow.meal_session_id == meal.id,
            RegistrationRow.status == REGISTERED,
            RegistrationRow.kind == RegistrationKind.PERSON.value,
            col(RegistrationRow.offered_at).is_(None),
            col(CheckInRow.id).is_(None),
        )
    )
    missing = session.exec(absent).all()
    if not missing:
        return
    settings = session.get(CanteenSettingsRow, meal.canteen_id) or CanteenSettingsRow(
        canteen_id=meal.canteen_id
    )
    before = _no_shows_before(session, meal, [person_id for _, person_id in missing])
    rows = [
        _row(meal, registration_id, person_id, before.get(person_id, 0) < settings.no_show_grace)
        for registration_id, person_id in missing
    ]
    session.connection().execute(_NAME, rows)


def _row(
    meal: MealSessionRow, registration_id: UUID, person_id: UUID, is_graced: bool
) -> dict[str, Any]:
    state = NoShowState.GRACED if is_graced else NoShowState.COUNTED
    return NoShowRow(
        registration_id=registration_id,
        meal_session_id=meal.id,
        canteen_id=meal.canteen_id,
        person_id=person_id,
        day=meal.day,
        state=state.value,
    ).model_dump()


def _no_shows_before(
    session: Session, meal: MealSessionRow, persons: Sequence[UUID]
) -> dict[UUID, int]:
    """Return how many no-shows of the last 30 days stand against each person here."""
    found = (
        select(NoShowRow.person_id, func.count())
        .where(
            NoShowRow.canteen_id == meal.canteen_id,
            col(NoShowRow.person_id).in_(persons),
            col(NoShowRow.day) > meal.day - _GRACE_PERIOD,
            col(NoShowRow.state).in_(STANDING),
        )
        .group_by(col(NoShowRow.person_id))
    )
    return dict(session.exec(found).all())
