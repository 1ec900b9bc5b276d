"""Absences: days on which a person does not eat here (leave, a business trip)."""

from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from cleanplate_menu.actions.planning.applying import bring_about, replan
from cleanplate_menu.actions.planning.locks import hold_people, share_canteens
from cleanplate_menu.actions.planning.meals import lock_meals_ahead, where_anything
from cleanplate_menu.actions.planning.reading import those
from cleanplate_menu.actions.planning.secretaries import may_act_for_somewhere
from cleanplate_menu.actions.registering.whose import OWN_SEAT
from cleanplate_menu.domain.planning import Difference
from cleanplate_menu.models import (
    ABSENCES,
    REGISTRATIONS,
    SESSIONS,
    WAITING,
    AbsenceRow,
    KnownPersonRow,
)
from cleanplate_shared.contracts.menu_planning import (
    Absence,
    AbsenceAdded,
    AbsenceCreate,
    AbsenceKind,
    Planned,
)
from cleanplate_shared.errors import Conflict, NotFound, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity

MOST_DAYS = 366
_MOST_OF_ONE = 200


class AbsenceSpanRefused(Unprocessable, title=msg("The days are reversed or too many")):
    """The last day lies before the first, or there are more than 366 days."""


class AbsenceExists(Conflict, title=msg("This absence is there already")):
    """The person is absent from and until the same days."""


class TooManyAbsences(Conflict, title=msg("Too many absences")):
    """A person has at most 200 at a time."""


def add_absence(session: Session, caller: Identity, wanted: AbsenceCreate) -> AbsenceAdded:
    """Note days without meals, and cancel the person's registrations in them.

    Raises:
        NotFound: the caller may not do this for that person.
        AbsenceSpanRefused, AbsenceExists, TooManyAbsences: as they say.
    """
    person_id = wanted.person_id or caller.person_id
    canteens = _act_for(session, caller, person_id)
    if not 0 <= (wanted.last_day - wanted.first_day).days < MOST_DAYS:
        raise AbsenceSpanRefused(msg("At most {days} days, the earlier first.", days=MOST_DAYS))
    hold_people(session, [person_id])
    share_canteens(session, canteens)
    _check_number(session, person_id)
    row = AbsenceRow(
        person_id=person_id,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        kind=wanted.kind.value,
        made_by=caller.person_id,
        is_applied=True,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise AbsenceExists(msg("Remove that one first to change it.")) from error
    return AbsenceAdded(**as_absence(row).model_dump(), planned=apply_absence(session, row))


def remove_absence(session: Session, caller: Identity, absence_id: UUID) -> Planned:
    """Take an absence back: plans register again, and what had been chosen by hand returns.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = session.get(AbsenceRow, absence_id)
    if row is None:
        raise NotFound(msg("There is no such absence."))
    canteens = _act_for(session, caller, row.person_id)
    hold_people(session, [row.person_id])
    share_canteens(session, canteens)
    session.connection().execute(delete(ABSENCES).where(ABSENCES.c.id == absence_id))
    span = SESSIONS.c.day.between(row.first_day, row.last_day)
    meals = lock_meals_ahead(session, span, SESSIONS.c.canteen_id.in_(canteens))
    return replan(session, meals, those([row.person_id]))


def list_mine(session: Session, caller: Identity) -> list[Absence]:
    """Return the caller's absences, the latest first."""
    mine = select_rows(AbsenceRow).where(AbsenceRow.person_id == caller.person_id)
    rows = sorted(session.exec(mine), key=lambda row: (row.first_day, row.id), reverse=True)
    return [as_absence(row) for row in rows]


def apply_absence(session: Session, row: AbsenceRow) -> Planned:
    """Cancel the person's registrations and places in line in an absence's days ahead."""
    span = SESSIONS.c.day.between(row.first_day, row.last_day)
    ids = [meal.id for meal in lock_meals_ahead(session, span, where_anything(row.person_id))]
    seats = select(REGISTRATIONS.c.id, REGISTRATIONS.c.meal_session_id).where(
        REGISTRATIONS.c.meal_session_id.in_(ids),
        REGISTRATIONS.c.person_id == row.person_id,
        OWN_SEAT,
    )
    places = select(WAITING.c.id, WAITING.c.meal_session_id).where(
        WAITING.c.meal_session_id.in_(ids), WAITING.c.person_id == row.person_id
    )
    changes = {meal_id: Difference() for meal_id in ids}
    for registration_id, meal_id in session.connection().execute(seats):
        changes[meal_id].withdraw.append(registration_id)
    for place_id, meal_id in session.connection().execute(places):
        changes[meal_id].leave.append(place_id)
    return bring_about(session, changes)


def as_absence(row: AbsenceRow) -> Absence:
    """Return a stored absence as the contract says it."""
    return Absence(
        id=row.id,
        person_id=row.person_id,
        first_day=row.first_day,
        last_day=row.last_day,
        kind=AbsenceKind(row.kind),
    )


def _act_for(session: Session, caller: Identity, person_id: UUID) -> list[UUID]:
    """Return the canteens where a person may eat, if the caller may act for them."""
    person = session.get(KnownPersonRow, person_id)
    if person is None and person_id == caller.person_id:
        return []
    if person is None or not may_act_for_somewhere(session, caller, person):
        raise NotFound(msg("Nobody with this id eats at your canteens."))
    return [UUID(canteen_id) for canteen_id in person.canteen_ids]


def _check_number(session: Session, person_id: UUID) -> None:
    theirs = select(func.count()).where(ABSENCES.c.person_id == person_id)
    if session.connection().execute(theirs).scalar_one() >= _MOST_OF_ONE:
        raise TooManyAbsences(msg("Remove some that are over."))


def next_unapplied(session: Session) -> AbsenceRow | None:
    """Return an imported absence whose registrations may still stand."""
    found = select_rows(AbsenceRow).where(~col(AbsenceRow.is_applied))
    return session.exec(found.order_by(col(AbsenceRow.id)).limit(1)).first()


def apply_imported(session: Session, absence: AbsenceRow) -> None:
    """Cancel what a person has in an imported absence, once."""
    hold_people(session, [absence.person_id])
    row = session.get(AbsenceRow, absence.id)
    if row is None or row.is_applied:
        return
    person = session.get_one(KnownPersonRow, row.person_id)
    share_canteens(session, [UUID(canteen_id) for canteen_id in person.canteen_ids])
    apply_absence(session, row)
    row.is_applied = True
    session.flush()
