"""Which organisations, canteens and people a caller may see, and which they may change."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_, true
from sqlmodel import Session, col, select

from cleanplate_directory import domain
from cleanplate_directory.domain import Place
from cleanplate_directory.models import CanteenRow, GrantRow, OrganizationRow, PersonRow
from cleanplate_shared.errors import Forbidden, NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, canteens_of
from cleanplate_shared.roles import ANYONE, MANAGEMENT, Grant, RoleSet
from cleanplate_shared.tables import KnownCanteenRow


class RoleNotYours(Forbidden, title=msg("You cannot give or take that role")):
    """Nobody gives a role that is higher than their own, or that reaches further."""


def organizations_in(identity: Identity, roles: RoleSet) -> ColumnElement[bool]:
    """Return the SQL condition on organisations below those where a role is held.

    Who holds a role at a canteen sees the organisation of the canteen.
    """
    below = [
        col(OrganizationRow.path).contains(f"/{grant.organization_id}/")
        for grant in identity.grants
        if grant.role in roles and grant.organization_id
    ]
    canteens = [g.canteen_id for g in identity.grants if g.role in roles and g.canteen_id]
    if canteens:
        own = select(CanteenRow.organization_id).where(col(CanteenRow.id).in_(canteens))
        below.append(col(OrganizationRow.id).in_(own))
    return or_(*below) if below else ~true()


def find_organization(
    session: Session, identity: Identity, roles: RoleSet, organization_id: UUID
) -> OrganizationRow:
    """Return an organisation over which the caller holds one of `roles`.

    Raises:
        NotFound: there is none, or the caller has nothing to do with it.
        Forbidden: the caller knows it, and holds none of the roles over all of it.
    """
    wanted = select(OrganizationRow).where(col(OrganizationRow.id) == organization_id)
    found = session.exec(wanted.where(organizations_in(identity, ANYONE))).first()
    if found is None:
        raise NotFound(msg("There is no such organisation."))
    if not domain.holds(identity.grants, roles, Place(found.path)):
        raise Forbidden(msg("Your role does not reach all of {name}.", name=found.name))
    return found


def places(session: Session, grants: Iterable[Grant]) -> dict[UUID, Place]:
    """Return where each canteen or organisation named in `grants` lies, by its id."""
    wanted = list(grants)
    canteens = {grant.canteen_id for grant in wanted if grant.canteen_id}
    organizations = {grant.organization_id for grant in wanted if grant.organization_id}
    found: dict[UUID, Place] = {}
    if canteens:
        at = select(CanteenRow.id, OrganizationRow.path).join(OrganizationRow)
        for canteen_id, path in session.exec(at.where(col(CanteenRow.id).in_(canteens))):
            found[canteen_id] = Place(path, canteen_id)
    if organizations:
        rows = select(OrganizationRow).where(col(OrganizationRow.id).in_(organizations))
        found |= {row.id: Place(row.path) for row in session.exec(rows)}
    return found


def check_may_give(session: Session, identity: Identity, grants: Sequence[Grant]) -> None:
    """Refuse grants that the caller may not give or take.

    Raises:
        NotFound: a canteen or organisation that the caller has nothing to do with.
        RoleNotYours: a role higher than the caller's, or reaching further.
    """
    known = places(session, grants)
    for grant in grants:
        place = known.get(scope_of(grant))
        if place is None or not _sees(session, identity, grant, place):
            raise NotFound(msg("There is no such canteen or organisation."))
        if not domain.may_give(identity.grants, grant.role, place):
            raise RoleNotYours(msg("The role {role} is not yours to give.", role=grant.role.value))


def people_in(identity: Identity) -> ColumnElement[bool]:
    """Return the SQL condition on people whom the caller manages.

    They belong to an organisation in the caller's charge, or may eat at a canteen in it.
    """
    managed = [grant for grant in identity.grants if grant.role in MANAGEMENT]
    canteens = canteens_of(identity, MANAGEMENT)
    at_canteen = col(GrantRow.canteen_id).in_(select(KnownCanteenRow.id).where(canteens))
    above = (
        select(OrganizationRow.id)
        .join(KnownCanteenRow, canteens)
        .where(col(KnownCanteenRow.path).contains(col(OrganizationRow.path)))
    )
    eating = col(GrantRow.role).in_([role.value for role in domain.EATERS])
    diners = select(GrantRow.person_id).where(
        or_(at_canteen, col(GrantRow.organization_id).in_(above)), eating
    )
    conditions = [col(PersonRow.id).in_(diners)]
    below = [grant.organization_id for grant in managed if grant.organization_id]
    if below:
        inside = or_(*(col(OrganizationRow.path).contains(f"/{id_}/") for id_ in below))
        mine = select(OrganizationRow.id).where(inside)
        conditions.append(col(PersonRow.organization_id).in_(mine))
    return or_(*conditions)


def scope_of(grant: Grant) -> UUID:
    """Return the id of the canteen or organisation of a grant."""
    scope = grant.canteen_id or grant.organization_id
    if scope is None:
        raise ValueError("a grant has a scope")
    return scope


def _sees(session: Session, identity: Identity, grant: Grant, place: Place) -> bool:
    if domain.holds(identity.grants, ANYONE, place):
        return True
    seen = select(OrganizationRow.id).where(organizations_in(identity, ANYONE))
    return (
        session.exec(seen.where(col(OrganizationRow.id) == grant.organization_id)).first()
        is not None
    )
