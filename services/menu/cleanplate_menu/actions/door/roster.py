"""The list of a meal's registrations, for a door that may lose its network."""

import hashlib
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists
from sqlmodel import Session, col, select

from cleanplate_menu.actions.door.known import REGISTERED
from cleanplate_menu.actions.door.refusals import RosterClosed
from cleanplate_menu.actions.people import eats_at
from cleanplate_menu.actions.sessions import find_session
from cleanplate_menu.domain.door import shows_names
from cleanplate_menu.models import PEOPLE, CheckInRow, KnownPersonRow, RegistrationRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Meal, Portion
from cleanplate_shared.contracts.menu_door import Roster, RosterEntry
from cleanplate_shared.contracts.menu_registrations import RegistrationKind, Rice
from cleanplate_shared.db import instant
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import KITCHEN

_MOST = 10_000


def show_roster(session: Session, caller: Identity, session_id: UUID) -> Roster:
    """Return who is registered for a meal, by code.

    Raises:
        RosterClosed: not yet 18:00 of the evening before, or the meal's day is over; names are for
            the door, not for browsing.
    """
    meal = find_session(session, caller, KITCHEN, session_id)
    canteen = find_canteen(session, caller, KITCHEN, meal.canteen_id)
    if not shows_names(meal.day, zone(canteen.time_zone), instant(session)):
        raise RosterClosed(msg("It opens at 18:00 on the evening before and closes with the day."))
    found = (
        select(RegistrationRow, KnownPersonRow, CheckInRow.id, _own_number(meal.canteen_id))
        .select_from(RegistrationRow)
        .outerjoin(KnownPersonRow, col(KnownPersonRow.id) == RegistrationRow.person_id)
        .outerjoin(CheckInRow, col(CheckInRow.registration_id) == RegistrationRow.id)
        .where(RegistrationRow.meal_session_id == meal.id, RegistrationRow.status == REGISTERED)
        .order_by(col(RegistrationRow.pickup_code))
        .limit(_MOST + 1)
    )
    rows = session.exec(found).all()
    return Roster(
        meal_session_id=meal.id,
        date=meal.day,
        meal=Meal(meal.meal),
        entries=[_entry(*row) for row in rows[:_MOST]],
        complete=len(rows) <= _MOST,
    )


def _own_number(canteen_id: UUID) -> ColumnElement[str]:
    """Return a person's number in SQL; empty if it is the card of another who eats here."""
    another = PEOPLE.alias()
    has_it_as_card = exists().where(
        another.c.card == KnownPersonRow.number,
        another.c.id != KnownPersonRow.id,
        eats_at(canteen_id, another),
    )
    return case((has_it_as_card, ""), else_=KnownPersonRow.number)


def _entry(
    row: RegistrationRow, person: KnownPersonRow | None, used: UUID | None, number: str | None
) -> RosterEntry:
    return RosterEntry(
        registration_id=row.id,
        code=row.pickup_code,
        name=person.name if person else "",
        number=number or "",
        card_hash=_card_hash(row.meal_session_id, person.card) if person and person.card else None,
        unit=person.unit if person else None,
        kind=RegistrationKind(row.kind),
        headcount=row.headcount,
        portion=Portion(row.portion),
        rice=Rice(row.rice),
        choice=row.choice,
        served=used is not None,
    )


def _card_hash(meal_session_id: UUID, card: str) -> str:
    """Return what a tablet knows a card by, for one meal.

    It keeps card numbers out of sight, no more: there are few enough of some kinds to try them all.
    """
    return hashlib.sha256(f"{meal_session_id}:{card}".encode()).hexdigest()
