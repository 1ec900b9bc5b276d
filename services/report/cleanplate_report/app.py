"""Wiring of the report service: the only module here that sees all the others."""

from fastapi import FastAPI

from cleanplate_report import routes, subscriptions
from cleanplate_report.actions.measuring import measure_file
from cleanplate_report.models import Table
from cleanplate_report.settings import Settings
from cleanplate_shared.clock import Clock, now
from cleanplate_shared.service import Peers, Service, remote, service_app
from cleanplate_shared.topology import SUBSCRIPTIONS

__all__ = ["create_app", "from_env", "measure_file"]

SERVICE = Service(
    name="report",
    metadata=Table.metadata,
    routers=[routes.router],
    handlers=subscriptions.HANDLERS,
)


def create_app(settings: Settings, peers: Peers, clock: Clock = now) -> FastAPI:
    """Build the service; nothing is opened until it starts."""
    return service_app(SERVICE, settings, peers, SUBSCRIPTIONS, clock)


def from_env() -> FastAPI:
    """Build the service for its own container."""
    settings = Settings()
    return create_app(settings, {name: remote(url) for name, url in settings.peers.items()})
