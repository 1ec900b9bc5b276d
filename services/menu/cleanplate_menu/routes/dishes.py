"""Dishes of a canteen."""

from uuid import UUID

from fastapi import APIRouter, Response

from cleanplate_menu.actions import dishes as actions
from cleanplate_menu.actions.dishes import DishExists, PortionTooLarge
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.menu import Dish, DishCreate
from cleanplate_shared.contracts.menu_recipes import DishChange
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.etag import NOT_MODIFIED, IfNoneMatch, respond, tagged
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import AnyoneDep, ManagementDep

router = APIRouter(prefix="/dishes", tags=["dishes"])


@router.get("", response_model=Page[Dish], responses=NOT_MODIFIED | refusals(NotFound))
def list_dishes(
    canteen_id: UUID, caller: AnyoneDep, db: DatabaseDep, if_none_match: IfNoneMatch = None
) -> Response:
    """List a canteen's dishes by name."""
    with db.reading() as session:
        found = actions.list_dishes(session, caller, canteen_id)
    page = Page[Dish](items=found, next=None)
    return respond(tagged(page.model_dump_json().encode()), if_none_match)


@router.post(
    "",
    status_code=201,
    responses=refusals(NotFound, Forbidden, DishExists, PortionTooLarge, IdempotencyKeyReused),
)
def add_dish(wanted: DishCreate, caller: ManagementDep, db: DatabaseDep, once: OnceDep) -> Dish:
    """Put a dish into a canteen's library."""
    with db.transaction() as session:
        return once(session, caller, Dish, lambda: actions.add_dish(session, caller, wanted))


@router.get("/{dish_id}", responses=refusals(NotFound))
def show_dish(dish_id: UUID, caller: AnyoneDep, db: DatabaseDep) -> Dish:
    """Show one dish."""
    with db.reading() as session:
        return actions.show_dish(session, caller, dish_id)


@router.patch("/{dish_id}", responses=refusals(NotFound, Forbidden, DishExists, PortionTooLarge))
def change_dish(dish_id: UUID, wanted: DishChange, caller: ManagementDep, db: DatabaseDep) -> Dish:
    """Change a dish; what is left out stays."""
    with db.transaction() as session:
        return actions.change_dish(session, caller, dish_id, wanted)
