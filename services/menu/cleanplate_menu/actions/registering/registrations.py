"""Registrations (报餐) of callers who may: many requests, one transaction."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.people import check_person
from cleanplate_menu.actions.planning.secretaries import may_act_for
from cleanplate_menu.actions.registering.freeing import free, stored
from cleanplate_menu.actions.registering.meals import Meals, lock_meals, meal_for, write_seats
from cleanplate_menu.actions.registering.own import may_change, no_such
from cleanplate_menu.actions.registering.rows import (
    Outcome,
    SeatRequest,
    as_registration,
)
from cleanplate_menu.actions.registering.seats import meals_of, seat_waiting
from cleanplate_menu.actions.registering.taking import take
from cleanplate_menu.actions.registering.whose import standing_of
from cleanplate_menu.models import CheckInRow, MealSessionRow, RegistrationRow
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu_registrations import (
    MyRegistration,
    Registration,
    RegistrationCreate,
    RegistrationSource,
)
from cleanplate_shared.errors import Forbidden, ServiceError
from cleanplate_shared.i18n import msg
from cleanplate_shared.idempotency import Asked, answer_each
from cleanplate_shared.identity import Identity
from cleanplate_shared.periods import Period


def register_each(session: Session, asked: Sequence[Asked[RegistrationCreate]]) -> list[Outcome]:
    """Take a seat for each caller, or for whom they may register; one outcome each, in order.

    Refused: NotFound (no such meal or person for the caller), Forbidden (somebody else, without
    the right), UnknownDish, UnknownChoice, SessionFull, CutoffPassed, AlreadyRegistered and
    MealClosed.
    """
    return answer_each(session, asked, Registration, _register_each)


def _register_each(session: Session, asked: Sequence[Asked[RegistrationCreate]]) -> list[Outcome]:
    meals = lock_meals(session, {one.wanted.meal_session_id for one in asked})
    requests: list[SeatRequest | ServiceError] = []
    for one in asked:
        try:
            requests.append(_request(session, one.caller, one.wanted, meals))
        except ServiceError as refusal:
            requests.append(refusal)
    taken = iter(take(session, meals, [one for one in requests if isinstance(one, SeatRequest)]))
    write_seats(session, meals)
    return [next(taken) if isinstance(one, SeatRequest) else one for one in requests]


def cancel_each(session: Session, asked: Sequence[Asked[UUID]]) -> list[Outcome]:
    """Give seats back, each for its diner or who may act for them; one outcome each, in order.

    Cancelling again changes nothing; who waits is seated. Refused: NotFound (none, or somebody
    else's), CutoffPassed, AlreadyServed, NotStanding (given away).
    """
    return answer_each(session, asked, Registration, _cancel_each)


def _cancel_each(session: Session, asked: Sequence[Asked[UUID]]) -> list[Outcome]:
    ids = [one.wanted for one in asked]
    meals = lock_meals(session, meals_of(session, ids))
    rows = stored(session, ids)
    refused = {
        place: no_such()
        for place, one in enumerate(asked)
        if one.wanted not in rows or not may_change(session, one.caller, rows[one.wanted], meals)
    }
    freed = iter(free(session, meals, [key for n, key in enumerate(ids) if n not in refused]))
    seat_waiting(session, meals)
    write_seats(session, meals)
    return [refused.get(place) or next(freed) for place in range(len(asked))]


def list_mine(session: Session, caller: Identity, period: Period) -> list[MyRegistration]:
    """Return the caller's standing registrations in a range of days."""
    found = (
        select(RegistrationRow, MealSessionRow, CheckInRow.id)
        .select_from(RegistrationRow)
        .join(MealSessionRow)
        .outerjoin(CheckInRow, col(CheckInRow.registration_id) == RegistrationRow.id)
        .where(
            standing_of(caller.person_id),
            col(MealSessionRow.day).between(period.first, period.last),
        )
        .order_by(col(MealSessionRow.day), col(MealSessionRow.cutoff_at))
    )
    return [
        MyRegistration(
            **as_registration(row.model_dump()).model_dump(),
            date=meal.day,
            meal=Meal(meal.meal),
            canteen_id=meal.canteen_id,
            cutoff_at=meal.cutoff_at,
            served=check_in is not None,
        )
        for row, meal, check_in in session.exec(found)
    ]


def _request(
    session: Session,
    caller: Identity,
    wanted: RegistrationCreate,
    meals: Meals,
) -> SeatRequest:
    person_id = wanted.person_id or caller.person_id
    meal, canteen = meal_for(caller, meals, wanted.meal_session_id)
    is_own = person_id == caller.person_id
    if not is_own:
        if not may_act_for(session, caller, person_id, canteen):
            raise Forbidden(
                msg("Your role at {canteen} does not allow this.", canteen=canteen.name)
            )
        check_person(session, person_id, meal.canteen_id)
    return SeatRequest(
        meal_session_id=meal.id,
        person_id=person_id,
        portion=wanted.portion,
        rice=wanted.rice,
        choice=wanted.choice,
        dishes=tuple(wanted.dishes),
        source=RegistrationSource.SELF if is_own else RegistrationSource.PROXY,
        made_by=None if is_own else caller.person_id,
    )
