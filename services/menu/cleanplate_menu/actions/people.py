"""People as the directory tells of them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Text, cast
from sqlmodel import Session, col, select

from cleanplate_menu.models import PEOPLE, KnownPersonRow
from cleanplate_shared.contracts.directory import PeopleChanged
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg


def learn_people(session: Session, event: PeopleChanged) -> None:
    """Remember people as the directory last described them."""
    told = {person.id: person for person in event.people}
    known = select(KnownPersonRow).where(col(KnownPersonRow.id).in_(told))
    rows = {row.id: row for row in session.exec(known)}
    for person in told.values():
        row = rows.get(person.id)
        if row is not None and row.version >= person.version:
            continue
        fresh = KnownPersonRow(
            **person.model_dump(exclude={"canteen_ids"}),
            canteen_ids=[str(canteen_id) for canteen_id in person.canteen_ids],
        )
        if row is None:
            session.add(fresh)
        else:
            row.sqlmodel_update(fresh.model_dump())
            session.add(row)


def check_person(session: Session, person_id: UUID, canteen_id: UUID) -> None:
    """Make sure that a person may eat at a canteen.

    Raises:
        NotFound: not known, not active, or not at this canteen.
    """
    row = session.get(KnownPersonRow, person_id)
    if row is None or not may_eat(row, canteen_id):
        raise NotFound(msg("Nobody with this id eats at this canteen."))


def may_eat(row: KnownPersonRow, canteen_id: UUID) -> bool:
    """Say whether a known person may eat at a canteen."""
    return row.active and str(canteen_id) in row.canteen_ids


def eats_at(canteen_id: UUID, people: FromClause = PEOPLE) -> ColumnElement[bool]:
    """Return the SQL condition on `known_person`, or an alias, for who may eat at a canteen."""
    is_active: ColumnElement[bool] = people.c.active
    return is_active & cast(people.c.canteen_ids, Text).contains(str(canteen_id))


def find_people(session: Session, ids: Collection[UUID]) -> dict[UUID, KnownPersonRow]:
    """Return the known ones of these people."""
    found = select(KnownPersonRow).where(col(KnownPersonRow.id).in_(ids))
    return {row.id: row for row in session.exec(found)}
