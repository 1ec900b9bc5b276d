"""How good the forecasts were, and how decisions did beside suggestions."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_forecast.actions import scores
from cleanplate_forecast.actions.production import decisions
from cleanplate_forecast.actions.scores import ScoresTooLong
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.forecast_scores import DecisionRecord, ForecastScores
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import NotFound, refusals
from cleanplate_shared.identity import ReadersDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused

router = APIRouter(tags=["scores"])
_REFUSED = refusals(NotFound, ScoresTooLong, PeriodRefused)


@router.get("/scores", responses=_REFUSED)
def score_forecasts(
    canteen_id: UUID, period: PeriodDep, db: DatabaseDep, caller: ReadersDep, at: NowDep
) -> ForecastScores:
    """Show forecasts beside what came and beside the naive forecast, for at most 100 days."""
    with db.reading() as session:
        return scores.score_forecasts(session, caller, canteen_id, period, at)


@router.get("/decisions", responses=_REFUSED)
def show_decisions(
    canteen_id: UUID, period: PeriodDep, db: DatabaseDep, caller: ReadersDep, at: NowDep
) -> DecisionRecord:
    """Look back at what cooks decided in place of suggestions, for at most 100 days."""
    with db.reading() as session:
        return decisions.show_decisions(session, caller, canteen_id, period, at)
