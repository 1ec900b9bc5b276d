"""What every service has in common: startup, health, errors, identity, events, jobs."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, cast

import httpx
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from fastapi import APIRouter, FastAPI, Header, Response
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import MetaData
from sqlmodel import Session
from starlette.responses import JSONResponse
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from cleanplate_shared import events, housekeeping, keys, migrate, problems
from cleanplate_shared.clock import Clock, now
from cleanplate_shared.db import Database
from cleanplate_shared.errors import (
    BadRequest,
    Forbidden,
    Problem,
    TooLarge,
    TooMany,
    Unauthorized,
    Unavailable,
    Unprocessable,
    refusals,
)
from cleanplate_shared.identity import Identifier
from cleanplate_shared.known import KNOWN_HANDLERS
from cleanplate_shared.limit_storage import DatabaseStorage
from cleanplate_shared.limits import Limiter
from cleanplate_shared.middleware import AccessLog, BodyLimit, RequestId, pass_on
from cleanplate_shared.revocation import Revocations
from cleanplate_shared.rush import RushLane
from cleanplate_shared.settings import ServiceSettings
from cleanplate_shared.tables import KernelTable
from cleanplate_shared.writer import Writer

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from uvicorn._types import ASGI3Application

Peers = Mapping[str, httpx.AsyncClient]
Job = Callable[[Database, Clock], None]
_HOOKS: Mapping[str, list[Callable[..., Any]]] = {"request": [pass_on]}
# A service measures itself (/metrics); nothing leaves it because of a variable in its environment.
NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}
_ALWAYS = (BadRequest, Unauthorized, Forbidden, TooLarge, Unprocessable, TooMany, Unavailable)


@dataclass(frozen=True)
class Service:
    """What makes a service this service; everything else is the same for all.

    Attributes:
        jobs: pause in seconds -> jobs.
        invariants: a fact -> what counts its breaches: SQL, or a function.
        stops: what ends the work that outlasts a job.
    """

    name: str
    metadata: MetaData
    routers: Sequence[APIRouter]
    handlers: events.Handlers = field(default_factory=dict)
    jobs: Mapping[float, Sequence[Job]] = field(default_factory=dict)
    invariants: Mapping[str, str | Callable[[Session], int]] = field(default_factory=dict)
    stops: Sequence[Callable[[], None]] = ()

    @property
    def package(self) -> str:
        """Return the import name of the service's package."""
        return f"cleanplate_{self.name}"

    @property
    def tables(self) -> list[MetaData]:
        """Return all tables of the service's database: the kernel's and its own."""
        return [KernelTable.metadata, self.metadata]


def service_app(
    service: Service,
    settings: ServiceSettings,
    peers: Peers,
    subscriptions: events.Subscriptions,
    clock: Clock = now,
) -> FastAPI:
    """Build a service; nothing is opened until it starts.

    Args:
        service: its name, tables, routes, event handlers and jobs.
        settings: from its environment, or from the embedded runner.
        peers: clients of the other services by name; may be filled after this call.
        subscriptions: event name -> services told (topology.SUBSCRIPTIONS).
        clock: the time, for tests.
    """
    service = _with_housekeeping(service)
    db = Database(settings.database_url, subscriptions, clock)
    relay = events.Relay(db, peers, settings.peer_key)
    app = FastAPI(
        title=f"cleanplate {service.name}",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"/api/v1/{service.name}/openapi.json",
        lifespan=_lifespan(service, settings, db, relay, clock),
        responses=refusals(*_ALWAYS),
        telemetry=NO_TELEMETRY,
    )
    storage = DatabaseStorage(db) if settings.share_limits else None
    app.state.db, app.state.clock, app.state.relay, app.state.service = db, clock, relay, service
    app.state.writer = Writer(db)
    app.state.revocations = Revocations(db)
    app.state.limiter = Limiter(
        storage, settings.requests_per_minute_person, settings.requests_per_minute_address
    )
    app.state.identifier = Identifier(
        keys.KeySet(keys.from_peer(lambda: peers["directory"])),
        app.state.revocations,
        app.state.limiter,
    )
    problems.install(app)
    for router in service.routers:
        app.include_router(router, prefix=f"/api/v1/{service.name}")
    rushed = [route for router in service.routers for route in router.routes]
    app.add_middleware(RushLane, prefix=f"/api/v1/{service.name}", routes=rushed)
    _add_operations(app, service, settings)
    _document_problems(app)
    return app


def _with_housekeeping(service: Service) -> Service:
    hourly = (*service.jobs.get(housekeeping.EVERY_SECONDS, ()), housekeeping.forget_old)
    return replace(service, jobs={**service.jobs, housekeeping.EVERY_SECONDS: hourly})


def _lifespan(
    service: Service, settings: ServiceSettings, db: Database, relay: events.Relay, clock: Clock
) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if settings.migrate_on_start:
            migrate.upgrade(service.package, db.engine, service.tables)
        running = _start_jobs(service, db, clock) if settings.jobs_on else None
        telling = (
            asyncio.create_task(relay.run(settings.relay_seconds)) if settings.jobs_on else None
        )
        yield
        app.state.writer.close()
        if running:
            running.shutdown(wait=False)
        for stop in service.stops:
            await asyncio.to_thread(stop)
        if telling:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
        db.engine.dispose()

    return lifespan


def _start_jobs(service: Service, db: Database, clock: Clock) -> AsyncIOScheduler:
    scheduler = AsyncIOScheduler(timezone="UTC")
    for seconds, jobs in service.jobs.items():
        for job in jobs:
            scheduler.add_job(
                asyncio.to_thread,
                "interval",
                args=(job, db, clock),
                seconds=seconds,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
    scheduler.start()
    return scheduler


def _add_operations(app: FastAPI, service: Service, settings: ServiceSettings) -> None:
    db: Database = app.state.db
    registry = CollectorRegistry()
    handlers = {**KNOWN_HANDLERS, **service.handlers}

    @app.get("/healthz", tags=["operations"], include_in_schema=False)
    async def alive() -> dict[str, str]:
        return {"service": service.name, "status": "ok"}

    @app.get("/readyz", tags=["operations"], include_in_schema=False)
    def ready() -> JSONResponse:
        if not migrate.is_current(service.package, db.engine, service.tables):
            return JSONResponse({"service": service.name, "status": "schema is old"}, 503)
        with db.reading() as session:
            waiting, since = events.waiting_events(session)
        return JSONResponse(
            {
                "service": service.name,
                "status": "ok",
                "events_waiting": waiting,
                "oldest_event_at": since.isoformat() if since else None,
            }
        )

    @app.get("/metrics", tags=["operations"], include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

    @app.post(events.EVENTS_PATH, tags=["operations"], include_in_schema=False)
    def receive(
        delivery: events.Delivery, x_peer_key: Annotated[str, Header()] = ""
    ) -> events.Receipt:
        if not settings.peer_key or not secrets.compare_digest(
            x_peer_key.encode(), settings.peer_key.encode()
        ):
            raise Unauthorized
        receipt = events.receive(db, handlers, delivery)
        app.state.revocations.forget()
        return receipt

    app.add_middleware(BodyLimit, limit=settings.body_limit_bytes)
    app.add_middleware(AccessLog, service=service.name, registry=registry)
    app.add_middleware(RequestId)


def _document_problems(app: FastAPI) -> None:
    """Put the schema of refusals into the OpenAPI document, where all responses point to it."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = generate()
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem.pop("$defs", {}))
            schemas["Problem"] = problem
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def remote(url: str) -> httpx.AsyncClient:
    """Return a client for a service in another process."""
    return httpx.AsyncClient(base_url=url, timeout=10, event_hooks=_HOOKS)


def local(app: FastAPI) -> httpx.AsyncClient:
    """Return a client for a service in this process; no socket is opened."""
    # The gateway says whose browser asks; limits and throttles count by that address.
    known = ProxyHeadersMiddleware(cast("ASGI3Application", app), trusted_hosts="127.0.0.1")
    transport = httpx.ASGITransport(app=cast("ASGIApp", known), raise_app_exceptions=False)
    return httpx.AsyncClient(
        transport=transport, base_url="http://local", timeout=30, event_hooks=_HOOKS
    )
