"""Guests and official meals (公务用餐)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from cleanplate_menu.actions.groups import gatherings, official
from cleanplate_menu.actions.groups.official import OverStandard, StandardNeeded
from cleanplate_menu.actions.registering.refusals import (
    AlreadyServed,
    CutoffPassed,
    MealClosed,
    NotStanding,
    SessionFull,
)
from cleanplate_shared.contracts.common import Month, Page
from cleanplate_shared.contracts.menu_groups import (
    GroupOfMeal,
    GroupRegistration,
    GroupRegistrationChange,
    GroupRegistrationCreate,
    OfficialMeals,
    OfficialStandard,
    OfficialStandardSet,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import AnyoneDep, KitchenDep, ManagementDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused

router = APIRouter(tags=["guests and official meals"])


@router.post(
    "/group-registrations",
    status_code=201,
    responses=refusals(
        NotFound,
        SessionFull,
        CutoffPassed,
        MealClosed,
        StandardNeeded,
        OverStandard,
        IdempotencyKeyReused,
    ),
)
def register_group(
    wanted: GroupRegistrationCreate, caller: AnyoneDep, db: DatabaseDep, once: OnceDep
) -> GroupRegistration:
    """Take seats for guests or an official meal; for managers and secretaries of the unit."""
    with db.transaction() as session:
        return once(
            session,
            caller,
            GroupRegistration,
            lambda: gatherings.register_group(session, caller, wanted),
        )


@router.get("/group-registrations", responses=refusals(NotFound, PeriodRefused))
def list_groups(
    canteen_id: UUID, period: PeriodDep, caller: AnyoneDep, db: DatabaseDep
) -> Page[GroupRegistration]:
    """List groups at a canteen: a manager sees all, others their own and their units'."""
    with db.reading() as session:
        return Page(items=gatherings.list_groups(session, caller, canteen_id, period), next=None)


@router.patch(
    "/group-registrations/{registration_id}",
    responses=refusals(NotFound, SessionFull, CutoffPassed, MealClosed, AlreadyServed, NotStanding),
)
def change_headcount(
    registration_id: UUID, wanted: GroupRegistrationChange, caller: AnyoneDep, db: DatabaseDep
) -> GroupRegistration:
    """Change how many come, until the cut-off."""
    with db.transaction() as session:
        return gatherings.change_headcount(session, caller, registration_id, wanted.headcount)


@router.delete(
    "/group-registrations/{registration_id}",
    status_code=204,
    responses=refusals(NotFound, CutoffPassed, AlreadyServed, NotStanding),
)
def cancel_group(registration_id: UUID, caller: AnyoneDep, db: DatabaseDep) -> None:
    """Give the seats back until the cut-off; a second time changes nothing."""
    with db.transaction() as session:
        gatherings.cancel_group(session, caller, registration_id)


@router.get("/meal-sessions/{meal_session_id}/groups", responses=refusals(NotFound, Forbidden))
def groups_of_meal(meal_session_id: UUID, caller: KitchenDep, db: DatabaseDep) -> Page[GroupOfMeal]:
    """Show the kitchen how many come in groups and what to mind, without names."""
    with db.reading() as session:
        return Page(items=gatherings.groups_of_meal(session, caller, meal_session_id), next=None)


@router.get("/canteens/{canteen_id}/official-standard", responses=refusals(NotFound))
def show_standard(canteen_id: UUID, caller: AnyoneDep, db: DatabaseDep) -> OfficialStandard:
    """Show what an official meal may cost per head."""
    with db.reading() as session:
        return official.show_standard(session, caller, canteen_id)


@router.put("/canteens/{canteen_id}/official-standard", responses=refusals(NotFound, Forbidden))
def set_standard(
    canteen_id: UUID, wanted: OfficialStandardSet, caller: ManagementDep, db: DatabaseDep
) -> OfficialStandard:
    """Set what an official meal may cost per head, and by which rule."""
    with db.transaction() as session:
        return official.set_standard(session, caller, canteen_id, wanted)


@router.get(
    "/canteens/{canteen_id}/official-meals",
    response_model=OfficialMeals,
    responses={
        **refusals(NotFound, Forbidden),
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
    },
)
def list_official(
    canteen_id: UUID,
    month: Month,
    caller: ManagementDep,
    db: DatabaseDep,
    locale: LocaleDep,
    list_format: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
) -> OfficialMeals | Response:
    """List a month's official meals, with their sum and the local standard."""
    with db.reading() as session:
        listed = official.list_official(session, caller, canteen_id, month)
    if list_format == "json":
        return listed
    return Response(
        official.as_csv(listed, locale).encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="official-meals-{month}.csv"'},
    )
