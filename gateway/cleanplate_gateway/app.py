"""Wiring of the gateway: one origin for the services and the three faces."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

import httpx
from fastapi import Depends, FastAPI
from prometheus_client import CollectorRegistry
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from cleanplate_gateway import assets, openapi, operations
from cleanplate_gateway.dispatch import Dispatcher
from cleanplate_gateway.faces import driver, entrance, public_menu, refusal, trust
from cleanplate_gateway.faces.desk import routes as desk
from cleanplate_gateway.faces.guard import checked
from cleanplate_gateway.faces.phone import routes as phone
from cleanplate_gateway.faces.tablet import routes as tablet
from cleanplate_gateway.headers import SecurityHeaders
from cleanplate_gateway.sessions import SessionKeeper, Sessions
from cleanplate_gateway.tls.trust import Trust
from cleanplate_shared.clock import Clock, now
from cleanplate_shared.middleware import AccessLog, BodyLimit, RequestId
from cleanplate_shared.service import NO_TELEMETRY

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
_BODY_LIMIT_BYTES = 20 << 20
_WORTH_PACKING_BYTES = 500
_ROUTERS = (
    operations.router,
    openapi.router,
    assets.router,
    entrance.router,
    trust.router,
    public_menu.router,
    driver.router,
    phone.router,
    tablet.router,
    desk.router,
)


def create_app(  # noqa: PLR0913
    peers: Mapping[str, httpx.AsyncClient],
    services: Mapping[str, ASGIApp],
    lifespan: Lifespan | None = None,
    *,
    cookie_secure: bool = False,
    own_authority: Trust | None = None,
    demo: bool = False,
    clock: Clock = now,
) -> ASGIApp:
    """Build the front door; nothing is opened until it starts.

    Args:
        peers: clients of all services by name; the faces use them, as the signed-in person.
        services: the services in this process by name; empty where a proxy routes to them.
        lifespan: what runs as long as the gateway, as in starting the services of this process.
        cookie_secure: a proxy in front speaks HTTPS; cookies and browsers are told so.
        own_authority: this server speaks HTTPS with a certificate of the installation's own
            authority. Browsers are not told to insist on it: the way to trust it is plain HTTP.
        demo: the data is synthetic; pages say so and offer one-click sign-ins.
        clock: the time, for tests.
    """
    faces = FastAPI(
        title="cleanplate",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        dependencies=[Depends(checked)],
        telemetry=NO_TELEMETRY,
    )
    registry = CollectorRegistry()
    faces.state.peers, faces.state.demo, faces.state.clock = peers, demo, clock
    faces.state.registry, faces.state.services_here = registry, tuple(services)
    faces.state.trust = own_authority
    refusal.install(faces)
    for router in _ROUTERS:
        faces.include_router(router)
    is_secure = cookie_secure or own_authority is not None
    keeper = SessionKeeper(peers, clock, cookie_secure=is_secure)
    faces.add_middleware(Sessions, keeper=keeper)
    faces.add_middleware(GZipMiddleware, minimum_size=_WORTH_PACKING_BYTES)
    faces.add_middleware(BodyLimit, limit=_BODY_LIMIT_BYTES)
    faces.add_middleware(AccessLog, service="gateway", registry=registry)
    faces.add_middleware(RequestId)
    return SecurityHeaders(Dispatcher(services, faces), https=cookie_secure)
