"""All services in one process: the default for a single machine.

This is the only module that imports service packages.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI

import cleanplate_directory.app
import cleanplate_forecast.app
import cleanplate_menu.app
import cleanplate_report.app
import cleanplate_waste.app
from cleanplate_directory.actions.bootstrap import OneTimeSignIn
from cleanplate_forecast.app import BacktestResult, backtest
from cleanplate_shared.clock import Clock, now
from cleanplate_shared.service import Peers, local
from cleanplate_shared.settings import ServiceSettings

__all__ = [
    "FACTORIES",
    "BacktestResult",
    "OneTimeSignIn",
    "Suite",
    "backtest",
    "files_in",
    "first_administrator",
    "local_administrator",
    "set_password",
]

Factory = Callable[[ServiceSettings, Peers, Clock], FastAPI]

# The order is that of starting: the directory's keys are needed by all others.
FACTORIES: Mapping[str, Factory] = {
    "directory": cleanplate_directory.app.create_app,
    "menu": cleanplate_menu.app.create_app,
    "forecast": cleanplate_forecast.app.create_app,
    "waste": cleanplate_waste.app.create_app,
    "report": cleanplate_report.app.create_app,
}


class Suite:
    """All services of one installation, wired to each other in this process.

    Attributes:
        services: the applications by name.
        peers: clients of them by name; no socket is opened.
    """

    def __init__(
        self, database_url: Callable[[str], str], clock: Clock = now, *, jobs_on: bool = True
    ) -> None:
        self.peers: dict[str, httpx.AsyncClient] = {}
        key = secrets.token_urlsafe()
        self.services = {
            name: create(
                ServiceSettings(database_url=database_url(name), peer_key=key, jobs_on=jobs_on),
                self.peers,
                clock,
            )
            for name, create in FACTORIES.items()
        }
        self.peers.update({name: local(service) for name, service in self.services.items()})

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Suite"]:
        """Start every service, and stop them in reverse order."""
        async with AsyncExitStack() as stack:  # composing does not start an application
            for service in self.services.values():
                await stack.enter_async_context(service.router.lifespan_context(service))
            for peer in self.peers.values():
                await stack.enter_async_context(peer)
            yield self

    async def settle(self) -> None:
        """Run what runs by the clock, and deliver events until none waits."""
        moved = True
        while moved:
            moved = False
            for service in self.services.values():
                for jobs in service.state.service.jobs.values():
                    for job in jobs:
                        job(service.state.db, service.state.clock)
                moved |= await service.state.relay.deliver() > 0


def files_in(data: Path) -> Callable[[str], str]:
    """Return the address of each service's SQLite file in `data`."""
    data.mkdir(parents=True, exist_ok=True)
    return lambda name: f"sqlite:///{data / name}.sqlite3"


def first_administrator(directory: FastAPI, organization: str) -> OneTimeSignIn | None:
    """Make the highest organisation and its administrator; None if anybody is there already."""
    return cleanplate_directory.app.first_admin(directory, organization)


def local_administrator(suite: Suite) -> str:
    """Return a token to administer everything: whoever may open the databases may do that."""
    return cleanplate_directory.app.mint_admin_token(suite.services["directory"])


def set_password(suite: Suite, user_name: str, password: str) -> None:
    """Give a person a password that they keep; only for the demo's sign-ins."""
    cleanplate_directory.app.set_password(suite.services["directory"], user_name, password)
