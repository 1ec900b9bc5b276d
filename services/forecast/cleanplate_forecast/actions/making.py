"""A forecast of a meal session as a row, and what is seen of the session's registrations."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np

from cleanplate_forecast.domain.attendance import Forecast
from cleanplate_forecast.domain.pace import Seen
from cleanplate_forecast.models import ForecastRow, SessionRow


def made_row(meal: SessionRow, made: Forecast, as_of: date, at: datetime) -> ForecastRow:
    """Return a forecast that is not kept yet, so without a number."""
    return ForecastRow(
        session_id=meal.id,
        number=0,
        model=made.model,
        as_of=as_of,
        registered=meal.registered,
        final=meal.cutoff_at <= at,
        mean=round(made.mean, 3),
        quantiles={str(level): round(value, 3) for level, value in made.quantiles.items()},
        made_at=at,
    )


def seen_of(meals: Sequence[SessionRow], at: datetime) -> Seen:
    """Return the present registrations, and how long they may still change."""
    left = [(meal.cutoff_at - at) / timedelta(hours=1) for meal in meals]
    count = np.array([meal.registered for meal in meals], dtype=np.float64)
    return Seen(count, np.maximum(left, 0.0))
