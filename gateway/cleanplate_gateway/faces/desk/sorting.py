"""Sampled sorting at the desk: which bins are drawn, how far it is, what it says."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import fetch
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, created, whole_number
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste import FOOD_STREAMS
from cleanplate_shared.contracts.waste_sorting import (
    SortingEstimates,
    SortingPlanCreate,
    SortingPlans,
)

router = APIRouter(prefix="/sorting")
_QUARTER = timedelta(days=91)
_AHEAD = timedelta(days=14)
_USUAL = {"plate": "5", "unserved": "5", "spoilage": "2"}


class PlanFields(Fields):
    """The form of a plan; a stream left empty is not sorted."""

    canteen: UUID
    week: Text = ""
    seed: Text = ""
    spoilage: Text = ""
    prep_unavoidable: Text = ""
    prep_avoidable: Text = ""
    unserved: Text = ""
    plate: Text = ""


@router.get("")
async def show_sorting(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show a quarter's plans and what their sorted bins say."""
    place = await place_of(request, person, now, canteen)
    return await _page(request, place, _blank(place))


@router.post("")
async def draw(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[PlanFields, Form()]
) -> Response:
    """Draw a week's bins."""
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form("plan", fields.typed, once=fields.once)
    chosen = {stream: fields.typed.get(stream, "").strip() for stream in FOOD_STREAMS}
    values = {
        "canteen_id": place.canteen.id,
        "week": fields.week.strip(),
        "seed": whole_number(fields.seed) if fields.seed.strip() else None,
        "streams": [
            {"stream": stream, "one_in": whole_number(text)}
            for stream, text in chosen.items()
            if text
        ],
    }
    done = await created(request, form, "waste", "/sorting/plans", SortingPlanCreate, values)
    if isinstance(done, forms.Form):
        return await _page(request, place, done, 422)
    return RedirectResponse(f"/a/sorting?canteen={place.canteen.id}", 303)


def _blank(place: Place) -> forms.Form:
    return forms.Form("plan", {"week": str(place.today), **_USUAL})


async def _page(
    request: Request, place: Place, form: forms.Form, status: int = 200
) -> HTMLResponse:
    since = place.today - _QUARTER
    here = {"canteen_id": place.canteen.id, "date_from": since}
    plans = await fetch(
        request, "waste", "/sorting/plans", SortingPlans, date_to=place.today + _AHEAD, **here
    )
    estimates = await fetch(
        request, "waste", "/sorting/estimates", SortingEstimates, date_to=place.today, **here
    )
    return render(
        request,
        "desk/sorting.html",
        status,
        place=place,
        since=since,
        plans=plans.items,
        estimates=estimates,
        streams=FOOD_STREAMS,
        form=form,
        page="sorting",
    )
