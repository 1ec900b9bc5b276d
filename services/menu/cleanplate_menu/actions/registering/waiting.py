"""Waiting for a seat: of a full meal, or for one that somebody gives away after the cut-off."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.registering.giving import check_not_over, offered_to, transfer
from cleanplate_menu.actions.registering.line import as_request, leave_line_as
from cleanplate_menu.actions.registering.meals import Meal, lock_meals, menus_of, write_seats
from cleanplate_menu.actions.registering.places import canteens_of
from cleanplate_menu.actions.registering.refusals import (
    AlreadyWaiting,
    MealClosed,
    SeatsFree,
    already_registered,
)
from cleanplate_menu.actions.registering.rows import (
    as_registration,
    insert_rows,
    new_row,
    standing_among,
)
from cleanplate_menu.actions.registering.taking import choice_of
from cleanplate_menu.models import MealSessionRow, WaitingRow
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu_registrations import (
    RegistrationStatus,
    Rice,
    Waiting,
    WaitingAnswer,
    WaitingCreate,
)
from cleanplate_shared.db import instant
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import ANYONE


def wait(
    session: Session, caller: Identity, meal_session_id: UUID, wanted: WaitingCreate
) -> WaitingAnswer:
    """Join the line of a meal; where a meal is on offer already, it is the caller's at once.

    Raises:
        NotFound: no such meal for the caller.
        SeatsFree: there is room, so register instead.
        AlreadyRegistered, AlreadyWaiting, MealClosed, MealOver, UnknownChoice: as they say.
    """
    meal = _find_meal(session, caller, meal_session_id)
    at = instant(session)
    choice = choice_of(meal, wanted.choice, menus_of(session, [meal.id])[meal.id])
    _check_waits(session, caller, meal, at)
    row = WaitingRow(
        meal_session_id=meal.id,
        person_id=caller.person_id,
        portion=wanted.portion.value,
        rice=wanted.rice.value,
        choice=choice,
        since=at,
    )
    if offer := offered_to(session, meal, caller.person_id):
        given = transfer(session, meal, offer, caller.person_id, at)
        write_seats(session, {meal.id: meal})
        return WaitingAnswer(waiting=None, registration=as_registration(given))
    session.add(row)
    session.flush()
    return WaitingAnswer(waiting=_as_waiting(session, [row])[0], registration=None)


def leave(session: Session, caller: Identity, meal_session_id: UUID) -> None:
    """Leave the line of a meal; leaving again changes nothing.

    Whom a plan had put there says no to the meal: a cancelled registration tells the plan so.

    Raises:
        NotFound: no such meal for the caller.
    """
    meal = _find_meal(session, caller, meal_session_id)
    by_plan = select(WaitingRow).where(
        WaitingRow.meal_session_id == meal.id,
        WaitingRow.person_id == caller.person_id,
        col(WaitingRow.plan).is_not(None),
    )
    places = session.exec(by_plan).all()
    leave_line_as(session, meal.id, caller.person_id)
    no = {"status": RegistrationStatus.CANCELLED.value}
    at = instant(session)
    insert_rows(session, [new_row(as_request(row), row.choice, at) | no for row in places])


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


def _find_meal(session: Session, caller: Identity, meal_session_id: UUID) -> Meal:
    meals = lock_meals(session, [meal_session_id])
    canteens = canteens_of(session, meals)
    for meal in meals.values():
        if meal.canteen_id in canteens and caller.holds(ANYONE, canteens[meal.canteen_id]):
            return meal
    raise NotFound(msg("There is no such meal."))


def _check_waits(session: Session, caller: Identity, meal: Meal, at: datetime) -> None:
    if standing_among(session, [(meal.id, caller.person_id)]):
        raise already_registered()
    if meal.closed_reason is not None:
        raise MealClosed(msg("The canteen says: {reason}", reason=meal.closed_reason))
    if meal.is_open(at) and meal.room > 0:
        raise SeatsFree(msg("Register for the meal instead."))
    check_not_over(session, meal, at)
    mine = select(WaitingRow.id).where(
        WaitingRow.meal_session_id == meal.id, WaitingRow.person_id == caller.person_id
    )
    if session.exec(mine).first():
        raise AlreadyWaiting(msg("You keep your place."))


def _as_waiting(session: Session, rows: Sequence[WaitingRow]) -> list[Waiting]:
    meals = {row.meal_session_id for row in rows}
    line = (
        select(WaitingRow.id, WaitingRow.meal_session_id)
        .where(col(WaitingRow.meal_session_id).in_(meals))
        .order_by(col(WaitingRow.since), col(WaitingRow.id))
    )
    ahead: dict[UUID, int] = {}
    counted: dict[UUID, int] = {}
    for waiting_id, meal_id in session.exec(line):
        ahead[waiting_id] = counted.get(meal_id, 0)
        counted[meal_id] = ahead[waiting_id] + 1
    return [
        Waiting(
            id=row.id,
            meal_session_id=row.meal_session_id,
            portion=Portion(row.portion),
            rice=Rice(row.rice),
            choice=row.choice,
            since=row.since,
            ahead=ahead[row.id],
        )
        for row in rows
    ]
