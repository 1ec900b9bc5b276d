"""Standing patterns of a unit's people, set for them by a secretary or a manager."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from cleanplate_menu.actions.people import check_person, eats_at
from cleanplate_menu.actions.planning import patterns
from cleanplate_menu.actions.planning.locks import hold_people
from cleanplate_menu.actions.planning.secretaries import check_secretary, may_act_for
from cleanplate_menu.models import PEOPLE, PatternRow
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu_planning import (
    PatternChanged,
    PatternSet,
    Planned,
    UnitPattern,
)
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import ANYONE
from cleanplate_shared.tables import KnownCanteenRow

_MOST_PATTERNS = 6_000  # three meals of 2000 people


def list_of_unit(
    session: Session, caller: Identity, canteen_id: UUID, unit_id: UUID
) -> list[UnitPattern]:
    """Return the patterns of a unit's people at a canteen; at most 6000.

    Raises:
        NotFound: the caller is neither a secretary of the unit there nor a manager.
    """
    check_secretary(session, caller, canteen_id, unit_id)
    people = select(PEOPLE.c.id).where(PEOPLE.c.unit_id == unit_id, eats_at(canteen_id))
    found = (
        select_rows(PatternRow)
        .where(PatternRow.canteen_id == canteen_id, col(PatternRow.person_id).in_(people))
        .order_by(col(PatternRow.person_id), PatternRow.meal)
        .limit(_MOST_PATTERNS)
    )
    return [
        UnitPattern(**patterns.as_pattern(row).model_dump(), person_id=row.person_id)
        for row in session.exec(found)
    ]


def set_pattern(
    session: Session,
    caller: Identity,
    person_id: UUID,
    canteen_id: UUID,
    meal: Meal,
    wanted: PatternSet,
) -> PatternChanged:
    """Set the pattern of somebody for whom the caller may act.

    Raises:
        NotFound: no such canteen for the caller, or no such person there.
        PatternReversed: as it says.
    """
    canteen = _find(session, caller, person_id, canteen_id)
    return patterns.write_pattern(session, person_id, canteen, meal, wanted)


def remove_pattern(
    session: Session, caller: Identity, person_id: UUID, canteen_id: UUID, meal: Meal
) -> Planned:
    """Remove the pattern of somebody for whom the caller may act, and cancel what it registered.

    Raises:
        NotFound: no such canteen for the caller, or no such person there.
    """
    _find(session, caller, person_id, canteen_id)
    return patterns.remove_pattern(session, person_id, canteen_id, meal)


def _find(session: Session, caller: Identity, person_id: UUID, canteen_id: UUID) -> KnownCanteenRow:
    """Return the canteen, alone with the plans of a person who eats there."""
    canteen = find_canteen(session, caller, ANYONE, canteen_id)
    hold_people(session, [person_id])
    if not may_act_for(session, caller, person_id, canteen):
        raise NotFound(msg("Nobody with this id eats at this canteen."))
    check_person(session, person_id, canteen_id)
    return canteen
