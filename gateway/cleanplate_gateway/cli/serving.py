"""`cleanplate up` and `cleanplate serve`: all services in one server, or one in each."""

import contextlib
import gc
import importlib
import socket
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
from cleanplate_gateway.cli.options import Data, Host, Port, TrustedProxy, TrustPort
from cleanplate_gateway.cli.output import refuse, remark, say
from cleanplate_gateway.cli.signing_in import tell_first_sign_in
from cleanplate_gateway.cli.texts import _
from cleanplate_gateway.cli.tls import unreadable
from cleanplate_gateway.demo import marker
from cleanplate_gateway.embedded import first_administrator
from cleanplate_gateway.installation import OVERSIGHT, Installation
from cleanplate_gateway.settings import Settings
from cleanplate_gateway.tls.addresses import in_url
from cleanplate_gateway.tls.folder import Made, Tls
from cleanplate_gateway.tls.plain import plain_door
from cleanplate_gateway.tls.trust import Trust
from cleanplate_gateway.worker import working
from cleanplate_shared.clock import now
from cleanplate_shared.service import remote
from cleanplate_shared.topology import SERVICES

_GRACE_SECONDS = 15
_HTTPS, _HIGHEST_PORT = 443, 65535


@dataclass(frozen=True)
class Listen:
    """Where a server listens, and which proxy in front it believes."""

    host: str
    port: int
    trusted_proxy: str | None = None
    tls: Tls | None = None
    trust_port: int | None = None

    @property
    def url(self) -> str:
        """Return the address for a browser on this machine."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104
        return f"{'https' if self.tls else 'http'}://{in_url(host)}:{self.port}/"

    @property
    def plain_port(self) -> int:
        """Return the port beside that of HTTPS where plain HTTP is answered."""
        beside = 80 if self.port == _HTTPS else self.port % _HIGHEST_PORT + 1
        return self.trust_port or beside

    @property
    def trust(self) -> Trust | None:
        """Return what a device must know to trust the server; None without HTTPS of its own."""
        if self.tls is None:
            return None
        return Trust(self.tls.authority(), self.tls.hosts(), self.port, self.plain_port)


def up(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    data: Data = None,
    trusted_proxy: TrustedProxy = None,
    trust_port: TrustPort = None,
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
    files = None if https else own_tls(installation)
    with installation.held():
        run_suite(installation, Listen(host, port, trusted_proxy, files, trust_port), https=https)


def own_tls(installation: Installation) -> Tls | None:
    """Return the files of HTTPS if `cleanplate tls init` made them, with a current certificate."""
    files = Tls.of(installation.data)
    if not files.exists:
        return None
    try:
        if files.keep(now()) is not Made.NOTHING:
            remark(_("Made a new certificate; devices that trust the authority trust it too."))
        files.authority()
    except ValueError as error:
        refuse(unreadable(files, error))
    return files


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
    if listen.tls:
        check_port(listen.host, listen.plain_port)
    suite = installation.suite(jobs_on=False)
    say(_("Cleanplate answers at {url}  (stop with Ctrl+C)", url=listen.url))
    if not demo:  # it has said so
        nearby.tell(listen.host, listen.port, listen.trust)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(suite.running())
            _tell_administrator(suite.services["directory"])
            await stack.enter_async_context(working(installation.data))
            if listen.tls:
                door = plain_door(app, listen.host, listen.plain_port, listen.port)
                await stack.enter_async_context(door)
            yield

    app = gateway.create_app(
        suite.peers,
        suite.services,
        lifespan,
        cookie_secure=https,
        own_authority=listen.trust,
        demo=demo,
    )
    run(app, listen)


def check_port(host: str, port: int) -> None:
    """Refuse a port that is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            refuse(_("Port {port} is taken; choose another with --port.", port=port))


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
        ssl_certfile=listen.tls.server_file if listen.tls else None,
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
