"""The inventory at the desk: two totals with their scope, and the export."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from cleanplate_gateway.faces.client import call, fetch
from cleanplate_gateway.faces.desk.months import bounds, last_months, month_or
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste_inventory import Inventory, MaterialType
from cleanplate_shared.i18n import Message, msg

router = APIRouter(prefix="/inventory")
MATERIALS: Mapping[MaterialType, Message] = {
    MaterialType.FOOD: msg("Food"),
    MaterialType.INEDIBLE_PARTS: msg("Inedible parts"),
    MaterialType.NOT_SEPARATED: msg("Food and inedible parts, not separated"),
}
# What a range of factors rests on, by quantity: its unit, and where its ends come from.
FACTORS: Mapping[str, tuple[Message, Message]] = {
    "carbon": (
        msg("kg CO2e"),
        msg(
            "life cycle of meals in three canteens of Taiyuan, 2019, cooking energy included;"
            " WRAP's mix for food service"
        ),
    ),
    "water": (
        msg("litres"),
        msg("FAO, blue water; WRAP, avoidable household food; not verified"),
    ),
}


@router.get("")
async def show_inventory(
    request: Request,
    person: PersonDep,
    now: NowDep,
    canteen: UUID | None = None,
    month: str = "",
) -> HTMLResponse:
    """Show a month's two totals, what they include, and how far they can be trusted."""
    place = await place_of(request, person, now, canteen)
    wanted = month_or(month, place.today)
    first, last = bounds(wanted)
    found = await fetch(
        request,
        "waste",
        "/inventory",
        Inventory,
        canteen_id=place.canteen.id,
        date_from=first,
        date_to=last,
    )
    return render(
        request,
        "desk/inventory.html",
        place=place,
        month=wanted,
        months=last_months(place.today),
        found=found,
        materials=MATERIALS,
        factors=FACTORS,
        page="inventory",
    )


@router.get("/export")
async def export_inventory(
    request: Request, _: PersonDep, canteen: UUID, date_from: date, date_to: date
) -> Response:
    """Return the inventory's lines as a file."""
    days = {"date_from": str(date_from), "date_to": str(date_to)}
    query = {"canteen_id": str(canteen), **days}
    answer = await call(request, "waste", "GET", "/inventory/export", params=query)
    return Response(
        answer.content,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": answer.headers["Content-Disposition"]},
    )
