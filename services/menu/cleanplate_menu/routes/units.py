"""Units: how their people come to be registered, and who does it for them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from cleanplate_menu.actions.planning import modes, secretaries, unit_patterns
from cleanplate_menu.actions.planning.patterns import PatternReversed
from cleanplate_menu.actions.planning.secretaries import UnknownSecretary
from cleanplate_shared.contracts.common import Meal, Page
from cleanplate_shared.contracts.menu_planning import (
    Absence,
    PatternChanged,
    PatternSet,
    Planned,
    Secretaries,
    SecretariesSet,
    SecretaryUnit,
    UnitModeChanged,
    UnitModes,
    UnitModeSet,
    UnitPattern,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.identity import AnyoneDep, ManagementDep

router = APIRouter(tags=["units"])


@router.get("/canteens/{canteen_id}/unit-modes", responses=refusals(NotFound, Forbidden))
def list_modes(canteen_id: UUID, caller: ManagementDep, db: DatabaseDep) -> Page[UnitModes]:
    """List the units that eat at a canteen, with their mode for every meal."""
    with db.reading() as session:
        return Page(items=modes.list_modes(session, caller, canteen_id), next=None)


@router.put("/canteens/{canteen_id}/unit-modes", responses=refusals(NotFound, Forbidden))
def set_mode(
    canteen_id: UUID,
    wanted: UnitModeSet,
    caller: ManagementDep,
    db: DatabaseDep,
    *,
    dry_run: Annotated[bool, Query(description="only say what it would do")] = False,
) -> UnitModeChanged:
    """Set whether a unit's people register for a meal, or are registered unless they cancel."""
    with db.transaction() as session:
        changed = modes.set_mode(session, caller, canteen_id, wanted)
        if dry_run:
            session.rollback()
    return changed.model_copy(update={"dry_run": dry_run})


@router.get(
    "/canteens/{canteen_id}/units/{unit_id}/secretaries", responses=refusals(NotFound, Forbidden)
)
def show_secretaries(
    canteen_id: UUID, unit_id: UUID, caller: ManagementDep, db: DatabaseDep
) -> Secretaries:
    """Show who may register for a unit's people."""
    with db.reading() as session:
        return secretaries.show_secretaries(session, caller, canteen_id, unit_id)


@router.put(
    "/canteens/{canteen_id}/units/{unit_id}/secretaries",
    responses=refusals(NotFound, Forbidden, UnknownSecretary),
)
def set_secretaries(
    canteen_id: UUID,
    unit_id: UUID,
    wanted: SecretariesSet,
    caller: ManagementDep,
    db: DatabaseDep,
) -> Secretaries:
    """Set who may register for a unit's people."""
    with db.transaction() as session:
        return secretaries.set_secretaries(session, caller, canteen_id, unit_id, wanted)


@router.get("/secretary/units")
def list_units(caller: AnyoneDep, db: DatabaseDep) -> Page[SecretaryUnit]:
    """List the units whose people one may register, with those people."""
    with db.reading() as session:
        return Page(items=secretaries.list_units(session, caller), next=None)


@router.get("/secretary/absences", responses=refusals(NotFound))
def list_unit_absences(
    canteen_id: UUID, unit_id: UUID, caller: AnyoneDep, db: DatabaseDep
) -> Page[Absence]:
    """List the absences of a unit's people, for its secretary or a manager."""
    with db.reading() as session:
        found = secretaries.list_absences(session, caller, canteen_id, unit_id)
        return Page(items=found, next=None)


@router.get("/secretary/patterns", responses=refusals(NotFound))
def list_unit_patterns(
    canteen_id: UUID, unit_id: UUID, caller: AnyoneDep, db: DatabaseDep
) -> Page[UnitPattern]:
    """List the standing patterns of a unit's people, for its secretary or a manager."""
    with db.reading() as session:
        found = unit_patterns.list_of_unit(session, caller, canteen_id, unit_id)
        return Page(items=found, next=None)


@router.put(
    "/canteens/{canteen_id}/people/{person_id}/patterns/{meal}",
    responses=refusals(NotFound, PatternReversed),
)
def set_pattern_for(
    canteen_id: UUID,
    person_id: UUID,
    meal: Meal,
    wanted: PatternSet,
    caller: AnyoneDep,
    db: DatabaseDep,
) -> PatternChanged:
    """Register a person for a meal on weekdays, as the secretary of their unit or a manager."""
    with db.transaction() as session:
        return unit_patterns.set_pattern(session, caller, person_id, canteen_id, meal, wanted)


@router.delete(
    "/canteens/{canteen_id}/people/{person_id}/patterns/{meal}", responses=refusals(NotFound)
)
def remove_pattern_for(
    canteen_id: UUID, person_id: UUID, meal: Meal, caller: AnyoneDep, db: DatabaseDep
) -> Planned:
    """Remove a person's pattern, as the secretary of their unit or a manager."""
    with db.transaction() as session:
        return unit_patterns.remove_pattern(session, caller, person_id, canteen_id, meal)
