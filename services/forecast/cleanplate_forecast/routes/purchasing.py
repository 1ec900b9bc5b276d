"""What to buy, how ingredients are bought, and what is in store."""

from uuid import UUID

from fastapi import APIRouter, Response

from cleanplate_forecast.actions.purchasing import plans, sheets, terms
from cleanplate_forecast.actions.purchasing.plans import PlanTooLong
from cleanplate_forecast.actions.purchasing.terms import NamedTwice
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.forecast_purchasing import (
    IngredientsPut,
    IngredientTerms,
    PurchasePlan,
    StockLot,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, Outdated, refusals
from cleanplate_shared.etag import NOT_MODIFIED, IfMatch, IfNoneMatch, respond
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.identity import ManagementDep, ReadersDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused

router = APIRouter(tags=["purchasing"])
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_INGREDIENTS = "/canteens/{canteen_id}/ingredients"
_REFUSED = refusals(NotFound, PlanTooLong, PeriodRefused)


@router.get("/purchase-plan", responses=_REFUSED)
def show_plan(
    canteen_id: UUID,
    period: PeriodDep,
    db: DatabaseDep,
    caller: ReadersDep,
    at: NowDep,
    locale: LocaleDep,
) -> PurchasePlan:
    """Say what to buy for the meals of at most 31 days, by supplier and category."""
    with db.reading() as session:
        planned = plans.plan_purchases(session, caller, canteen_id, period, at)
    return planned.in_(locale)


@router.get(
    "/purchase-plan.xlsx",
    response_class=Response,
    responses=_REFUSED | {200: {"content": {_XLSX: {}}}},
)
def download_plan(
    canteen_id: UUID,
    period: PeriodDep,
    db: DatabaseDep,
    caller: ReadersDep,
    at: NowDep,
    locale: LocaleDep,
) -> Response:
    """Say the same as a workbook."""
    with db.reading() as session:
        planned = plans.plan_purchases(session, caller, canteen_id, period, at)
    name = f"purchase-plan-{period.first}.xlsx"
    return Response(
        sheets.as_workbook(planned.in_(locale), locale),
        media_type=_XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get(
    _INGREDIENTS,
    response_model=Page[IngredientTerms],
    responses=refusals(NotFound) | NOT_MODIFIED,
)
def list_ingredients(
    canteen_id: UUID, db: DatabaseDep, caller: ReadersDep, if_none_match: IfNoneMatch = None
) -> Response:
    """List how a canteen buys its ingredients, by name; the `ETag` tells versions apart."""
    with db.reading() as session:
        listed = terms.list_ingredients(session, caller, canteen_id)
    return respond(listed, if_none_match)


@router.put(
    _INGREDIENTS,
    response_model=Page[IngredientTerms],
    responses=refusals(NotFound, Forbidden, NamedTwice, Outdated),
)
def set_ingredients(
    canteen_id: UUID,
    wanted: IngredientsPut,
    db: DatabaseDep,
    caller: ManagementDep,
    if_match: IfMatch = None,
) -> Response:
    """Set how a canteen buys its ingredients, all at once; with `If-Match`, if none was changed."""
    with db.transaction() as session:
        kept = terms.set_ingredients(session, caller, canteen_id, wanted, if_match)
    return respond(kept, None)


@router.get("/canteens/{canteen_id}/stock", responses=refusals(NotFound))
def list_stock(canteen_id: UUID, db: DatabaseDep, caller: ReadersDep) -> Page[StockLot]:
    """List what a canteen has in store, by ingredient and day of expiry."""
    with db.reading() as session:
        return Page(items=terms.list_stock(session, caller, canteen_id), next=None)
