"""Wiring of the waste service: the only module here that sees all the others."""

from dataclasses import replace

from fastapi import FastAPI

from cleanplate_shared.clock import Clock, now
from cleanplate_shared.documents.fonts import require_fonts
from cleanplate_shared.service import Peers, Service, remote, service_app
from cleanplate_shared.topology import SUBSCRIPTIONS
from cleanplate_waste import jobs, routes, subscriptions
from cleanplate_waste.actions import devices
from cleanplate_waste.models import Table
from cleanplate_waste.settings import Settings

_HOUR = 3600.0

SERVICE = Service(
    name="waste",
    metadata=Table.metadata,
    routers=[routes.router],
    handlers=subscriptions.HANDLERS,
    jobs={_HOUR: [jobs.make_months, jobs.sum_days, jobs.judge_months]},
    invariants={
        "weighings are what their devices sent": devices.count_altered,
        "weighings follow one another, none lost": devices.count_breaks,
        "no number of a device missing for a week": devices.count_gaps,
        "sums of days = their weighings": devices.count_wrong_sums,
    },
)


def create_app(settings: Settings, peers: Peers, clock: Clock = now) -> FastAPI:
    """Build the service; nothing is opened until it starts.

    Raises:
        FontsMissing: the installation could not make the ledger's PDF.
    """
    require_fonts()
    forget = jobs.forget_people(settings.keep_photos_days, settings.keep_names_days)
    hourly = [*SERVICE.jobs[_HOUR], forget]
    service = replace(SERVICE, jobs={**SERVICE.jobs, _HOUR: hourly})
    return service_app(service, settings, peers, SUBSCRIPTIONS, clock)


def from_env() -> FastAPI:
    """Build the service for its own container."""
    settings = Settings()
    return create_app(settings, {name: remote(url) for name, url in settings.peers.items()})
