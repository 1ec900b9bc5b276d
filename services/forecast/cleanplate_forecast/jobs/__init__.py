"""What the forecast service does by the clock."""

from cleanplate_forecast.jobs.forecasting import forecast_coming_sessions
from cleanplate_forecast.jobs.given import forget_given
from cleanplate_forecast.jobs.quantities import forget_names, keep_plans
from cleanplate_forecast.jobs.training import NightlyTraining

__all__ = [
    "DAILY",
    "EVERY_MINUTE",
    "NightlyTraining",
    "forecast_coming_sessions",
    "forget_given",
    "forget_names",
    "keep_plans",
]

EVERY_MINUTE = 60.0
DAILY = 86_400.0
