"""What the forecast service does by the clock."""

from datetime import timedelta

from cleanplate_forecast.actions import forecasts
from cleanplate_shared.clock import Clock
from cleanplate_shared.db import Database

EVERY_MINUTE = 60.0
AHEAD = timedelta(days=10)
AGAIN = timedelta(hours=1)


def forecast_coming_sessions(db: Database, clock: Clock) -> None:
    """Make the forecasts of the next ten days that are due: hourly, and after each cut-off.

    It runs every minute, so that a start, a new session and a cut-off do not wait an hour; what
    is not due costs one query.
    """
    at = clock()
    more = True
    while more:
        with db.transaction() as session:
            more = forecasts.forecast_due(session, at, AHEAD, AGAIN) > 0
