"""The canteen's side of the promise: registered diners whom it failed, and what it says to that."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cleanplate_menu.actions.door.withdrawing import withdraw
from cleanplate_menu.actions.registering.refusals import NotStanding
from cleanplate_menu.actions.sessions import find_session
from cleanplate_menu.domain.door import may_report
from cleanplate_menu.models import NO_SHOWS, CanteenFailureRow, MealSessionRow, RegistrationRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu_door import CanteenFailure, CanteenFailureCreate, FailureKind
from cleanplate_shared.contracts.menu_registrations import RegistrationStatus
from cleanplate_shared.db import instant
from cleanplate_shared.errors import Conflict, NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import ANYONE, MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow

# Whoever met one of these may well have gone without eating here.
_EXCUSES = {FailureKind.SOLD_OUT, FailureKind.CLOSED, FailureKind.LONG_WAIT}
_MOST = 1_000


class NotToReportNow(Conflict, title=msg("This cannot be reported now")):
    """A failure is reported on the day of the meal or in the three days after."""


class AlreadyReported(Conflict, title=msg("This was reported already")):
    """A registration has one report."""


def report_failure(
    session: Session, caller: Identity, registration_id: UUID, wanted: CanteenFailureCreate
) -> CanteenFailure:
    """Record against the canteen that it failed the caller, who had registered.

    Sold out, closed and a long wait also withdraw the no-show of this registration.

    Raises:
        NotFound: the caller has no such registration.
        NotStanding: it was cancelled or given away.
        NotToReportNow: too early, or more than three days after the meal's day.
        AlreadyReported: once is enough.
    """
    registration = session.get(RegistrationRow, registration_id)
    if registration is None or registration.person_id != caller.person_id:
        raise NotFound(msg("There is no such registration."))
    if registration.status != RegistrationStatus.REGISTERED.value:
        raise NotStanding(msg("It was cancelled or given away."))
    meal = find_session(session, caller, ANYONE, registration.meal_session_id)
    canteen = find_canteen(session, caller, ANYONE, meal.canteen_id)
    if not may_report(meal.day, zone(canteen.time_zone), instant(session)):
        raise NotToReportNow(msg("Report it on the day of the meal or in the three days after."))
    row = CanteenFailureRow(
        registration_id=registration.id,
        meal_session_id=meal.id,
        canteen_id=meal.canteen_id,
        day=meal.day,
        kind=wanted.kind.value,
        note=wanted.note,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise AlreadyReported(msg("The canteen has your report.")) from error
    if wanted.kind in _EXCUSES:
        withdraw(session, NO_SHOWS.c.registration_id == registration.id)
    return _as_failure(row, meal.meal)


def list_mine(session: Session, caller: Identity, period: Period) -> list[CanteenFailure]:
    """Return what the caller reported in a range of days, newest first, with the replies."""
    found = (
        select(CanteenFailureRow, MealSessionRow.meal)
        .select_from(CanteenFailureRow)
        .join(MealSessionRow, col(MealSessionRow.id) == CanteenFailureRow.meal_session_id)
        .join(RegistrationRow, col(RegistrationRow.id) == CanteenFailureRow.registration_id)
        .where(
            RegistrationRow.person_id == caller.person_id,
            col(CanteenFailureRow.day).between(period.first, period.last),
        )
        .order_by(col(CanteenFailureRow.day).desc(), col(CanteenFailureRow.id))
    )
    return [_as_failure(row, meal) for row, meal in session.exec(found)]


def list_failures(
    session: Session, caller: Identity, canteen_id: UUID, period: Period
) -> list[CanteenFailure]:
    """Return up to 1000 reports about a canteen, newest first; they name nobody."""
    find_canteen(session, caller, MANAGEMENT, canteen_id)
    found = (
        select(CanteenFailureRow, MealSessionRow.meal)
        .join(MealSessionRow, col(MealSessionRow.id) == CanteenFailureRow.meal_session_id)
        .where(
            CanteenFailureRow.canteen_id == canteen_id,
            col(CanteenFailureRow.day).between(period.first, period.last),
        )
        .order_by(col(CanteenFailureRow.day).desc(), col(CanteenFailureRow.id))
        .limit(_MOST)
    )
    return [_as_failure(row, meal) for row, meal in session.exec(found)]


def reply(session: Session, caller: Identity, failure_id: UUID, words: str) -> CanteenFailure:
    """Say what the canteen says to a failure; a later reply takes the place of the first.

    Raises:
        NotFound: there is none, or it is about a canteen the caller has nothing to do with.
    """
    row = session.get(CanteenFailureRow, failure_id, with_for_update=True)
    canteen = session.get(KnownCanteenRow, row.canteen_id) if row else None
    if row is None or canteen is None or not caller.holds(ANYONE, canteen):
        raise NotFound(msg("There is no such report."))
    find_canteen(session, caller, MANAGEMENT, row.canteen_id)
    row.reply, row.replied_by = words, caller.person_id
    session.flush()
    return _as_failure(row, session.get_one(MealSessionRow, row.meal_session_id).meal)


def _as_failure(row: CanteenFailureRow, meal: str) -> CanteenFailure:
    return CanteenFailure(
        id=row.id,
        canteen_id=row.canteen_id,
        date=row.day,
        meal=Meal(meal),
        kind=FailureKind(row.kind),
        note=row.note,
        reply=row.reply,
    )
