"""The list of a meal's registrations, for a door that may lose its network."""

from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.door.known import REGISTERED
from cleanplate_menu.actions.door.refusals import RosterClosed
from cleanplate_menu.actions.sessions import find_session
from cleanplate_menu.domain.door import shows_names
from cleanplate_menu.models import CheckInRow, KnownPersonRow, RegistrationRow
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
        select(RegistrationRow, KnownPersonRow, CheckInRow.id)
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


def _entry(row: RegistrationRow, person: KnownPersonRow | None, used: UUID | None) -> RosterEntry:
    return RosterEntry(
        registration_id=row.id,
        code=row.pickup_code,
        name=person.name if person else "",
        number=person.number if person else "",
        unit=person.unit if person else None,
        kind=RegistrationKind(row.kind),
        headcount=row.headcount,
        portion=Portion(row.portion),
        rice=Rice(row.rice),
        choice=row.choice,
        served=used is not None,
    )
