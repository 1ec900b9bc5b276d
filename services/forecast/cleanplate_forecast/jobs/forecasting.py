"""Forecasts of the coming meals, by the clock."""

from datetime import timedelta

from cleanplate_forecast.actions import forecasts
from cleanplate_forecast.actions.training.learnt import forecast_learnt
from cleanplate_shared.clock import Clock
from cleanplate_shared.db import Database

_AHEAD = timedelta(days=10)
_AGAIN = timedelta(hours=1)
_AT_ONCE = 100


def forecast_coming_sessions(db: Database, clock: Clock) -> None:
    """Make the forecasts of the next ten days that are due: hourly, and after each cut-off.

    It runs every minute, so that a start, a new session and a cut-off do not wait an hour; what
    is not due costs one query. The model forecasts all that are due at once, outside of any
    transaction that writes.
    """
    at = clock()
    with db.reading() as session:
        due = forecasts.due_sessions(session, at, _AHEAD, _AGAIN)
        learnt = forecast_learnt(session, due, at)
    for start in range(0, len(due), _AT_ONCE):
        with db.transaction() as session:
            forecasts.forecast_due(session, due[start : start + _AT_ONCE], learnt, at)
