"""HTTP of the forecast service: parse, call one action, answer."""

from cleanplate_forecast.routes import (
    forecasts,
    given,
    imports,
    production,
    purchasing,
    scores,
    training,
)
from cleanplate_shared.routing import flat

router = flat(
    forecasts.router,
    given.router,
    imports.router,
    production.router,
    purchasing.router,
    scores.router,
    training.router,
)
