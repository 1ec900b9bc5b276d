"""The queue of dishes to decide about, with the decisions so far."""

import asyncio
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, fetch_all
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, created
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.menu_survey import (
    DishDecision,
    DishDecisionCreate,
    DishDecisionKind,
    DishScore,
    QueuedDish,
)

router = APIRouter()


class DecisionFields(Fields):
    """The form that decides about a dish."""

    canteen: UUID
    dish: UUID
    decision: Text = ""
    reply: Annotated[str, Form(max_length=600)] = ""
    trial_until: Text = ""


@router.get("/dish-queue")
async def show_queue(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show the dishes to decide about, and what was decided."""
    place = await place_of(request, person, now, canteen)
    return await _page(request, place, forms.Form("none"))


@router.post("/dish-queue")
async def decide(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[DecisionFields, Form()]
) -> Response:
    """Decide about a dish, with words to the diners."""
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form(f"dish-{fields.dish}", fields.typed, once=fields.once)
    is_trial = fields.decision == DishDecisionKind.TRIAL
    values = {
        "decision": fields.decision,
        "reply": fields.reply,
        "trial_until": fields.trial_until or None if is_trial else None,
    }
    path = f"/dishes/{fields.dish}/decisions"
    done = await created(request, form, "menu", path, DishDecisionCreate, values)
    if isinstance(done, forms.Form):
        return await _page(request, place, done, 422)
    return RedirectResponse(f"/a/dish-queue?canteen={place.canteen.id}", 303)


async def _page(
    request: Request, place: Place, form: forms.Form, status: int = 200
) -> HTMLResponse:
    below = f"/canteens/{place.canteen.id}"
    queue: list[QueuedDish] = []
    scores: list[DishScore] = []
    decisions: list[DishDecision] = []
    missing = None
    try:
        queue, scores, decisions = await asyncio.gather(
            fetch_all(request, "menu", f"{below}/dish-queue", QueuedDish),
            fetch_all(request, "menu", f"{below}/dish-scores", DishScore),
            fetch_all(request, "menu", f"{below}/dish-decisions", DishDecision),
        )
    except Refused as refusal:
        missing = refusal.words
    return render(
        request,
        "desk/dish_queue.html",
        status,
        place=place,
        queue=queue,
        scores=scores,
        decisions=decisions,
        missing=missing,
        kinds=list(DishDecisionKind),
        form=form,
        once=uuid4,
        page="dish-queue",
    )
