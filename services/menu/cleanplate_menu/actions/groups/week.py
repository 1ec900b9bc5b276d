"""The units that somebody registers, their people, and who of them is registered."""

from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from cleanplate_menu.actions.groups.authority import check_unit, offices_of
from cleanplate_menu.actions.people import eats_at
from cleanplate_menu.models import PEOPLE, KnownPersonRow, MealSessionRow, RegistrationRow
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu_groups import Office, UnitRegistration
from cleanplate_shared.contracts.menu_planning import UnitPerson
from cleanplate_shared.contracts.menu_registrations import (
    RegistrationKind,
    RegistrationStatus,
    Rice,
)
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import ANYONE, MANAGEMENT

_MOST_PEOPLE = 2_000


def list_offices(session: Session, caller: Identity, canteen_id: UUID) -> list[Office]:
    """Return the units whose people the caller registers at a canteen, by name."""
    canteen = find_canteen(session, caller, ANYONE, canteen_id)
    name = func.max(PEOPLE.c.unit)
    found = (
        select_columns(PEOPLE.c.unit_id, name, func.count())
        .where(eats_at(canteen_id), PEOPLE.c.unit_id.is_not(None))
        .group_by(PEOPLE.c.unit_id)
        .order_by(name, PEOPLE.c.unit_id)
    )
    if not caller.holds(MANAGEMENT, canteen):
        mine = [unit for place, unit in offices_of(session, caller) if place == canteen_id]
        found = found.where(PEOPLE.c.unit_id.in_(mine))
    return [
        Office(unit_id=unit_id, unit=unit or "", people=people)
        for unit_id, unit, people in session.connection().execute(found)
    ]


def list_people(
    session: Session, caller: Identity, canteen_id: UUID, unit_id: UUID
) -> list[UnitPerson]:
    """Return a unit's people at a canteen by number, at most 2000.

    Raises:
        NotFound: the caller registers nobody of this unit there.
    """
    canteen = find_canteen(session, caller, ANYONE, canteen_id)
    check_unit(session, caller, canteen, unit_id)
    found = (
        select_columns(PEOPLE.c.id, PEOPLE.c.name, PEOPLE.c.number)
        .where(PEOPLE.c.unit_id == unit_id, eats_at(canteen_id))
        .order_by(PEOPLE.c.number, PEOPLE.c.id)
        .limit(_MOST_PEOPLE)
    )
    rows = session.connection().execute(found).mappings()
    return [UnitPerson.model_validate(dict(row)) for row in rows]


def list_of_unit(
    session: Session, caller: Identity, canteen_id: UUID, unit_id: UUID, period: Period
) -> list[UnitRegistration]:
    """Return the standing registrations of a unit's people at a canteen.

    Raises:
        NotFound: the caller registers nobody of this unit there.
    """
    canteen = find_canteen(session, caller, ANYONE, canteen_id)
    check_unit(session, caller, canteen, unit_id)
    found = (
        select(RegistrationRow)
        .join(MealSessionRow)
        .join(KnownPersonRow, col(KnownPersonRow.id) == RegistrationRow.person_id)
        .where(
            KnownPersonRow.unit_id == unit_id,
            MealSessionRow.canteen_id == canteen_id,
            col(MealSessionRow.day).between(period.first, period.last),
            RegistrationRow.kind == RegistrationKind.PERSON.value,
            RegistrationRow.status == RegistrationStatus.REGISTERED.value,
        )
        .order_by(col(MealSessionRow.day), col(RegistrationRow.id))
    )
    return [
        UnitRegistration(
            id=row.id,
            meal_session_id=row.meal_session_id,
            person_id=row.person_id,
            portion=Portion(row.portion),
            rice=Rice(row.rice),
            choice=row.choice,
        )
        for row in session.exec(found)
    ]
