"""Giving a meal to somebody after the cut-off: the seat stays taken, the diner changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from cleanplate_menu.actions.people import may_eat
from cleanplate_menu.actions.registering.freeing import check_unserved, stored
from cleanplate_menu.actions.registering.line import first_in_line, leave_line_as
from cleanplate_menu.actions.registering.meals import Meal, lock_meals, write_seats
from cleanplate_menu.actions.registering.outcomes import outcome_of_each
from cleanplate_menu.actions.registering.own import find_changeable
from cleanplate_menu.actions.registering.refusals import (
    AlreadyRegistered,
    CutoffAhead,
    MealOver,
    NotStanding,
)
from cleanplate_menu.actions.registering.rows import (
    REGISTERED,
    SeatRequest,
    Stored,
    as_registration,
    insert_rows,
    new_row,
    standing_among,
)
from cleanplate_menu.actions.registering.seats import meals_of
from cleanplate_menu.domain.days import end_of_day
from cleanplate_menu.models import CHECK_INS, REGISTRATIONS, KnownPersonRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu_registrations import (
    Registration,
    RegistrationKind,
    RegistrationSource,
    RegistrationStatus,
    Rice,
)
from cleanplate_shared.db import instant
from cleanplate_shared.errors import NotFound, ServiceError
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity

_OFFERED = (
    select(REGISTRATIONS.c.id)
    .outerjoin(CHECK_INS, CHECK_INS.c.registration_id == REGISTRATIONS.c.id)
    .where(
        REGISTRATIONS.c.meal_session_id == bindparam("meal"),
        REGISTRATIONS.c.person_id != bindparam("person"),
        REGISTRATIONS.c.status == REGISTERED,
        REGISTRATIONS.c.offered_at.is_not(None),
        CHECK_INS.c.id.is_(None),
    )
    .order_by(REGISTRATIONS.c.offered_at, REGISTRATIONS.c.id)
    .limit(1)
)
_THIS = REGISTRATIONS.c.id == bindparam("registration")
_OFFER = update(REGISTRATIONS).where(_THIS).values(offered_at=bindparam("at"))
_GIVE = (
    update(REGISTRATIONS)
    .where(_THIS)
    .values(status=RegistrationStatus.GIVEN.value, offered_at=None)
)


def give_each(
    session: Session, asked: Sequence[tuple[Identity, UUID, str | None]]
) -> list[Registration | ServiceError]:
    """Give meals to colleagues by their numbers; one outcome each, in order.

    Without a number it goes to whoever waits first; without anybody it is put on offer. The outcome
    is the giver's registration. Refused: NotFound (no such registration for the caller, or no such
    colleague at this canteen), CutoffAhead (it can still be cancelled, which frees the seat for
    everybody), NotStanding, AlreadyServed, MealOver (there is nothing to give any more),
    AlreadyRegistered (the colleague has a meal of their own).
    """
    lock_meals(session, meals_of(session, [registration_id for _, registration_id, _ in asked]))
    return outcome_of_each(session, _give, asked)


def keep_each(
    session: Session, asked: Sequence[tuple[Identity, UUID]]
) -> list[Registration | ServiceError]:
    """Take offers back that nobody has taken; one outcome each, in order.

    Refused: NotFound (no such registration for the caller), NotStanding (somebody has taken it).
    """
    lock_meals(session, meals_of(session, [registration_id for _, registration_id in asked]))
    return outcome_of_each(session, _keep, asked)


def offered_to(session: Session, meal: Meal, person_id: UUID) -> Stored | None:
    """Return the registration of somebody else that is on offer the longest at a locked meal."""
    offer = {"meal": meal.id, "person": person_id}
    found = session.connection().execute(_OFFERED, offer).scalar()
    return stored(session, [found])[found] if found else None


def transfer(
    session: Session, meal: Meal, row: Stored, receiver: UUID, at: datetime
) -> dict[str, Any]:
    """Make a registration of a locked meal somebody else's, under a code of its own.

    The seats taken stay the same; `write_seats` must follow, so that others are told.
    """
    taken = SeatRequest(
        meal_session_id=meal.id,
        person_id=receiver,
        portion=Portion(row["portion"]),
        rice=Rice(row["rice"]),
        dishes=tuple(UUID(dish) for dish in row["dishes"]),
        source=RegistrationSource.GIFT,
        made_by=row["person_id"],
    )
    given = new_row(taken, row["choice"], at)
    insert_rows(session, [given])
    session.connection().execute(_GIVE, {"registration": row["id"]})
    leave_line_as(session, meal.id, receiver)
    meal.move(0)
    return given


def check_not_over(meal: Meal, at: datetime) -> None:
    """Raise MealOver when the day of the meal has ended where the canteen is."""
    if meal.canteen and at >= end_of_day(meal.day, zone(meal.canteen.time_zone)):
        raise MealOver(msg("Its day has ended."))


def _give(
    session: Session, caller: Identity, registration_id: UUID, number: str | None
) -> Registration:
    row, meal = find_changeable(session, caller, registration_id)
    at = instant(session)
    _check_giveable(row, meal, at)
    receiver = _colleague(session, meal, number) if number else _first_waiting(session, meal)
    if receiver is None:
        session.connection().execute(_OFFER, {"registration": row["id"], "at": at})
        return as_registration({**row, "offered_at": at})
    if standing_among(session, [(meal.id, receiver)]):
        raise AlreadyRegistered(msg("The colleague has a meal of their own."))
    transfer(session, meal, row, receiver, at)
    write_seats(session, {meal.id: meal})
    return as_registration({**row, "status": RegistrationStatus.GIVEN.value, "offered_at": None})


def _keep(session: Session, caller: Identity, registration_id: UUID) -> Registration:
    row, _ = find_changeable(session, caller, registration_id)
    if row["status"] != REGISTERED:
        raise NotStanding(msg("It was given to somebody else."))
    session.connection().execute(_OFFER, {"registration": row["id"], "at": None})
    return as_registration({**row, "offered_at": None})


def _check_giveable(row: Stored, meal: Meal, at: datetime) -> None:
    check_unserved(row)
    if row["status"] != REGISTERED or row["kind"] != RegistrationKind.PERSON.value:
        raise NotStanding(msg("Only a diner's own standing registration can be given."))
    if meal.is_open(at):
        raise CutoffAhead(msg("Cancel it instead, so that anybody may take the seat."))
    check_not_over(meal, at)


def _first_waiting(session: Session, meal: Meal) -> UUID | None:
    """Return who has waited the longest and has no meal yet."""
    waiting = [row.person_id for row in first_in_line(session, [meal.id], most=20)]
    served = standing_among(session, [(meal.id, person) for person in waiting])
    return next((person for person in waiting if (meal.id, person) not in served), None)


def _colleague(session: Session, meal: Meal, number: str) -> UUID:
    numbered = select_rows(KnownPersonRow).where(col(KnownPersonRow.number) == number)
    for person in session.exec(numbered):
        if may_eat(person, meal.canteen_id):
            return person.id
    raise NotFound(msg("Nobody with this number eats at this canteen."))
