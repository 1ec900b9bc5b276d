"""The model that forecasts, what it was judged by, and its trainings."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import call, fetch
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import NoCanteen, place_of
from cleanplate_gateway.faces.rendering import is_fragment, render
from cleanplate_shared.clock import NowDep, zone
from cleanplate_shared.contracts.forecast_training import (
    Training,
    TrainingOutcome,
    TrainingStage,
    TrainingVerdict,
)
from cleanplate_shared.i18n import Message, msg

router = APIRouter(prefix="/training")
_ZONE = "Asia/Shanghai"

STAGES: Mapping[TrainingStage, Message] = {
    TrainingStage.READING: msg("Reading the meals"),
    TrainingStage.LEARNING: msg("Learning"),
    TrainingStage.COMPARING: msg("Comparing with the one in use"),
    TrainingStage.STORING: msg("Storing the model"),
    TrainingStage.ENDED: msg("Ended"),
}
OUTCOMES: Mapping[TrainingOutcome, Message] = {
    TrainingOutcome.REPLACED: msg("The new model is in use"),
    TrainingOutcome.KEPT: msg("The one before stays in use"),
    TrainingOutcome.TOO_LITTLE: msg("Too few meals to learn from"),
    TrainingOutcome.FAILED: msg("Failed; the one before stays in use"),
    TrainingOutcome.LOST: msg("Its server stopped; another one took over"),
}
VERDICTS: Mapping[TrainingVerdict | None, Message] = {
    TrainingVerdict.BETTER: msg(
        "The new model won: its forecasts of these four weeks were closer than those of the "
        "one before. It is in use now."
    ),
    TrainingVerdict.AS_GOOD: msg(
        "The new model is as good, as far as four weeks can tell, and has seen newer days. "
        "It is in use now."
    ),
    TrainingVerdict.TOO_FEW: msg(
        "Fewer than five days or thirty meals could be compared; that proves nothing. "
        "The one before stays in use."
    ),
    TrainingVerdict.WORSE_THAN_PRESENT: msg(
        "The model in use won: the new one lost more than chance explains. "
        "The new one was put aside."
    ),
    TrainingVerdict.WORSE_THAN_RULE: msg(
        "The rule of like days was better than the new model, by more than chance explains. "
        "The new model was put aside."
    ),
    TrainingVerdict.WORSE_AS_SEEN: msg(
        "Trained without these four weeks the new model was good; with them it was worse, so their "
        "data taught it something wrong. Look for days that were counted wrongly. "
        "The new model was put aside."
    ),
    None: msg("Why is not on record: the model was trained by an earlier version."),
}


@router.get("")
async def show_training(request: Request, person: PersonDep, now: NowDep) -> HTMLResponse:
    """Show what serves and why, and how far a training is; while one is, asked every ten s."""
    try:
        at = (await place_of(request, person, now, None)).zone
    except NoCanteen:
        at = zone(_ZONE)
    return _page(request, await fetch(request, "forecast", "/training", Training), at)


@router.post("")
async def ask_for_training(request: Request, _: PersonDep) -> Response:
    """Have a training begin within a minute."""
    await call(request, "forecast", "POST", "/training")
    return RedirectResponse("/a/training", 303)


def _page(request: Request, training: Training, at: ZoneInfo) -> HTMLResponse:
    latest = training.models[0] if training.models else None
    under_way = next((run for run in training.runs if run.ended_at is None), None)
    return render(
        request,
        "desk/training_now.html" if is_fragment(request) else "desk/training.html",
        training=training,
        latest=latest,
        under_way=under_way if training.is_running else None,
        zone=at,
        stages=STAGES,
        outcomes=OUTCOMES,
        verdicts=VERDICTS,
        page="training",
    )
