"""Units that opt in (报餐) or opt out (报停), meal by meal."""

from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from cleanplate_menu.actions.people import eats_at
from cleanplate_menu.actions.planning.applying import MOST_CHANGES, bring_about
from cleanplate_menu.actions.planning.locks import hold_canteen
from cleanplate_menu.actions.planning.meals import lock_meals_ahead, unplan
from cleanplate_menu.actions.planning.reading import differences, of_unit
from cleanplate_menu.actions.planning.secretaries import check_unit
from cleanplate_menu.models import PEOPLE, SESSIONS, UNIT_MODES, UnitModeRow, UnitSecretaryRow
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu_planning import (
    UnitMealMode,
    UnitModeChanged,
    UnitModes,
    UnitModeSet,
)
from cleanplate_shared.db import instant
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import MANAGEMENT

_MOST_UNITS = 2_000


def list_modes(session: Session, caller: Identity, canteen_id: UUID) -> list[UnitModes]:
    """Return the units that eat at a canteen, by name, each with its mode for every meal.

    Raises:
        NotFound, Forbidden: the caller does not manage the canteen.
    """
    find_canteen(session, caller, MANAGEMENT, canteen_id)
    connection = session.connection()
    units = (
        select(
            PEOPLE.c.unit_id, func.max(PEOPLE.c.unit).label("unit"), func.count().label("people")
        )
        .where(PEOPLE.c.unit_id.is_not(None), eats_at(canteen_id))
        .group_by(PEOPLE.c.unit_id)
        .order_by(func.max(PEOPLE.c.unit), PEOPLE.c.unit_id)
        .limit(_MOST_UNITS)
    )
    here = select(UNIT_MODES).where(UNIT_MODES.c.canteen_id == canteen_id)
    modes = {(row.unit_id, row.meal): row.mode for row in connection.execute(here)}
    secretaries = (
        select(col(UnitSecretaryRow.unit_id), func.count())
        .where(col(UnitSecretaryRow.canteen_id) == canteen_id)
        .group_by(col(UnitSecretaryRow.unit_id))
    )
    counts = dict(connection.execute(secretaries).all())
    return [
        UnitModes(
            unit_id=row.unit_id,
            unit=row.unit or "",
            people=row.people,
            modes={
                meal: UnitMealMode(modes.get((row.unit_id, meal.value), UnitMealMode.OPT_IN))
                for meal in Meal
            },
            secretaries=counts.get(row.unit_id, 0),
        )
        for row in connection.execute(units)
    ]


def set_mode(
    session: Session, caller: Identity, canteen_id: UUID, wanted: UnitModeSet
) -> UnitModeChanged:
    """Set how a unit's people come to be registered for a meal; say what that does.

    Up to 1000 changes are made at once, more by the job within minutes.

    Raises:
        NotFound, Forbidden: the caller does not manage the canteen, or the unit does not eat there.
    """
    find_canteen(session, caller, MANAGEMENT, canteen_id)
    check_unit(session, canteen_id, wanted.unit_id)
    hold_canteen(session, canteen_id)
    _write(session, canteen_id, wanted)
    meals = lock_meals_ahead(
        session, SESSIONS.c.canteen_id == canteen_id, SESSIONS.c.meal == wanted.meal.value
    )
    changes = differences(session, meals, of_unit(wanted.unit_id))
    if sum(found.size for found in changes.values()) > MOST_CHANGES:
        unplan(session, [meal.id for meal in meals])
    else:
        bring_about(session, changes)
    people = select(func.count()).where(PEOPLE.c.unit_id == wanted.unit_id, eats_at(canteen_id))
    return UnitModeChanged(
        **wanted.model_dump(),
        people=session.connection().execute(people).scalar_one(),
        meals=len(meals),
        registered=sum(len(found.take) for found in changes.values()),
        cancelled=sum(len(found.withdraw) for found in changes.values()),
        dry_run=False,
    )


def _write(session: Session, canteen_id: UUID, wanted: UnitModeSet) -> None:
    place = (canteen_id, wanted.unit_id, wanted.meal.value)
    row = session.get(UnitModeRow, place)
    if row is None:
        row = UnitModeRow(
            canteen_id=canteen_id,
            unit_id=wanted.unit_id,
            meal=wanted.meal.value,
            mode=UnitMealMode.OPT_IN.value,
            since=instant(session),
        )
    if row.mode != wanted.mode.value:
        row.mode, row.since = wanted.mode.value, instant(session)
    session.add(row)
    session.flush()
