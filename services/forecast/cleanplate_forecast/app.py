"""Wiring of the forecast service: the only module here that sees all the others."""

from fastapi import FastAPI

from cleanplate_forecast import jobs, routes, subscriptions
from cleanplate_forecast.actions.backtests import BacktestResult, backtest
from cleanplate_forecast.models import Table
from cleanplate_forecast.settings import Settings
from cleanplate_shared.clock import Clock, now
from cleanplate_shared.service import Job, Peers, Service, remote, service_app
from cleanplate_shared.topology import SUBSCRIPTIONS

__all__ = ["BacktestResult", "backtest", "create_app", "from_env"]


def create_app(settings: Settings, peers: Peers, clock: Clock = now) -> FastAPI:
    """Build the service; nothing is opened until it starts."""
    tending: list[Job] = [jobs.forecast_coming_sessions, jobs.keep_plans]
    training = jobs.NightlyTraining(settings.dask_scheduler)
    if settings.jobs_on:  # who drives the jobs by hand waits for them, and not for a training
        tending.append(training.begin_if_due)
    service = Service(
        name="forecast",
        metadata=Table.metadata,
        routers=[routes.router],
        handlers=subscriptions.HANDLERS,
        jobs={jobs.EVERY_MINUTE: tending, jobs.DAILY: [jobs.forget_names, jobs.forget_given]},
        stops=[training.stop],
    )
    return service_app(service, settings, peers, SUBSCRIPTIONS, clock)


def from_env() -> FastAPI:
    """Build the service for its own container."""
    settings = Settings()
    return create_app(settings, {name: remote(url) for name, url in settings.peers.items()})
