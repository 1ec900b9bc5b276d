"""Scales at the desk: their checks with drift, and the devices that weigh."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cleanplate_gateway.faces.client import Refused, fetch_all
from cleanplate_gateway.faces.desk.drift_chart import drift_of
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_gateway.faces.scale_checks import read_scales
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste import DeviceChain

router = APIRouter()
_DAYS = timedelta(days=90)


@router.get("/scales")
async def show_scales(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show each checked scale with its drift, and which devices weighed in the last 90 days."""
    place = await place_of(request, person, now, canteen)
    scales = await read_scales(request, place)
    return render(
        request,
        "desk/scales.html",
        place=place,
        scales=scales,
        charts={
            one.device_id: drift_of(one, place.zone, locale_of(request)) for one in scales.items
        },
        verdicts={one.device_id: one.verdict for one in scales.items},
        devices=await _devices(request, place),
        page="scales",
    )


async def _devices(request: Request, place: Place) -> list[DeviceChain]:
    period = {"date_from": place.today - _DAYS, "date_to": place.today}
    try:
        return await fetch_all(
            request, "waste", "/devices", DeviceChain, canteen_id=place.canteen.id, **period
        )
    except Refused:  # the same as of the scales, which the page shows
        return []
