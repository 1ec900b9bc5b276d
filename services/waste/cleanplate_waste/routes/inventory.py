"""The food loss and waste inventory (FLW Standard)."""

from uuid import UUID

from fastapi import APIRouter, Response

from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste_inventory import Inventory
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.identity import ReadersDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused
from cleanplate_waste.actions.inventory import whole

router = APIRouter(prefix="/inventory")
_REFUSALS = refusals(NotFound, Forbidden, PeriodRefused)


@router.get("", responses=_REFUSALS)
def show_inventory(
    canteen_id: UUID, period: PeriodDep, caller: ReadersDep, db: DatabaseDep, now: NowDep
) -> Inventory:
    """Return the two totals of a period, their scope and their quality."""
    with db.reading() as session:
        return whole.show_inventory(session, caller, canteen_id, period, now)


@router.get(
    "/export",
    response_class=Response,
    responses={**_REFUSALS, 200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def export_inventory(
    canteen_id: UUID, period: PeriodDep, caller: ReadersDep, db: DatabaseDep, now: NowDep
) -> Response:
    """Return the inventory's lines as CSV; the grams add up to those weighed."""
    with db.reading() as session:
        text = whole.export_inventory(session, caller, canteen_id, period, now)
    name = f"inventory-{period.first}-{period.last}.csv"
    return Response(
        text.encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
