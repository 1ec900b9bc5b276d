"""A scale and a test weight, once a week; and the trays at the return, as they are counted."""

from datetime import UTC
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, fetch, send
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.hauling import grams_of
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_gateway.faces.scale_checks import read_scales
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste_scale_checks import ScaleCheckCreate
from cleanplate_shared.contracts.waste_trays import CleanPlates
from cleanplate_shared.i18n import msg

router = APIRouter()
_UNREADABLE = msg(
    "Name the scale in letters and digits, and write weights in kilograms, like 5.000."
)


class Check(BaseModel):
    """The form of a check."""

    canteen: UUID
    id: UUID
    device: Annotated[str, Field(max_length=64)] = ""
    test: Annotated[str, Field(max_length=12)] = ""
    shown: Annotated[str, Field(max_length=12)] = ""


@router.get("/scale-check")
async def show_check(
    request: Request,
    person: PersonDep,
    now: NowDep,
    canteen: UUID | None = None,
    said: str = "",
) -> HTMLResponse:
    """Show which scales are due, and the form of a check."""
    place = await place_of(request, person, now, canteen)
    return await _page(request, place, said=said == "saved")


@router.post("/scale-check")
async def keep_check(
    request: Request, person: PersonDep, now: NowDep, typed: Annotated[Check, Form()]
) -> Response:
    """Keep what a scale showed of a test weight."""
    place = await place_of(request, person, now, typed.canteen)
    try:
        wanted = ScaleCheckCreate(
            id=typed.id,
            canteen_id=place.canteen.id,
            device_id=typed.device.strip(),
            test_grams=grams_of(typed.test),
            shown_grams=grams_of(typed.shown),
            at=now.astimezone(UTC),
        )
        await send(request, "waste", "POST", "/scale-checks", wanted)
    except ValueError:  # pydantic's own is one
        return await _page(request, place, typed, _UNREADABLE.in_(locale_of(request)))
    except Refused as refusal:
        return await _page(request, place, typed, refusal.words)
    return RedirectResponse(f"/k/scale-check?canteen={place.canteen.id}&said=saved", 303)


@router.get("/trays")
async def show_trays(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show how many trays came back today, and how many of them clean."""
    place = await place_of(request, person, now, canteen)
    found = await _trays(request, place)
    return render(request, "tablet/trays.html", place=place, found=found, face_page="scale-check")


@router.get("/trays/count")
async def count_trays(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Return the numbers alone, for the page that asks every ten seconds."""
    place = await place_of(request, person, now, canteen)
    return render(request, "tablet/trays_count.html", found=await _trays(request, place))


async def _trays(request: Request, place: Place) -> CleanPlates:
    day = place.today
    return await fetch(
        request,
        "waste",
        "/trays/summary",
        CleanPlates,
        canteen_id=place.canteen.id,
        date_from=day,
        date_to=day,
    )


async def _page(
    request: Request,
    place: Place,
    typed: Check | None = None,
    problem: str | None = None,
    *,
    said: bool = False,
) -> HTMLResponse:
    scales = await read_scales(request, place)
    return render(
        request,
        "tablet/scale_check.html",
        422 if problem else 200,
        place=place,
        scales=scales,
        typed=typed,
        once=typed.id if typed else uuid4(),
        problem=problem,
        said=said,
        face_page="scale-check",
    )
