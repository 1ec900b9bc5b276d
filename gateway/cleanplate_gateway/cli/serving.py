"""`cleanplate up` and `cleanplate serve`: all services in one server, or one in each."""

import contextlib
import gc
import importlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from cleanplate_gateway import app as gateway
from cleanplate_gateway.cli import logs, nearby
from cleanplate_gateway.cli.options import Data, Host, Port, TrustedProxy
from cleanplate_gateway.cli.output import refuse, remark, say
from cleanplate_gateway.cli.signing_in import tell_first_sign_in
from cleanplate_gateway.cli.texts import _
from cleanplate_gateway.demo import marker
from cleanplate_gateway.embedded import first_administrator
from cleanplate_gateway.installation import OVERSIGHT, Installation
from cleanplate_gateway.settings import Settings
from cleanplate_gateway.worker import working
from cleanplate_shared.service import remote
from cleanplate_shared.topology import SERVICES

_GRACE_SECONDS = 15


@dataclass(frozen=True)
class Listen:
    """Where a server listens, and which proxy in front it believes."""

    host: str
    port: int
    trusted_proxy: str | None = None

    @property
    def url(self) -> str:
        """Return the address for a browser on this machine."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104
        return f"http://{host}:{self.port}/"


def up(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    data: Data = None,
    trusted_proxy: TrustedProxy = None,
    *,
    https: Annotated[
        bool, typer.Option("--https", help=_("The proxy in front speaks HTTPS."))
    ] = False,
) -> None:
    """Run everything on the data that is there; the first start makes an administrator."""
    installation = Installation.at(data)
    if marker.is_unfinished(installation.data):
        refuse(
            _(
                "The demo in {folder} was interrupted; start `cleanplate demo` again.",
                folder=installation.data,
            )
        )
    if marker.read(installation.data):
        remark(_("Warning: this is the demo's data, with passwords that everybody knows."))
    with installation.held():
        run_suite(installation, Listen(host, port, trusted_proxy), https=https)


def serve(
    service: Annotated[str, typer.Argument(help=", ".join((*SERVICES, "gateway")))],
    port: Port = 8000,
    host: Host = "127.0.0.1",
    trusted_proxy: TrustedProxy = None,
) -> None:
    """Run one service or the gateway, with settings from its environment."""
    if service not in (*SERVICES, "gateway"):
        refuse(
            _(
                "{service}: there are {names}.",
                service=service,
                names=", ".join((*SERVICES, "gateway")),
            )
        )
    logs.as_json()
    app = _gateway() if service == "gateway" else _standing(service)
    run(app, Listen(host, port, trusted_proxy))


def run_suite(
    installation: Installation, listen: Listen, *, demo: bool = False, https: bool = False
) -> None:
    """Run all services and the gateway in this process, and a worker beside it."""
    suite = installation.suite(jobs_on=False)
    say(_("Cleanplate answers at {url}  (stop with Ctrl+C)", url=listen.url))
    if not demo:  # it has said so
        nearby.tell(listen.host, listen.port)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with suite.running():
            _tell_administrator(suite.services["directory"])
            async with working(installation.data):
                yield

    run(
        gateway.create_app(suite.peers, suite.services, lifespan, cookie_secure=https, demo=demo),
        listen,
    )


def _tell_administrator(directory: FastAPI) -> None:
    if first := first_administrator(directory, OVERSIGHT):
        tell_first_sign_in(first)


def _standing(service: str) -> FastAPI:
    """Return one service on its own; the directory makes its administrator at the first start."""
    app: FastAPI = importlib.import_module(f"cleanplate_{service}.app").from_env()
    if service == "directory":
        begin = app.router.lifespan_context

        @contextlib.asynccontextmanager
        async def lifespan(directory: FastAPI) -> AsyncIterator[None]:
            async with begin(directory):
                _tell_administrator(directory)
                yield

        app.router.lifespan_context = lifespan
    return app


def _gateway() -> ASGIApp:
    """Return the gateway without services of its own: the proxy in front routes to those."""
    settings = Settings()
    peers = {name: remote(settings.peers[name]) for name in SERVICES if name in settings.peers}

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for peer in peers.values():
                await stack.enter_async_context(peer)
            yield

    return gateway.create_app(peers, {}, lifespan, cookie_secure=settings.cookie_secure)


def run(app: ASGIApp, listen: Listen) -> None:
    """Run one application until told to stop; requests under way are finished first."""
    config = uvicorn.Config(
        app,
        host=listen.host,
        port=listen.port,
        proxy_headers=listen.trusted_proxy is not None,
        forwarded_allow_ips=listen.trusted_proxy,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    collect_less_often()
    server = uvicorn.Server(config)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(1)


def collect_less_often() -> None:
    """Leave what was loaded at the start out of the garbage collection, and collect less often.

    Walking the half million objects of the program again and again took a fifth of a request.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
