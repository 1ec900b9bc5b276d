"""All services in one process: the default for a single machine.

This is the only module that imports service packages.
"""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

import cleanplate_directory.app
from cleanplate_directory.actions.bootstrap import OneTimeSignIn
from cleanplate_forecast.app import BacktestResult, backtest
from cleanplate_report.app import measure_file
from cleanplate_shared.clock import Clock, now
from cleanplate_shared.service import Peers, local
from cleanplate_shared.topology import SERVICES

__all__ = [
    "BacktestResult",
    "OneTimeSignIn",
    "Suite",
    "backtest",
    "build",
    "files_in",
    "first_administrator",
    "local_administrator",
    "measure_file",
    "set_password",
]


def build(name: str, peers: Peers, clock: Clock = now, **settings: Any) -> FastAPI:  # noqa: ANN401
    """Build one service; nothing is opened until it starts.

    Args:
        name: one of topology.SERVICES.
        peers: clients of the other services by name.
        clock: the time, for tests.
        settings: of the service's `Settings`; what is not given comes from its environment.
    """
    wanted = import_module(f"cleanplate_{name}.settings").Settings(**settings)
    app: FastAPI = import_module(f"cleanplate_{name}.app").create_app(wanted, peers, clock)
    return app


class Suite:
    """All services of one installation, wired to each other in this process.

    Args:
        database_url: returns a service's database by name.
        clock: the time, for tests.
        jobs_on: run what runs by the clock.
        notice_key: what channel addresses are sealed with; None leaves it to the environment.

    Attributes:
        services: the applications by name.
        peers: clients of them by name; no socket is opened.
    """

    def __init__(
        self,
        database_url: Callable[[str], str],
        clock: Clock = now,
        *,
        jobs_on: bool = True,
        notice_key: str | None = None,
    ) -> None:
        self.peers: dict[str, httpx.AsyncClient] = {}
        key = secrets.token_urlsafe()
        sealing = {} if notice_key is None else {"notice_key": notice_key}
        self.services = {
            name: build(
                name,
                self.peers,
                clock,
                database_url=database_url(name),
                peer_key=key,
                jobs_on=jobs_on,
                **sealing,
            )
            for name in SERVICES
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
