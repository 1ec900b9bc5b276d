"""Registrations (报餐): made and cancelled until the cut-off."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, exists, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from cleanplate_menu import domain
from cleanplate_menu.actions import seats
from cleanplate_menu.actions.dishes import UnknownDish
from cleanplate_menu.actions.people import check_person
from cleanplate_menu.actions.sessions import find_session
from cleanplate_menu.models import (
    CHECK_INS,
    REGISTRATIONS,
    CheckInRow,
    MealSessionRow,
    RegistrationRow,
    SessionDishRow,
)
from cleanplate_shared.contracts.common import Meal, Portion
from cleanplate_shared.contracts.menu_registrations import (
    MyRegistration,
    Registration,
    RegistrationCreate,
    RegistrationStatus,
)
from cleanplate_shared.errors import Conflict, NotFound, ServiceError
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import ANYONE, MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow

_REGISTERED = RegistrationStatus.REGISTERED.value
_CODES_TRIED = 5
_INSERT = (
    insert(REGISTRATIONS)
    .on_conflict_do_nothing()  # SQLite reads it the same way
    .execution_options(preserve_rowcount=True)
)
_STANDING = select(RegistrationRow.id).where(
    RegistrationRow.meal_session_id == bindparam("session_id"),
    RegistrationRow.person_id == bindparam("person_id"),
    RegistrationRow.status == _REGISTERED,
)
_CANCEL = (
    update(REGISTRATIONS)
    .where(
        REGISTRATIONS.c.id == bindparam("registration_id"),
        REGISTRATIONS.c.status == _REGISTERED,
        ~exists().where(CHECK_INS.c.registration_id == REGISTRATIONS.c.id),
    )
    .values(status=RegistrationStatus.CANCELLED.value)
)


class SessionFull(Conflict, title=msg("The meal is full")):
    """All seats are taken."""


class CutoffPassed(Conflict, title=msg("Registration is closed")):
    """The cut-off has passed."""


class AlreadyRegistered(Conflict, title=msg("Already registered for this meal")):
    """The person has a standing registration for this meal."""


class AlreadyServed(Conflict, title=msg("Already checked in")):
    """The registration was used for a meal."""


def register(
    session: Session, caller: Identity, wanted: RegistrationCreate, at: datetime
) -> Registration:
    """Take a seat for the caller, or as a manager for somebody else.

    Raises:
        NotFound: no such meal for the caller, or no such person there.
        Forbidden: for somebody else, and the caller manages nothing there.
        UnknownDish: a dish is not on the menu.
        SessionFull, CutoffPassed, AlreadyRegistered: as they say.
    """
    person_id = wanted.person_id or caller.person_id
    by_proxy = person_id != caller.person_id
    meal = find_session(session, caller, MANAGEMENT if by_proxy else ANYONE, wanted.meal_session_id)
    if by_proxy:
        check_person(session, person_id, meal.canteen_id)
    _check_menu(session, wanted)
    if not seats.take_seat(session, meal.id, at):
        raise _refusal(session, meal, person_id, at)
    row = RegistrationRow(
        id=uuid4(),
        meal_session_id=meal.id,
        person_id=person_id,
        portion=wanted.portion.value,
        status=_REGISTERED,
        pickup_code="",
        registered_at=at,
        dishes=[str(dish) for dish in dict.fromkeys(wanted.dishes)],
    )
    _insert(session, row)
    return _as_registration(row)


def cancel(session: Session, caller: Identity, registration_id: UUID, at: datetime) -> None:
    """Give a seat back; cancelling a second time changes nothing.

    Raises:
        NotFound: there is none, or it is somebody else's and the caller manages nothing there.
        CutoffPassed: it is too late.
        AlreadyServed: the diner has checked in.
    """
    row = session.get(RegistrationRow, registration_id)
    meal = session.get(MealSessionRow, row.meal_session_id) if row else None
    canteen = session.get(KnownCanteenRow, meal.canteen_id) if meal else None
    if row is None or meal is None or canteen is None or not _may_cancel(caller, row, canteen):
        raise NotFound(msg("There is no such registration."))
    meal = session.get_one(MealSessionRow, meal.id, with_for_update=True)
    cancelled = session.connection().execute(_CANCEL, {"registration_id": row.id})
    if cancelled.rowcount == 0:
        session.refresh(row)
        if row.status == _REGISTERED:
            raise AlreadyServed(msg("Somebody has eaten on this registration."))
    elif not seats.free_seat(session, meal.id, at):
        raise _too_late(meal, at)


def list_mine(session: Session, caller: Identity, period: Period) -> list[MyRegistration]:
    """Return the caller's standing registrations in a range of days."""
    found = (
        select(RegistrationRow, MealSessionRow, CheckInRow.id)
        .select_from(RegistrationRow)
        .join(MealSessionRow)
        .outerjoin(CheckInRow, col(CheckInRow.registration_id) == RegistrationRow.id)
        .where(
            RegistrationRow.person_id == caller.person_id,
            RegistrationRow.status == _REGISTERED,
            col(MealSessionRow.day).between(period.first, period.last),
        )
        .order_by(col(MealSessionRow.day), col(MealSessionRow.cutoff_at))
    )
    return [
        MyRegistration(
            **_as_registration(row).model_dump(),
            date=meal.day,
            meal=Meal(meal.meal),
            canteen_id=meal.canteen_id,
            cutoff_at=meal.cutoff_at,
            served=check_in is not None,
        )
        for row, meal, check_in in session.exec(found)
    ]


def _check_menu(session: Session, wanted: RegistrationCreate) -> None:
    if not wanted.dishes:
        return
    on_menu = select(SessionDishRow.dish_id).where(
        SessionDishRow.meal_session_id == wanted.meal_session_id
    )
    if not set(wanted.dishes) <= set(session.exec(on_menu)):
        raise UnknownDish(msg("Choose dishes from the menu of this meal."))


def _insert(session: Session, row: RegistrationRow) -> None:
    """Write the registration; a code that is taken in this meal is drawn again."""
    values = row.model_dump()
    for _ in range(_CODES_TRIED):
        row.pickup_code = domain.pickup_code()
        fresh = values | {"pickup_code": row.pickup_code}
        if session.connection().execute(_INSERT, fresh).rowcount == 1:
            return
        if _is_registered(session, row.meal_session_id, row.person_id):
            raise _already()
    raise SessionFull(msg("No pickup code is free; please try again."))


def _is_registered(session: Session, session_id: UUID, person_id: UUID) -> bool:
    place = {"session_id": session_id, "person_id": person_id}
    return session.connection().execute(_STANDING, place).first() is not None


def _refusal(session: Session, meal: MealSessionRow, person_id: UUID, at: datetime) -> ServiceError:
    """Return why the guarded statement took no seat."""
    if _is_registered(session, meal.id, person_id):
        return _already()
    if meal.cutoff_at <= at:
        return _too_late(meal, at)
    return SessionFull(msg("All {capacity} seats are taken.", capacity=meal.capacity))


def _already() -> AlreadyRegistered:
    return AlreadyRegistered(msg("Cancel that registration first to change it."))


def _too_late(meal: MealSessionRow, at: datetime) -> CutoffPassed:
    minutes = int((at - meal.cutoff_at).total_seconds() // 60)
    return CutoffPassed(msg("Registration closed {minutes} minutes ago.", minutes=minutes))


def _may_cancel(caller: Identity, row: RegistrationRow, canteen: KnownCanteenRow) -> bool:
    return row.person_id == caller.person_id or caller.holds(MANAGEMENT, canteen)


def _as_registration(row: RegistrationRow) -> Registration:
    return Registration(
        id=row.id,
        meal_session_id=row.meal_session_id,
        person_id=row.person_id,
        portion=Portion(row.portion),
        status=RegistrationStatus(row.status),
        pickup_code=row.pickup_code,
        registered_at=row.registered_at,
    )
