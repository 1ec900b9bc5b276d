"""Weeks kept for use again (周菜单模板)."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from cleanplate_menu.actions.weeks.planning import meals_of_week, plan_week
from cleanplate_menu.actions.weeks.rules import lock_canteen
from cleanplate_menu.models import MenuTemplateRow
from cleanplate_shared.contracts.menu_weeks import (
    MealOfWeek,
    MenuTemplate,
    MenuTemplateCreate,
    MenuTemplateReplace,
    WeekPlanned,
    WeekTarget,
)
from cleanplate_shared.errors import Conflict, NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import ANYONE, KITCHEN, MANAGEMENT, RoleSet
from cleanplate_shared.tables import KnownCanteenRow

_MOST = 100


class TemplateExists(Conflict, title=msg("The canteen has a template of this name")):
    """A canteen's templates have different names."""


class TemplatesFull(Conflict, title=msg("The canteen has too many templates")):
    """A canteen keeps at most 100."""


def list_templates(session: Session, caller: Identity, canteen_id: UUID) -> list[MenuTemplate]:
    """Return a canteen's kept weeks by name."""
    find_canteen(session, caller, KITCHEN, canteen_id)
    found = select(MenuTemplateRow).where(MenuTemplateRow.canteen_id == canteen_id)
    return [_as_template(row) for row in session.exec(found.order_by(MenuTemplateRow.name))]


def keep_week(session: Session, caller: Identity, wanted: MenuTemplateCreate) -> MenuTemplate:
    """Keep a planned week under a name.

    Raises:
        NotFound, Forbidden: not a canteen that the caller manages.
        TemplateExists: the canteen has one of that name.
        TemplatesFull: it has 100.
        WeekEmpty: no meal is planned in that week.
    """
    canteen = lock_canteen(session, caller, wanted.canteen_id)
    mine = select(func.count()).where(col(MenuTemplateRow.canteen_id) == canteen.id)
    if session.exec(mine).one() >= _MOST:
        raise TemplatesFull(msg("Remove one that is not used any more."))
    row = MenuTemplateRow(canteen_id=canteen.id, name=wanted.name, meals=[])
    row.meals = _stored(meals_of_week(session, canteen, wanted.week))
    session.add(row)
    return _written(session, row)


def replace_template(
    session: Session, caller: Identity, template_id: UUID, wanted: MenuTemplateReplace
) -> MenuTemplate:
    """Give a kept week another name, and the meals of another week where one is given.

    Raises:
        NotFound, Forbidden: not a template of a canteen that the caller manages.
        TemplateExists: the canteen has another one of that name.
        WeekEmpty: no meal is planned in that week.
    """
    row = _find_template(session, caller, MANAGEMENT, template_id)
    canteen = session.get_one(KnownCanteenRow, row.canteen_id)
    row.name = wanted.name
    if wanted.week is not None:
        row.meals = _stored(meals_of_week(session, canteen, wanted.week))
    return _written(session, row)


def remove_template(session: Session, caller: Identity, template_id: UUID) -> None:
    """Remove a kept week; meals planned from it stay.

    Raises:
        NotFound, Forbidden: not a template of a canteen that the caller manages.
    """
    session.delete(_find_template(session, caller, MANAGEMENT, template_id))


def apply_template(
    session: Session, caller: Identity, template_id: UUID, target: WeekTarget
) -> WeekPlanned:
    """Plan a week as a kept one; meals that are there are left alone.

    Raises:
        NotFound, Forbidden: not a template of a canteen that the caller manages.
        MealSessionExists: somebody planned one of the meals in the meantime.
    """
    row = _find_template(session, caller, MANAGEMENT, template_id)
    canteen = lock_canteen(session, caller, row.canteen_id)
    return plan_week(session, canteen, _as_template(row).meals, target)


def _find_template(
    session: Session, caller: Identity, roles: RoleSet, template_id: UUID
) -> MenuTemplateRow:
    row = session.get(MenuTemplateRow, template_id)
    canteen = session.get(KnownCanteenRow, row.canteen_id) if row else None
    if row is None or canteen is None or not caller.holds(ANYONE, canteen):
        raise NotFound(msg("There is no such template."))
    find_canteen(session, caller, roles, row.canteen_id)
    return row


def _written(session: Session, row: MenuTemplateRow) -> MenuTemplate:
    try:
        session.flush()
    except IntegrityError as error:
        raise TemplateExists(msg("Choose another name.")) from error
    return _as_template(row)


def _stored(meals: list[MealOfWeek]) -> list[dict[str, object]]:
    return [meal.model_dump(mode="json") for meal in meals]


def _as_template(row: MenuTemplateRow) -> MenuTemplate:
    meals = [MealOfWeek.model_validate(meal) for meal in row.meals]
    return MenuTemplate(id=row.id, canteen_id=row.canteen_id, name=row.name, meals=meals)
