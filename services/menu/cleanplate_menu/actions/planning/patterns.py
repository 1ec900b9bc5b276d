"""Standing patterns (固定报餐): a meal on weekdays, from a day until a day."""

from uuid import UUID

from sqlmodel import Session, select

from cleanplate_menu.actions.people import may_eat
from cleanplate_menu.actions.planning.applying import NOTHING, replan
from cleanplate_menu.actions.planning.locks import hold_people, share_canteens
from cleanplate_menu.actions.planning.meals import MealAhead, lock_meals_ahead
from cleanplate_menu.actions.planning.reading import those
from cleanplate_menu.actions.planning.restamping import Made, Portioned, restamp
from cleanplate_menu.domain import planning
from cleanplate_menu.models import SESSIONS, KnownPersonRow, PatternRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Meal, Portion
from cleanplate_shared.contracts.menu_planning import (
    Pattern,
    PatternChanged,
    PatternSet,
    Planned,
)
from cleanplate_shared.contracts.menu_registrations import Rice
from cleanplate_shared.db import instant
from cleanplate_shared.errors import Conflict, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import ANYONE
from cleanplate_shared.tables import KnownCanteenRow


class NotADiner(Conflict, title=msg("You do not eat at this canteen")):
    """The caller has to do with the canteen, and does not eat there."""


class PatternReversed(Unprocessable, title=msg("The last day is before the first")):
    """A pattern's last day is before its first."""


def set_pattern(
    session: Session, caller: Identity, canteen_id: UUID, meal: Meal, wanted: PatternSet
) -> PatternChanged:
    """Set the caller's pattern for a meal, and bring the meals ahead into line with it.

    A weekday that is left out cancels what the pattern had registered on it; a meal that the
    caller cancelled stays cancelled.

    Raises:
        NotFound: no such canteen for the caller.
        NotADiner, PatternReversed: as they say.
    """
    canteen = find_canteen(session, caller, ANYONE, canteen_id)
    hold_people(session, [caller.person_id])
    person = session.get(KnownPersonRow, caller.person_id)
    if person is None or not may_eat(person, canteen_id):
        raise NotADiner(msg("Ask the canteen's manager to add you as a diner."))
    return write_pattern(session, caller.person_id, canteen, meal, wanted)


def write_pattern(
    session: Session, person_id: UUID, canteen: KnownCanteenRow, meal: Meal, wanted: PatternSet
) -> PatternChanged:
    """Set a held person's pattern, and bring the meals ahead into line with it.

    Raises:
        PatternReversed: as it says.
    """
    share_canteens(session, [canteen.id])
    row = _find(session, person_id, canteen.id, meal) or PatternRow(
        person_id=person_id,
        canteen_id=canteen.id,
        meal=meal.value,
        weekdays="",
        portion=wanted.portion.value,
        rice=wanted.rice.value,
        first_day=instant(session).astimezone(zone(canteen.time_zone)).date(),
        since=instant(session),
    )
    before = Portioned(row.portion, row.rice)
    row.weekdays = "".join(str(day) for day in sorted(set(wanted.weekdays)))
    row.portion, row.rice = wanted.portion.value, wanted.rice.value
    row.first_day, row.last_day = wanted.first_day or row.first_day, wanted.last_day
    if row.last_day is not None and row.last_day < row.first_day:
        raise PatternReversed(msg("Choose a last day that is not before the first."))
    session.add(row)
    session.flush()
    meals = _meals(session, canteen.id, meal)
    made = Made(person_id, planning.PATTERN, [meal.id for meal in meals])
    restamp(session, made, before, Portioned(row.portion, row.rice))
    planned = replan(session, meals, those([person_id]))
    return PatternChanged(**as_pattern(row).model_dump(), planned=planned)


def remove_pattern(session: Session, person_id: UUID, canteen_id: UUID, meal: Meal) -> Planned:
    """Remove a person's pattern, with the registrations that it made for meals ahead.

    Where there is none, nothing changes.
    """
    hold_people(session, [person_id])
    share_canteens(session, [canteen_id])
    row = _find(session, person_id, canteen_id, meal)
    if row is None:
        return NOTHING
    session.delete(row)
    session.flush()
    return replan(session, _meals(session, canteen_id, meal), those([person_id]))


def list_patterns(session: Session, caller: Identity) -> list[Pattern]:
    """Return the caller's patterns, by canteen and meal."""
    mine = select(PatternRow).where(PatternRow.person_id == caller.person_id)
    order = list(Meal)
    rows = sorted(
        session.exec(mine), key=lambda row: (str(row.canteen_id), order.index(Meal(row.meal)))
    )
    return [as_pattern(row) for row in rows]


def as_pattern(row: PatternRow) -> Pattern:
    """Return a stored pattern as the contract says it."""
    return Pattern(
        canteen_id=row.canteen_id,
        meal=Meal(row.meal),
        weekdays=[int(day) for day in row.weekdays],
        portion=Portion(row.portion),
        rice=Rice(row.rice),
        first_day=row.first_day,
        last_day=row.last_day,
    )


def _find(session: Session, person_id: UUID, canteen_id: UUID, meal: Meal) -> PatternRow | None:
    mine = select(PatternRow).where(
        PatternRow.person_id == person_id,
        PatternRow.canteen_id == canteen_id,
        PatternRow.meal == meal.value,
    )
    return session.exec(mine).first()


def _meals(session: Session, canteen_id: UUID, meal: Meal) -> list[MealAhead]:
    return lock_meals_ahead(
        session, SESSIONS.c.canteen_id == canteen_id, SESSIONS.c.meal == meal.value
    )
