"""How many will come."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_forecast.actions import forecasts
from cleanplate_forecast.actions.forecasts import NoHistory
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.forecast import SessionForecast
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import NotFound, refusals
from cleanplate_shared.identity import ReadersDep

router = APIRouter(tags=["forecasts"])


@router.get("/meal-sessions/{meal_session_id}", responses=refusals(NotFound, NoHistory))
def forecast_session(
    meal_session_id: UUID, db: DatabaseDep, caller: ReadersDep, at: NowDep
) -> SessionForecast:
    """Say how many will come to a meal session, and how sure that is.

    Only a forecast that says something new is written down: most requests just read.
    """
    with db.reading() as session:
        made = forecasts.make_forecast(session, caller, meal_session_id, at)
    if not made.is_kept:
        with db.transaction() as session:
            forecasts.keep_forecast(session, made.row)
    return made.answer
