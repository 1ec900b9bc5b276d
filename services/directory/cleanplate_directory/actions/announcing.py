"""Telling the other services of people."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_directory import domain
from cleanplate_directory.domain import Place
from cleanplate_directory.models import CanteenRow, GrantRow, OrganizationRow, PersonRow, UnitRow
from cleanplate_shared.contracts.directory import KnownPerson, PeopleChanged
from cleanplate_shared.events import publish
from cleanplate_shared.roles import Grant

_AT_ONCE = 500


def tell_of_people(session: Session, person_ids: Sequence[UUID]) -> None:
    """Publish how these people are now, at most 500 in one event."""
    session.flush()
    places = _canteens(session) if person_ids else []
    for start in range(0, len(person_ids), _AT_ONCE):
        people = _known(session, person_ids[start : start + _AT_ONCE], places)
        publish(session, PeopleChanged(people=people))


def grants_of(session: Session, person_ids: Sequence[UUID]) -> dict[UUID, list[Grant]]:
    """Return the grants of people, by person; at most a few hundred people at once."""
    found: dict[UUID, list[Grant]] = {}
    rows = select(GrantRow).where(col(GrantRow.person_id).in_(person_ids))
    for row in session.exec(rows.order_by(col(GrantRow.role), col(GrantRow.id))):
        found.setdefault(row.person_id, []).append(grant_of(row))
    return found


def grant_of(row: GrantRow) -> Grant:
    """Return a stored grant as the contract has it."""
    return Grant(role=row.role, canteen_id=row.canteen_id, organization_id=row.organization_id)


def _canteens(session: Session) -> list[Place]:
    rows = select(CanteenRow.id, OrganizationRow.path).join(OrganizationRow)
    return [Place(path, canteen_id) for canteen_id, path in session.exec(rows)]


def _known(session: Session, ids: Sequence[UUID], canteens: Sequence[Place]) -> list[KnownPerson]:
    grants = grants_of(session, ids)
    rows = select(PersonRow, UnitRow.name).join(UnitRow, isouter=True)
    known = []
    eats_at: dict[str, list[UUID]] = {}
    for person, unit in session.exec(rows.where(col(PersonRow.id).in_(ids))):
        mine = [grant for grant in grants.get(person.id, []) if grant.role in domain.EATERS]
        # few kinds of grants, many people
        key = ",".join(sorted(f"{grant.canteen_id}{grant.organization_id}" for grant in mine))
        if key not in eats_at:
            eats_at[key] = [
                place.canteen_id
                for place in canteens
                if place.canteen_id and domain.holds(mine, domain.EATERS, place)
            ]
        known.append(
            KnownPerson(
                id=person.id,
                name=person.name,
                number=person.number,
                unit_id=person.unit_id,
                unit=unit,
                canteen_ids=eats_at[key],
                active=person.active,
                version=person.version,
                card=person.card if person.active else None,
            )
        )
    return known
