"""The weighing screen."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse

from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_gateway.faces.tablet.streams import FITTING, HINTS, REASONS
from cleanplate_gateway.faces.tablet.weighing_facts import read_facts
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste import Stream

router = APIRouter()


@router.get("/weigh")
async def show_weighing(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show the weighing screen."""
    place = await place_of(request, person, now, canteen)
    facts = await read_facts(request, place)
    return render(
        request,
        "tablet/weigh.html",
        place=place,
        facts=facts,
        streams=list(Stream),
        hints=HINTS,
        reasons=REASONS,
        fitting=FITTING,
        face_page="weigh",
    )


@router.get("/weigh/facts")
async def showread_facts(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> JSONResponse:
    """Return what the screen knows of its canteen; asked each minute, and kept by the tablet."""
    place = await place_of(request, person, now, canteen)
    return JSONResponse(await read_facts(request, place), headers={"Cache-Control": "no-store"})
