"""What is the diner's own: coming meals, and the ways to settings."""

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone.own import read_mine
from cleanplate_gateway.faces.places import place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep

router = APIRouter()
_AHEAD = timedelta(days=60)


@router.get("/me")
async def show_mine(request: Request, person: PersonDep, now: NowDep) -> Response:
    """Show one's own coming meals, language, password and the way out."""
    place = await place_of(request, person, now, None)
    coming = await read_mine(request, place.today, place.today + _AHEAD)
    canteens = {canteen.id: canteen for canteen in place.others}
    return render(request, "phone/mine.html", place=place, coming=coming, canteens=canteens)
