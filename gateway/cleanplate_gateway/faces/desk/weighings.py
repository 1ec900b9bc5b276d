"""A canteen's month, day by day: what was weighed, and what is missing."""

import asyncio
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cleanplate_gateway.faces.client import Refused, fetch
from cleanplate_gateway.faces.desk.home import days_of
from cleanplate_gateway.faces.desk.months import bounds, last_months, month_or
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_gateway.faces.tablet.streams import REASONS
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.waste import Weighing

router = APIRouter()
_ON_A_PAGE = 50


@router.get("/weighings")
async def show_weighings(
    request: Request,
    person: PersonDep,
    now: NowDep,
    canteen: UUID | None = None,
    month: str = "",
    cursor: UUID | None = None,
) -> HTMLResponse:
    """Show a month's days with their completeness, and its weighings, newest first."""
    place = await place_of(request, person, now, canteen)
    wanted = month_or(month, place.today)
    days, (weighings, missing) = await asyncio.gather(
        days_of(request, place.canteen.id, *bounds(wanted)),
        _weighings(request, place.canteen.id, wanted, cursor),
    )
    return render(
        request,
        "desk/weighings.html",
        place=place,
        month=wanted,
        months=last_months(place.today),
        days=days,
        reasons=REASONS,
        weighings=weighings,
        missing=missing,
        page="weighings",
    )


async def _weighings(
    request: Request, canteen_id: UUID, month: str, cursor: UUID | None
) -> tuple[Page[Weighing] | None, str | None]:
    first, last = bounds(month)
    try:
        found = await fetch(
            request,
            "waste",
            "/weighings",
            Page[Weighing],
            canteen_id=canteen_id,
            date_from=first,
            date_to=last,
            cursor=cursor,
            limit=_ON_A_PAGE,
        )
    except Refused as refusal:
        return None, refusal.words
    return found, None
