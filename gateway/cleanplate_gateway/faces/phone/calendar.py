"""A diner's own calendar: made, shown once, and made void."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cleanplate_gateway.faces.client import call, send
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.contracts.menu_feeds import FeedAddress

router = APIRouter()


@router.get("/calendar")
async def show_calendar(request: Request, _: PersonDep, said: str = "") -> Response:
    """Say what the calendar is, and offer to make its address."""
    return render(request, "phone/calendar.html", address=None, is_void=said == "void")


@router.post("/calendar")
async def make_calendar(request: Request, _: PersonDep) -> Response:
    """Make a new address and show it, once; the one before is void."""
    answer = await send(request, "menu", "POST", "/feeds/mine")
    made = FeedAddress.model_validate_json(answer.content)
    address = f"{request.url.scheme}://{request.url.netloc}{made.path}"
    return render(request, "phone/calendar.html", address=address, is_void=False)


@router.post("/calendar/void")
async def void_calendar(request: Request, _: PersonDep) -> Response:
    """Make the address void."""
    await call(request, "menu", "DELETE", "/feeds/mine")
    return RedirectResponse("/m/calendar?said=void", 303)
