"""The shopping list of the kitchen."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import place_of
from cleanplate_gateway.faces.purchase import Wanted, download_shopping, read_shopping
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep

router = APIRouter()


@router.get("/purchase")
async def show_shopping(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[Wanted, Query()]
) -> HTMLResponse:
    """Show what to buy for some days, by supplier and category."""
    place = await place_of(request, person, now, wanted.canteen)
    shopping = await read_shopping(request, place, wanted)
    return render(
        request, "tablet/purchase.html", place=place, shopping=shopping, face_page="purchase"
    )


@router.get("/purchase.xlsx")
async def download_list(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[Wanted, Query()]
) -> Response:
    """Return the same as a workbook."""
    place = await place_of(request, person, now, wanted.canteen)
    return await download_shopping(request, place, wanted)
