"""Wiring of the forecast service: the only module here that sees all the others."""

from fastapi import FastAPI

from cleanplate_forecast import jobs, routes, subscriptions
from cleanplate_forecast.actions.backtests import BacktestResult, backtest
from cleanplate_forecast.models import Table
from cleanplate_forecast.settings import Settings
from cleanplate_shared.clock import Clock, now
from cleanplate_shared.service import Peers, Service, remote, service_app
from cleanplate_shared.topology import SUBSCRIPTIONS

__all__ = ["BacktestResult", "backtest", "create_app", "from_env"]

SERVICE = Service(
    name="forecast",
    metadata=Table.metadata,
    routers=[routes.router],
    handlers=subscriptions.HANDLERS,
    jobs={
        jobs.EVERY_MINUTE: [jobs.forecast_coming_sessions, jobs.keep_plans],
        jobs.DAILY: [jobs.forget_names],
    },
)


def create_app(settings: Settings, peers: Peers, clock: Clock = now) -> FastAPI:
    """Build the service; nothing is opened until it starts."""
    return service_app(SERVICE, settings, peers, SUBSCRIPTIONS, clock)


def from_env() -> FastAPI:
    """Build the service for its own container."""
    settings = Settings()
    return create_app(settings, {name: remote(url) for name, url in settings.peers.items()})
