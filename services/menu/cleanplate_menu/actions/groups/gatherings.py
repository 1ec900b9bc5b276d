"""Guests and official meals (公务用餐): seats for several under the name of a host."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from cleanplate_menu.actions.groups.authority import may_act_in, offices_of
from cleanplate_menu.actions.groups.official import check_standard
from cleanplate_menu.actions.people import may_eat
from cleanplate_menu.actions.registering.freeing import check_unserved, stored
from cleanplate_menu.actions.registering.meals import lock_meals, write_seats
from cleanplate_menu.actions.registering.refusals import NotStanding, SessionFull
from cleanplate_menu.actions.registering.seats import (
    SeatRequest,
    free_seats,
    seat_waiting,
    take_seats,
)
from cleanplate_menu.actions.registering.taking import check_open
from cleanplate_menu.actions.sessions import find_session
from cleanplate_menu.models import KnownPersonRow, MealSessionRow, RegistrationRow
from cleanplate_shared.contracts.common import Meal, Portion
from cleanplate_shared.contracts.menu_groups import (
    GroupKind,
    GroupOfMeal,
    GroupRegistration,
    GroupRegistrationCreate,
)
from cleanplate_shared.contracts.menu_registrations import (
    RegistrationKind,
    RegistrationSource,
    RegistrationStatus,
)
from cleanplate_shared.db import instant
from cleanplate_shared.errors import NotFound, ServiceError
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import ANYONE, KITCHEN, MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow

_REGISTERED = RegistrationStatus.REGISTERED.value
_KINDS = [kind.value for kind in GroupKind]
_IS_GROUP = col(RegistrationRow.kind).in_(_KINDS)
_Found = tuple[RegistrationRow, MealSessionRow, KnownPersonRow | None]


def register_group(
    session: Session, caller: Identity, wanted: GroupRegistrationCreate
) -> GroupRegistration:
    """Take seats for guests or an official meal, under the name of a host.

    Raises:
        NotFound: no such meal for the caller, or no such host whose unit the caller registers.
        StandardNeeded, OverStandard: of an official meal.
        SessionFull, CutoffPassed, MealClosed: as they say.
    """
    meal = find_session(session, caller, ANYONE, wanted.meal_session_id)
    canteen = find_canteen(session, caller, ANYONE, meal.canteen_id)
    host = session.get(KnownPersonRow, wanted.host_id or caller.person_id)
    offices = offices_of(session, caller)
    if (
        host is None
        or not may_eat(host, canteen.id)
        or not may_act_in(caller, host.unit_id, canteen, offices)
    ):
        raise NotFound(msg("Name a host of a unit that you register for."))
    check_standard(session, canteen.id, wanted)
    request = SeatRequest(
        meal_session_id=meal.id,
        person_id=host.id,
        portion=wanted.portion,
        kind=RegistrationKind(wanted.kind.value),
        headcount=wanted.headcount,
        source=RegistrationSource.PROXY,
        made_by=caller.person_id,
        standard_fen=wanted.standard_fen if wanted.kind is GroupKind.OFFICIAL else None,
        note=wanted.note,
    )
    (outcome,) = take_seats(session, [request])
    if isinstance(outcome, ServiceError):
        raise outcome
    return _as_group((session.get_one(RegistrationRow, outcome.id), meal, host))


def change_headcount(
    session: Session, caller: Identity, registration_id: UUID, headcount: int
) -> GroupRegistration:
    """Change how many come, until the cut-off; who waits gets what is freed.

    Raises:
        NotFound: there is none that the caller may change.
        SessionFull, CutoffPassed, MealClosed, AlreadyServed, NotStanding: as they say.
    """
    row, meal_row, host = _find(session, caller, registration_id)
    meals = lock_meals(session, [row.meal_session_id])
    meal = meals[row.meal_session_id]
    now_stored = stored(session, [registration_id])[registration_id]
    check_unserved(now_stored)
    if now_stored["status"] != _REGISTERED:
        raise NotStanding(msg("It was cancelled."))
    check_open(meal, instant(session))
    more = headcount - now_stored["headcount"]
    if more > meal.room:
        raise SessionFull(msg("Only {room} {room:seat is|seats are} left.", room=meal.room))
    meal.move(more)
    session.refresh(row)
    row.headcount = headcount
    session.add(row)
    session.flush()
    seat_waiting(session, meals)
    write_seats(session, meals)
    return _as_group((row, meal_row, host))


def cancel_group(session: Session, caller: Identity, registration_id: UUID) -> None:
    """Give the seats of a group back; a second time changes nothing.

    Raises:
        NotFound: there is none that the caller may cancel.
        CutoffPassed, AlreadyServed, NotStanding: as they say.
    """
    row, _, _ = _find(session, caller, registration_id)
    (outcome,) = free_seats(session, [row.id])
    if isinstance(outcome, ServiceError):
        raise outcome


def list_groups(
    session: Session, caller: Identity, canteen_id: UUID, period: Period
) -> list[GroupRegistration]:
    """Return standing groups at a canteen by day: a manager's all, others' own and their units'."""
    canteen = find_canteen(session, caller, ANYONE, canteen_id)
    found = (
        select(RegistrationRow, MealSessionRow, KnownPersonRow)
        .select_from(RegistrationRow)
        .join(MealSessionRow)
        .outerjoin(KnownPersonRow, col(KnownPersonRow.id) == RegistrationRow.person_id)
        .where(
            MealSessionRow.canteen_id == canteen.id,
            col(MealSessionRow.day).between(period.first, period.last),
            _IS_GROUP,
            RegistrationRow.status == _REGISTERED,
            *_mine(session, caller, canteen),
        )
        .order_by(col(MealSessionRow.day), col(MealSessionRow.cutoff_at), col(RegistrationRow.id))
    )
    return [_as_group(row) for row in session.exec(found)]


def groups_of_meal(session: Session, caller: Identity, session_id: UUID) -> list[GroupOfMeal]:
    """Return how many come in groups to a meal and what to mind, without names."""
    meal = find_session(session, caller, KITCHEN, session_id)
    found = (
        select(RegistrationRow)
        .where(
            RegistrationRow.meal_session_id == meal.id,
            _IS_GROUP,
            RegistrationRow.status == _REGISTERED,
        )
        .order_by(col(RegistrationRow.headcount).desc(), col(RegistrationRow.id))
    )
    return [
        GroupOfMeal(
            kind=GroupKind(row.kind),
            headcount=row.headcount,
            portion=Portion(row.portion),
            note=row.note,
        )
        for row in session.exec(found)
    ]


def _mine(
    session: Session, caller: Identity, canteen: KnownCanteenRow
) -> Sequence[ColumnElement[bool]]:
    """Return what narrows the groups of a canteen to those that the caller may see."""
    if caller.holds(MANAGEMENT, canteen):
        return ()
    units = [unit for place, unit in offices_of(session, caller) if place == canteen.id]
    return (
        or_(
            col(RegistrationRow.person_id) == caller.person_id,
            col(RegistrationRow.made_by) == caller.person_id,
            col(KnownPersonRow.unit_id).in_(units),
        ),
    )


def _find(session: Session, caller: Identity, registration_id: UUID) -> _Found:
    row = session.get(RegistrationRow, registration_id)
    meal = session.get(MealSessionRow, row.meal_session_id) if row else None
    canteen = session.get(KnownCanteenRow, meal.canteen_id) if meal else None
    host = session.get(KnownPersonRow, row.person_id) if row else None
    if (
        row is None
        or meal is None
        or canteen is None
        or row.kind not in _KINDS
        or not may_act_in(
            caller, host.unit_id if host else None, canteen, offices_of(session, caller)
        )
    ):
        raise NotFound(msg("There is no such registration."))
    return row, meal, host


def _as_group(found: _Found) -> GroupRegistration:
    row, meal, host = found
    return GroupRegistration(
        id=row.id,
        meal_session_id=meal.id,
        canteen_id=meal.canteen_id,
        date=meal.day,
        meal=Meal(meal.meal),
        cutoff_at=meal.cutoff_at,
        kind=GroupKind(row.kind),
        headcount=row.headcount,
        host_id=row.person_id,
        host=host.name if host else "",
        unit_id=host.unit_id if host else None,
        unit=host.unit if host else None,
        portion=Portion(row.portion),
        standard_fen=row.standard_fen,
        note=row.note,
        status=RegistrationStatus(row.status),
        pickup_code=row.pickup_code,
        registered_at=row.registered_at,
    )
