"""What wraps every request of every service, in plain ASGI."""

import time
import uuid

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cleanplate_shared.errors import TooLarge
from cleanplate_shared.i18n import msg, negotiate
from cleanplate_shared.problems import answer

log = structlog.get_logger("http")

REQUEST_ID = "X-Request-ID"
_LONGEST_ID = 64
_QUIET = {"/healthz", "/readyz", "/metrics", "/internal/events"}


class RequestId:
    """Gives each request an id that its log lines carry, and that crosses services."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = (
            given
            if given.isascii() and given.isalnum() and len(given) <= _LONGEST_ID
            else uuid.uuid4().hex
        )

        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self.app(scope, receive, tagged)


class AccessLog:
    """Logs and measures each request, labelled by its route and never by its raw path."""

    def __init__(self, app: ASGIApp, service: str, registry: CollectorRegistry) -> None:
        self.app = app
        self._service = service
        labels = ("service", "method", "route", "status")
        self._count = Counter("http_requests", "Requests answered", labels, registry=registry)
        self._seconds = Histogram(
            "http_request_seconds", "Time to answer", labels[:3], registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        self._count.labels(self._service, scope["method"], route, status).inc()
        self._seconds.labels(self._service, scope["method"], route).observe(seconds)
        if scope["path"] not in _QUIET:
            log.info(
                "request",
                service=self._service,
                method=scope["method"],
                route=route,
                status=status,
                ms=round(seconds * 1000, 1),
            )


class BodyLimit:
    """Refuses bodies over `limit` bytes with 413, whether announced or streamed."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        announced = headers.get("content-length", "0")
        if not announced.isdigit() or int(announced) > self._limit:
            await self._refuse(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                raise _TooMuchRead
            return message

        try:
            await self.app(scope, counted, send)
        except _TooMuchRead:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        locale = negotiate(Headers(scope=scope).get("accept-language"))
        error = TooLarge(msg("At most {mebibytes} MB at once.", mebibytes=self._limit >> 20))
        await answer(error, locale)(scope, receive, send)


class _TooMuchRead(Exception):  # noqa: N818
    """Raised inside the application's own read; nothing of the application catches it."""
