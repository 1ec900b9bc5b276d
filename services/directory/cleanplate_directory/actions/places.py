"""Organisations, canteens and units."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cleanplate_directory import domain
from cleanplate_directory.actions import scope
from cleanplate_directory.actions.announcing import tell_of_people
from cleanplate_directory.models import (
    CanteenRow,
    GrantRow,
    OrganizationRow,
    PersonRow,
    UnitRow,
)
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.directory import (
    Canteen,
    CanteenChanged,
    CanteenCreate,
    Organization,
    OrganizationCreate,
    OrganizationKind,
    Unit,
    UnitCreate,
)
from cleanplate_shared.errors import Conflict, Forbidden, Unprocessable
from cleanplate_shared.events import publish
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteens
from cleanplate_shared.known import learn_canteen
from cleanplate_shared.roles import ADMINS, ANYONE, MANAGEMENT, RoleSet


class NameTaken(Conflict, title=msg("That name is taken")):
    """The same name is there already, in the same place."""


class UnknownTimeZone(Unprocessable, title=msg("There is no such time zone")):
    """The time zone is not in the IANA list."""


def add_root(session: Session, name: str) -> OrganizationRow:
    """Make an organisation above all others; not reachable over HTTP."""
    row = OrganizationRow(name=name, kind=OrganizationKind.OVERSIGHT, path="")
    row.path = f"/{row.id}/"
    session.add(row)
    session.flush()
    return row


def add_organization(
    session: Session, caller: Identity, wanted: OrganizationCreate
) -> Organization:
    """Add an organisation below one that the caller administers.

    Raises:
        NotFound: no such parent, or not in the caller's sight.
        Forbidden: the caller does not administer the parent, or none is named.
        NameTaken: the parent has one of that name.
    """
    if wanted.parent_id is None:
        raise Forbidden(msg("Name the organisation above it."))
    parent = scope.find_organization(session, caller, ADMINS, wanted.parent_id)
    row = OrganizationRow(name=wanted.name, kind=wanted.kind, parent_id=parent.id, path="")
    row.path = f"{parent.path}{row.id}/"
    _insert(session, row)
    return _organization(row)


def list_organizations(session: Session, caller: Identity) -> list[Organization]:
    """Return the organisations in the caller's sight, by name."""
    mine = select(OrganizationRow).where(scope.organizations_in(caller, ANYONE))
    return [_organization(row) for row in session.exec(mine.order_by(OrganizationRow.name))]


def add_canteen(session: Session, caller: Identity, wanted: CanteenCreate) -> Canteen:
    """Add a canteen to an organisation that the caller administers, and tell everybody.

    Raises:
        NotFound: no such organisation, or not in the caller's sight.
        Forbidden: the caller does not administer it.
        NameTaken: the organisation has a canteen of that name.
        UnknownTimeZone: the time zone does not exist.
    """
    try:
        zone(wanted.time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise UnknownTimeZone from error
    above = scope.find_organization(session, caller, ADMINS, wanted.organization_id)
    row = CanteenRow(
        name=wanted.name, organization_id=wanted.organization_id, time_zone=wanted.time_zone
    )
    _insert(session, row)
    canteen = Canteen.model_validate(row, from_attributes=True)
    event = CanteenChanged(
        canteen=canteen,
        path=above.path,
        organization_names=_names_on(session, above.path),
        version=row.version,
    )
    learn_canteen(session, event)
    publish(session, event)
    _tell_who_may_eat_there(session, above.path)
    return canteen


def _names_on(session: Session, path: str) -> dict[UUID, str]:
    """Return the names of the organisations on a path, by id."""
    ids = [UUID(part) for part in path.strip("/").split("/")]
    named = select(OrganizationRow.id, OrganizationRow.name).where(col(OrganizationRow.id).in_(ids))
    return dict(session.exec(named).all())


def list_canteens(session: Session, caller: Identity, roles: RoleSet = ANYONE) -> list[Canteen]:
    """Return the canteens at which the caller holds one of `roles`, by name."""
    return [
        Canteen.model_validate(row, from_attributes=True)
        for row in find_canteens(session, caller, roles)
    ]


def add_unit(session: Session, caller: Identity, wanted: UnitCreate) -> Unit:
    """Add a unit to an organisation that the caller manages.

    Raises:
        NotFound: no such organisation, or not in the caller's sight.
        Forbidden: the caller does not manage it.
        NameTaken: the organisation has a unit of that name.
    """
    above = scope.find_organization(session, caller, MANAGEMENT, wanted.organization_id)
    row = UnitRow(name=wanted.name, organization_id=above.id)
    _insert(session, row)
    return _unit(row)


def list_units(session: Session, caller: Identity, organization_id: UUID | None) -> list[Unit]:
    """Return the units of the organisations in the caller's sight, by name."""
    mine = select(UnitRow).join(OrganizationRow).where(scope.organizations_in(caller, ANYONE))
    if organization_id is not None:
        mine = mine.where(col(UnitRow.organization_id) == organization_id)
    return [_unit(row) for row in session.exec(mine.order_by(UnitRow.name, col(UnitRow.id)))]


def _tell_who_may_eat_there(session: Session, path: str) -> None:
    """Tell of people who may eat at all canteens of an organisation that has one more now."""
    above = [UUID(part) for part in path.strip("/").split("/")]
    eaters = select(GrantRow.person_id).where(
        col(GrantRow.organization_id).in_(above),
        col(GrantRow.role).in_([role.value for role in domain.EATERS]),
    )
    ids = list(session.exec(eaters.distinct()).all())
    if ids:
        who = col(PersonRow.id).in_(eaters)
        session.execute(update(PersonRow).where(who).values(version=PersonRow.version + 1))
        tell_of_people(session, ids)


def _insert(session: Session, row: OrganizationRow | CanteenRow | UnitRow) -> None:
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise NameTaken(msg("{name} is there already.", name=row.name)) from error


def _organization(row: OrganizationRow) -> Organization:
    return Organization.model_validate(row, from_attributes=True)


def _unit(row: UnitRow) -> Unit:
    return Unit.model_validate(row, from_attributes=True)
