"""Organisations, canteens and units over HTTP."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_directory.actions import places
from cleanplate_directory.actions.places import NameTaken, UnknownTimeZone
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.directory import (
    Canteen,
    CanteenCreate,
    Organization,
    OrganizationCreate,
    Unit,
    UnitCreate,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import NotFound, refusals
from cleanplate_shared.idempotency import OnceDep
from cleanplate_shared.identity import AdminsDep, AnyoneDep, ManagementDep, ReadersDep

router = APIRouter(tags=["places"])


@router.get("/organizations")
def list_organizations(caller: ReadersDep, db: DatabaseDep) -> Page[Organization]:
    """Return the organisations in the caller's sight."""
    with db.reading() as session:
        return Page(items=places.list_organizations(session, caller), next=None)


@router.post("/organizations", status_code=201, responses=refusals(NotFound, NameTaken))
def add_organization(
    wanted: OrganizationCreate, caller: AdminsDep, db: DatabaseDep, once: OnceDep
) -> Organization:
    """Add an organisation below one that the caller administers."""
    with db.transaction() as session:
        return once(
            session, caller, Organization, lambda: places.add_organization(session, caller, wanted)
        )


@router.get("/canteens")
def list_canteens(caller: AnyoneDep, db: DatabaseDep) -> Page[Canteen]:
    """Return the canteens that the caller's roles reach."""
    with db.reading() as session:
        return Page(items=places.list_canteens(session, caller), next=None)


@router.post("/canteens", status_code=201, responses=refusals(NotFound, NameTaken, UnknownTimeZone))
def add_canteen(
    wanted: CanteenCreate, caller: AdminsDep, db: DatabaseDep, once: OnceDep
) -> Canteen:
    """Add a canteen to an organisation that the caller administers."""
    with db.transaction() as session:
        return once(session, caller, Canteen, lambda: places.add_canteen(session, caller, wanted))


@router.get("/units")
def list_units(
    caller: ReadersDep, db: DatabaseDep, organization_id: UUID | None = None
) -> Page[Unit]:
    """Return the units of the organisations in the caller's sight."""
    with db.reading() as session:
        return Page(items=places.list_units(session, caller, organization_id), next=None)


@router.post("/units", status_code=201, responses=refusals(NotFound, NameTaken))
def add_unit(wanted: UnitCreate, caller: ManagementDep, db: DatabaseDep, once: OnceDep) -> Unit:
    """Add a unit to an organisation that the caller manages."""
    with db.transaction() as session:
        return once(session, caller, Unit, lambda: places.add_unit(session, caller, wanted))
