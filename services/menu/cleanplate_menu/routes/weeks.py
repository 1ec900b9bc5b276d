"""How a canteen holds its meals, and planning by the week."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_menu.actions.weeks import planning, rules, templates
from cleanplate_menu.actions.weeks.opening import MealSessionExists
from cleanplate_menu.actions.weeks.planning import WeekEmpty
from cleanplate_menu.actions.weeks.templates import TemplateExists, TemplatesFull
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.menu_weeks import (
    CanteenSettings,
    MealRules,
    MenuTemplate,
    MenuTemplateCreate,
    MenuTemplateReplace,
    WeekCopy,
    WeekPlanned,
    WeekTarget,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import AnyoneDep, KitchenDep, ManagementDep

router = APIRouter()


@router.get("/canteens/{canteen_id}/meal-rules", tags=["canteens"], responses=refusals(NotFound))
def show_rules(canteen_id: UUID, caller: AnyoneDep, db: DatabaseDep) -> MealRules:
    """Show how a canteen usually holds its meals."""
    with db.reading() as session:
        return rules.show_rules(session, caller, canteen_id)


@router.put(
    "/canteens/{canteen_id}/meal-rules", tags=["canteens"], responses=refusals(NotFound, Forbidden)
)
def set_rules(
    canteen_id: UUID, wanted: MealRules, caller: ManagementDep, db: DatabaseDep
) -> MealRules:
    """Set a canteen's rules; meals that are planned already keep what they have."""
    with db.transaction() as session:
        return rules.set_rules(session, caller, canteen_id, wanted)


@router.get("/canteens/{canteen_id}/settings", tags=["canteens"], responses=refusals(NotFound))
def show_settings(canteen_id: UUID, caller: AnyoneDep, db: DatabaseDep) -> CanteenSettings:
    """Show what a canteen decided about its menu and its diners."""
    with db.reading() as session:
        return rules.show_settings(session, caller, canteen_id)


@router.put(
    "/canteens/{canteen_id}/settings", tags=["canteens"], responses=refusals(NotFound, Forbidden)
)
def set_settings(
    canteen_id: UUID, wanted: CanteenSettings, caller: ManagementDep, db: DatabaseDep
) -> CanteenSettings:
    """Set what a canteen decided about its menu and its diners."""
    with db.transaction() as session:
        return rules.set_settings(session, caller, canteen_id, wanted)


@router.post(
    "/weeks:copy",
    tags=["weeks"],
    responses=refusals(NotFound, Forbidden, WeekEmpty, MealSessionExists, IdempotencyKeyReused),
)
def copy_week(
    wanted: WeekCopy, caller: ManagementDep, db: DatabaseDep, once: OnceDep
) -> WeekPlanned:
    """Plan a week as another one was planned; meals that are there are left alone."""
    with db.transaction() as session:
        return once(
            session, caller, WeekPlanned, lambda: planning.copy_week(session, caller, wanted)
        )


@router.get("/menu-templates", tags=["weeks"], responses=refusals(NotFound, Forbidden))
def list_templates(canteen_id: UUID, caller: KitchenDep, db: DatabaseDep) -> Page[MenuTemplate]:
    """List a canteen's kept weeks by name; at most 100."""
    with db.reading() as session:
        return Page(items=templates.list_templates(session, caller, canteen_id), next=None)


@router.post(
    "/menu-templates",
    status_code=201,
    tags=["weeks"],
    responses=refusals(
        NotFound, Forbidden, TemplateExists, TemplatesFull, WeekEmpty, IdempotencyKeyReused
    ),
)
def keep_week(
    wanted: MenuTemplateCreate, caller: ManagementDep, db: DatabaseDep, once: OnceDep
) -> MenuTemplate:
    """Keep a planned week under a name."""
    with db.transaction() as session:
        return once(
            session, caller, MenuTemplate, lambda: templates.keep_week(session, caller, wanted)
        )


@router.put(
    "/menu-templates/{template_id}",
    tags=["weeks"],
    responses=refusals(NotFound, Forbidden, TemplateExists, WeekEmpty),
)
def replace_template(
    template_id: UUID, wanted: MenuTemplateReplace, caller: ManagementDep, db: DatabaseDep
) -> MenuTemplate:
    """Give a kept week another name, and the meals of another week where one is given."""
    with db.transaction() as session:
        return templates.replace_template(session, caller, template_id, wanted)


@router.delete(
    "/menu-templates/{template_id}",
    status_code=204,
    tags=["weeks"],
    responses=refusals(NotFound, Forbidden),
)
def remove_template(template_id: UUID, caller: ManagementDep, db: DatabaseDep) -> None:
    """Remove a kept week; meals planned from it stay."""
    with db.transaction() as session:
        templates.remove_template(session, caller, template_id)


@router.post(
    "/menu-templates/{template_id}:apply",
    tags=["weeks"],
    responses=refusals(NotFound, Forbidden, MealSessionExists, IdempotencyKeyReused),
)
def apply_template(
    template_id: UUID, wanted: WeekTarget, caller: ManagementDep, db: DatabaseDep, once: OnceDep
) -> WeekPlanned:
    """Plan a week as a kept one; meals that are there are left alone."""
    with db.transaction() as session:
        return once(
            session,
            caller,
            WeekPlanned,
            lambda: templates.apply_template(session, caller, template_id, wanted),
        )
