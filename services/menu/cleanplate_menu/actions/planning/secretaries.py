"""Secretaries: who may do for a unit's people what they may do themselves."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from cleanplate_menu.actions.people import eats_at
from cleanplate_menu.actions.planning.locks import hold_canteen
from cleanplate_menu.models import PEOPLE, AbsenceRow, KnownPersonRow, UnitSecretaryRow
from cleanplate_shared.contracts.menu_planning import (
    Absence,
    Secretaries,
    SecretariesSet,
    SecretaryUnit,
    UnitPerson,
)
from cleanplate_shared.errors import NotFound, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, Place, canteens_of, find_canteen
from cleanplate_shared.roles import ANYONE, MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow

_MOST_PEOPLE = 2_000


class UnknownSecretary(Unprocessable, title=msg("Nobody has this staff number")):
    """A number is nobody's at this canteen, or several people's."""


def may_act_for(session: Session, caller: Identity, person_id: UUID, canteen: Place) -> bool:
    """Say whether the caller may do at a canteen what a person may do there.

    The person may, a manager of the canteen, and a secretary of the person's unit there. Whether
    the person eats there at all is not asked here.
    """
    if person_id == caller.person_id or caller.holds(MANAGEMENT, canteen):
        return True
    if not caller.holds(ANYONE, canteen):
        return False
    secretary = (
        select_rows(UnitSecretaryRow.person_id)
        .join(KnownPersonRow, col(KnownPersonRow.unit_id) == UnitSecretaryRow.unit_id)
        .where(
            UnitSecretaryRow.canteen_id == canteen.id,
            UnitSecretaryRow.person_id == caller.person_id,
            KnownPersonRow.id == person_id,
        )
    )
    return session.exec(secretary).first() is not None


def may_act_for_somewhere(session: Session, caller: Identity, person: KnownPersonRow) -> bool:
    """Say whether the caller may act for a person at any canteen where that person may eat."""
    if person.id == caller.person_id:
        return True
    theirs = [UUID(canteen_id) for canteen_id in person.canteen_ids]
    canteens = select_rows(KnownCanteenRow).where(col(KnownCanteenRow.id).in_(theirs))
    return any(may_act_for(session, caller, person.id, row) for row in session.exec(canteens))


def list_units(session: Session, caller: Identity) -> list[SecretaryUnit]:
    """Return the units whose secretary the caller is, each with its first 2000 people."""
    mine = (
        select_rows(UnitSecretaryRow.unit_id, KnownCanteenRow)
        .join(KnownCanteenRow, col(KnownCanteenRow.id) == UnitSecretaryRow.canteen_id)
        .where(UnitSecretaryRow.person_id == caller.person_id, canteens_of(caller, ANYONE))
        .order_by(KnownCanteenRow.name, col(UnitSecretaryRow.unit_id))
    )
    return [
        found
        for unit_id, canteen in session.exec(mine).all()
        if (found := _unit(session, canteen, unit_id)) is not None
    ]


def list_absences(
    session: Session, caller: Identity, canteen_id: UUID, unit_id: UUID
) -> list[Absence]:
    """Return the absences of a unit's people at a canteen, the latest first; at most 2000.

    Raises:
        NotFound: the caller is neither a secretary of the unit there nor a manager.
    """
    check_secretary(session, caller, canteen_id, unit_id)
    people = select(PEOPLE.c.id).where(PEOPLE.c.unit_id == unit_id, eats_at(canteen_id))
    found = (
        select_rows(AbsenceRow)
        .where(col(AbsenceRow.person_id).in_(people))
        .order_by(col(AbsenceRow.last_day).desc(), col(AbsenceRow.id))
        .limit(_MOST_PEOPLE)
    )
    return [Absence.model_validate(row.model_dump()) for row in session.exec(found)]


def check_secretary(session: Session, caller: Identity, canteen_id: UUID, unit_id: UUID) -> None:
    """Make sure that the caller may see what a unit's people plan at a canteen.

    Raises:
        NotFound: neither a secretary of the unit there nor a manager.
    """
    canteen = find_canteen(session, caller, ANYONE, canteen_id)
    is_theirs = session.get(UnitSecretaryRow, (canteen_id, unit_id, caller.person_id)) is not None
    if not is_theirs and not caller.holds(MANAGEMENT, canteen):
        raise NotFound(msg("There is no such unit."))


def show_secretaries(
    session: Session, caller: Identity, canteen_id: UUID, unit_id: UUID
) -> Secretaries:
    """Return who may register for a unit's people at a canteen.

    Raises:
        NotFound: no such canteen for the caller, or nobody of that unit eats there.
    """
    find_canteen(session, caller, MANAGEMENT, canteen_id)
    check_unit(session, canteen_id, unit_id)
    found = (
        select(PEOPLE.c.id, PEOPLE.c.name, PEOPLE.c.number)
        .join(UnitSecretaryRow, col(UnitSecretaryRow.person_id) == PEOPLE.c.id)
        .where(
            col(UnitSecretaryRow.canteen_id) == canteen_id,
            col(UnitSecretaryRow.unit_id) == unit_id,
        )
        .order_by(PEOPLE.c.number)
    )
    rows = session.connection().execute(found).mappings()
    people = [UnitPerson.model_validate(dict(row)) for row in rows]
    return Secretaries(canteen_id=canteen_id, unit_id=unit_id, people=people)


def set_secretaries(
    session: Session, caller: Identity, canteen_id: UUID, unit_id: UUID, wanted: SecretariesSet
) -> Secretaries:
    """Set who may register for a unit's people at a canteen.

    Raises:
        NotFound: no such canteen for the caller, or nobody of that unit eats there.
        UnknownSecretary: a number is nobody's there.
    """
    find_canteen(session, caller, MANAGEMENT, canteen_id)
    check_unit(session, canteen_id, unit_id)
    hold_canteen(session, canteen_id)
    ids = _by_number(session, canteen_id, wanted.numbers)
    theirs = delete(UnitSecretaryRow).where(
        col(UnitSecretaryRow.canteen_id) == canteen_id, col(UnitSecretaryRow.unit_id) == unit_id
    )
    session.connection().execute(theirs)
    session.add_all(
        UnitSecretaryRow(canteen_id=canteen_id, unit_id=unit_id, person_id=key) for key in ids
    )
    session.flush()
    return show_secretaries(session, caller, canteen_id, unit_id)


def check_unit(session: Session, canteen_id: UUID, unit_id: UUID) -> str:
    """Return the name of a unit of which somebody eats at a canteen.

    Raises:
        NotFound: nobody does.
    """
    found = select(func.max(PEOPLE.c.unit)).where(PEOPLE.c.unit_id == unit_id, eats_at(canteen_id))
    name: str | None = session.connection().execute(found).scalar_one()
    if name is None:
        raise NotFound(msg("There is no such unit."))
    return name


def _unit(session: Session, canteen: KnownCanteenRow, unit_id: UUID) -> SecretaryUnit | None:
    found = (
        select(PEOPLE.c.id, PEOPLE.c.name, PEOPLE.c.number, PEOPLE.c.unit)
        .where(PEOPLE.c.unit_id == unit_id, eats_at(canteen.id))
        .order_by(PEOPLE.c.number, PEOPLE.c.id)
        .limit(_MOST_PEOPLE)
    )
    rows = session.connection().execute(found).mappings().all()
    if not rows:
        return None
    return SecretaryUnit(
        canteen_id=canteen.id,
        canteen=canteen.name,
        unit_id=unit_id,
        unit=rows[0]["unit"] or "",
        people=[UnitPerson.model_validate(dict(row)) for row in rows],
    )


def _by_number(session: Session, canteen_id: UUID, numbers: Sequence[str]) -> set[UUID]:
    found = select(PEOPLE.c.number, PEOPLE.c.id).where(
        PEOPLE.c.number.in_(numbers), eats_at(canteen_id)
    )
    ids: dict[str, list[UUID]] = {number: [] for number in numbers}
    for number, person_id in session.connection().execute(found):
        ids[number].append(person_id)
    for number, people in ids.items():
        if len(people) != 1:
            said = msg("Exactly one person who eats here must have number {number}.", number=number)
            raise UnknownSecretary(said)
    return {people[0] for people in ids.values()}
