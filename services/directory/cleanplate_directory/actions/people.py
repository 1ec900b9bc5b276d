"""People: adding them, finding them, giving them a password for once."""

import base64
import binascii
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy import and_, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cleanplate_directory import domain
from cleanplate_directory.actions import scope
from cleanplate_directory.actions.announcing import grants_of, tell_of_people
from cleanplate_directory.actions.passwords import OneTimePassword
from cleanplate_directory.domain import Place
from cleanplate_directory.models import (
    CanteenRow,
    GrantRow,
    OrganizationRow,
    PersonRow,
    UnitRow,
)
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.directory import CardSet, Person, PersonCreate, PersonCreated
from cleanplate_shared.errors import BadRequest, Conflict, Forbidden, NotFound, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import MANAGEMENT, Grant


class NumberTaken(Conflict, title=msg("That number is taken")):
    """Somebody else of the organisation has the number."""


class UserNameTaken(Conflict, title=msg("That user name is taken")):
    """Somebody else has the user name."""


class CardTaken(Conflict, title=msg("That card is taken")):
    """Somebody else has the card."""


class NoOrganization(Unprocessable, title=msg("Say where the person belongs")):
    """A person needs a unit or a role, so that their organisation is known."""


class CursorUnreadable(BadRequest, title=msg("The cursor cannot be read")):
    """The cursor is not one that this list gave."""


_CARD_TAKEN = msg("Somebody else has this card; take it away from them first.")


class _Cursor(BaseModel):
    number: str
    id: UUID


def add_person(
    session: Session, caller: Identity, wanted: PersonCreate, first: OneTimePassword | None
) -> PersonCreated:
    """Add a person to the organisation of their unit, or else of their first role.

    Args:
        session: of the caller's transaction.
        caller: who adds.
        wanted: the person.
        first: their one-time password, if they have a user name.

    Raises:
        NotFound: a unit, canteen or organisation that the caller has nothing to do with.
        RoleNotYours: a role that the caller may not give.
        Forbidden: no role is given, and the caller does not manage the organisation.
        NumberTaken, UserNameTaken, CardTaken: another person has it.
    """
    grants = list({(g.role, scope.scope_of(g)): g for g in wanted.grants}.values())
    scope.check_may_give(session, caller, grants)
    organization_id = _organization_of(session, caller, wanted, grants)
    row = PersonRow(
        organization_id=organization_id,
        number=wanted.number,
        name=wanted.name,
        unit_id=wanted.unit_id,
        card=wanted.card,
        user_name=wanted.user_name.casefold() if wanted.user_name else None,
        password_hash=first.stored if first else None,
    )
    insert_person(session, row)
    session.add_all(GrantRow(person_id=row.id, **grant.model_dump()) for grant in grants)
    tell_of_people(session, [row.id])
    return PersonCreated(
        **person_of(row, grants).model_dump(), one_time_password=first.plain if first else None
    )


def insert_person(session: Session, row: PersonRow) -> None:
    """Add a person's row.

    Raises:
        NumberTaken, UserNameTaken, CardTaken: another person has it.
    """
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        if "user_name" in str(error.orig):
            raise UserNameTaken(msg("{name} is taken.", name=row.user_name)) from error
        if _is_about_card(error):
            raise CardTaken(_CARD_TAKEN) from error
        raise NumberTaken(msg("{number} is taken.", number=row.number)) from error


def set_card(session: Session, caller: Identity, person_id: UUID, wanted: CardSet) -> Person:
    """Replace what a person's staff card says, or take the card away.

    Raises:
        NotFound, RoleNotYours, Forbidden: as `find_manageable`.
        CardTaken: another person has it.
    """
    row = find_manageable(session, caller, person_id)
    if row.card != wanted.card:
        try:
            with session.begin_nested():
                row.card, row.version = wanted.card, row.version + 1
        except IntegrityError as error:
            raise CardTaken(_CARD_TAKEN) from error
        tell_of_people(session, [row.id])
    return person_of(row, grants_of(session, [row.id]).get(row.id, []))


def list_people(
    session: Session, caller: Identity, q: str, cursor: str | None, limit: int
) -> Page[Person]:
    """Return people whom the caller manages, by number; `q` looks in name, number, user name.

    Raises:
        CursorUnreadable: the cursor is not from this list.
    """
    mine = select(PersonRow).where(scope.people_in(caller))
    if q:
        fields = (col(PersonRow.name), col(PersonRow.number), col(PersonRow.user_name))
        mine = mine.where(or_(*(field.icontains(q, autoescape=True) for field in fields)))
    if cursor:
        after = _read_cursor(cursor)
        same = and_(col(PersonRow.number) == after.number, col(PersonRow.id) > after.id)
        mine = mine.where(or_(col(PersonRow.number) > after.number, same))
    in_order = mine.order_by(col(PersonRow.number), col(PersonRow.id)).limit(limit + 1)
    rows = session.exec(in_order).all()
    grants = grants_of(session, [row.id for row in rows])
    items = [person_of(row, grants.get(row.id, [])) for row in rows[:limit]]
    return Page(items=items, next=_write_cursor(items[-1]) if len(rows) > limit else None)


def find_manageable(session: Session, caller: Identity, person_id: UUID) -> PersonRow:
    """Return a person, locked, whose password and sign-ins the caller may end.

    Raises:
        NotFound: nobody, or nobody whom the caller manages.
        RoleNotYours: the person has a role that the caller could not give.
    """
    wanted = select(PersonRow).where(col(PersonRow.id) == person_id, scope.people_in(caller))
    person = session.exec(wanted.with_for_update()).first()
    if person is None:
        raise NotFound(msg("There is no such person."))
    grants = grants_of(session, [person.id]).get(person.id, [])
    scope.check_may_give(session, caller, grants)
    if not grants:
        scope.find_organization(session, caller, MANAGEMENT, person.organization_id)
    return person


def find_by_user_name(session: Session, user_name: str) -> PersonRow | None:
    """Return the person who signs in by that name, if there is one."""
    if not user_name.isprintable():
        return None
    wanted = select(PersonRow).where(col(PersonRow.user_name) == user_name.casefold())
    return session.exec(wanted).first()


def _is_about_card(error: IntegrityError) -> bool:
    """Say whether the refused value is a card; SQLite names the column, PostgreSQL the index."""
    said = str(error.orig)
    return "person.card" in said or "person_card_once" in said


def _organization_of(
    session: Session, caller: Identity, wanted: PersonCreate, grants: list[Grant]
) -> UUID:
    if wanted.unit_id is not None:
        unit = session.get(UnitRow, wanted.unit_id)
        above = session.get_one(OrganizationRow, unit.organization_id) if unit else None
        seen = select(OrganizationRow.id).where(scope.organizations_in(caller, MANAGEMENT))
        if above is None or above.id not in session.exec(seen).all():
            raise NotFound(msg("There is no such unit."))
        if not grants and not domain.holds(caller.grants, MANAGEMENT, Place(above.path)):
            raise Forbidden(msg("Your role does not reach all of {name}.", name=above.name))
        return above.id
    if not grants:
        raise NoOrganization(msg("Give a unit, or a role at a canteen or organisation."))
    if grants[0].organization_id is not None:
        return grants[0].organization_id
    return session.get_one(CanteenRow, grants[0].canteen_id).organization_id


def person_of(row: PersonRow, grants: list[Grant]) -> Person:
    """Return a person as managers see them."""
    return Person(
        id=row.id,
        name=row.name,
        number=row.number,
        unit_id=row.unit_id,
        card=row.card,
        user_name=row.user_name,
        active=row.active,
        grants=grants,
    )


def _write_cursor(last: Person) -> str:
    text = _Cursor(number=last.number, id=last.id).model_dump_json()
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_cursor(cursor: str) -> _Cursor:
    try:
        found = _Cursor.model_validate_json(base64.urlsafe_b64decode(cursor.encode()))
    except (ValidationError, binascii.Error, ValueError) as error:
        raise CursorUnreadable from error
    if not found.number.isprintable():
        raise CursorUnreadable
    return found
