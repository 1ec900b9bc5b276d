"""What wraps every request of every service, in plain ASGI."""

import random
import re
import time
from contextlib import suppress

import httpx
import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cleanplate_shared.errors import TooLarge
from cleanplate_shared.i18n import msg, negotiate
from cleanplate_shared.problems import answer, failure

log = structlog.get_logger("http")

REQUEST_ID = "X-Request-ID"
_REQUEST_ID = REQUEST_ID.lower().encode()
_GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LENGTH = re.compile(r"[0-9]{1,18}")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
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
        request_id = given if _GOOD_ID.fullmatch(given) else f"{random.getrandbits(128):032x}"
        tag = (_REQUEST_ID, request_id.encode())

        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), tag]
            await send(message)

        before = structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self.app(scope, receive, tagged)
        finally:
            structlog.contextvars.reset_contextvars(**before)


def request_id() -> str | None:
    """Return the id of the request that is being handled, if one is."""
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found


async def pass_on(request: httpx.Request) -> None:
    """Send the id of the current request along to a peer (an httpx event hook)."""
    if found := request_id():
        request.headers.setdefault(REQUEST_ID, found)


class AccessLog:
    """Logs and measures each request, labelled by its route and never by its raw path.

    What no handler expected is a bug: it is logged with its trace and answered with a bare 500.
    """

    def __init__(self, app: ASGIApp, service: str, registry: CollectorRegistry) -> None:
        self.app = app
        self._service = service
        self._log = log.bind(service=service)  # bound once: the next millions of lines cost less
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
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
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception:
            self._log.exception("request_failed", path=scope["path"])
            if status:  # too late for another answer; the server cuts the connection
                raise
            locale = negotiate(Headers(scope=scope).get("accept-language"))
            await failure(locale)(scope, receive, noted)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = _template(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        count, duration = self._measures(method, route, status)
        count.inc()
        duration.observe(seconds)
        if scope["path"] not in _QUIET:
            self._log.info(
                "request",
                method=method,
                route=route,
                status=status,
                ms=round(seconds * 1000, 1),
            )

    def _measures(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        """Return the counter and histogram of these labels, which are few: found once each."""
        labels = (method, route, status)
        if labels not in self._children:
            self._children[labels] = (
                self._count.labels(self._service, *labels),
                self._seconds.labels(self._service, *labels[:2]),
            )
        return self._children[labels]


def _template(scope: Scope) -> str:
    """Return the matched route's path with its parameters unfilled and all its prefixes.

    A route of an included router knows only its own part; the framework notes the whole.
    """
    whole = scope.get("fastapi", {}).get("effective_route_context")
    path: str = getattr(whole or scope.get("route"), "path_format", None) or "unknown"
    return path


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
        announced = headers.get("content-length")
        if announced and not (_LENGTH.fullmatch(announced) and int(announced) <= self._limit):
            await self._refuse(scope, receive, send)
        elif announced and "transfer-encoding" not in headers:
            await self.app(scope, receive, send)  # the server reads as much as was announced
        else:
            await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request whose length nobody announced."""
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                raise _TooMuchRead
            return message

        async def unless_too_much(message: Message) -> None:
            if read <= self._limit:
                await send(message)

        # The framework turns what a read raises into a 400 of its own; ours is the answer.
        with suppress(_TooMuchRead):
            await self.app(scope, counted, unless_too_much)
        if read > self._limit:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        locale = negotiate(Headers(scope=scope).get("accept-language"))
        error = TooLarge(msg("At most {mebibytes} MB at once.", mebibytes=self._limit >> 20))
        await answer(error, locale)(scope, receive, send)


class _TooMuchRead(Exception):  # noqa: N818
    """Raised inside the application's own read, to end it."""
