"""Standing patterns, absences, preferences: what diners set for the days to come."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_menu.actions.planning import absences, patterns, preferences
from cleanplate_menu.actions.planning.absences import (
    AbsenceExists,
    AbsenceSpanRefused,
    TooManyAbsences,
)
from cleanplate_menu.actions.planning.patterns import NotADiner, PatternReversed
from cleanplate_shared.contracts.common import Meal, Page
from cleanplate_shared.contracts.menu_planning import (
    Absence,
    AbsenceAdded,
    AbsenceCreate,
    Pattern,
    PatternChanged,
    PatternSet,
    Planned,
    Preferences,
    SessionDiets,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import AnyoneDep, KitchenDep

router = APIRouter(tags=["planning"])


@router.get("/patterns/mine")
def list_patterns(caller: AnyoneDep, db: DatabaseDep) -> Page[Pattern]:
    """List one's own standing patterns."""
    with db.reading() as session:
        return Page(items=patterns.list_patterns(session, caller), next=None)


@router.put(
    "/patterns/{canteen_id}/{meal}", responses=refusals(NotFound, NotADiner, PatternReversed)
)
def set_pattern(
    canteen_id: UUID, meal: Meal, wanted: PatternSet, caller: AnyoneDep, db: DatabaseDep
) -> PatternChanged:
    """Register oneself for a meal on weekdays; a weekday left out is cancelled."""
    with db.transaction() as session:
        return patterns.set_pattern(session, caller, canteen_id, meal, wanted)


@router.delete("/patterns/{canteen_id}/{meal}")
def remove_pattern(canteen_id: UUID, meal: Meal, caller: AnyoneDep, db: DatabaseDep) -> Planned:
    """Remove one's pattern, and cancel what it had registered."""
    with db.transaction() as session:
        return patterns.remove_pattern(session, caller.person_id, canteen_id, meal)


@router.get("/absences/mine")
def list_absences(caller: AnyoneDep, db: DatabaseDep) -> Page[Absence]:
    """List one's own absences, the latest first."""
    with db.reading() as session:
        return Page(items=absences.list_mine(session, caller), next=None)


@router.post(
    "/absences",
    status_code=201,
    responses=refusals(
        NotFound, AbsenceSpanRefused, AbsenceExists, TooManyAbsences, IdempotencyKeyReused
    ),
)
def add_absence(
    wanted: AbsenceCreate, caller: AnyoneDep, db: DatabaseDep, once: OnceDep
) -> AbsenceAdded:
    """Note days without meals; registrations in them are cancelled."""
    with db.transaction() as session:
        return once(
            session, caller, AbsenceAdded, lambda: absences.add_absence(session, caller, wanted)
        )


@router.delete("/absences/{absence_id}", responses=refusals(NotFound))
def remove_absence(absence_id: UUID, caller: AnyoneDep, db: DatabaseDep) -> Planned:
    """Take an absence back; what it had cancelled is registered again where there is a seat."""
    with db.transaction() as session:
        return absences.remove_absence(session, caller, absence_id)


@router.get("/preferences/mine")
def show_preferences(caller: AnyoneDep, db: DatabaseDep) -> Preferences:
    """Show what one usually takes and does not eat."""
    with db.reading() as session:
        return preferences.show_preferences(session, caller)


@router.put("/preferences/mine")
def set_preferences(wanted: Preferences, caller: AnyoneDep, db: DatabaseDep) -> Preferences:
    """Set what one usually takes and does not eat."""
    with db.transaction() as session:
        return preferences.set_preferences(session, caller, wanted)


@router.get("/meal-sessions/{meal_session_id}/diets", responses=refusals(NotFound, Forbidden))
def count_diets(meal_session_id: UUID, caller: KitchenDep, db: DatabaseDep) -> SessionDiets:
    """Show how many registered diners eat so, or avoid that; without names."""
    with db.reading() as session:
        return preferences.count_diets(session, caller, meal_session_id)
