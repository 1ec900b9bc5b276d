"""What plain HTTP still offers where HTTPS is served: the page that helps a device trust it."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from urllib.parse import quote

import uvicorn
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

_OFFERED = re.compile(r"/trust(/.*)?|/static/.*|/language/.*")
_HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\])(:\d{1,5})?")


class PlainDoor:
    """Lets through what the trust page needs, and sends everything else to HTTPS."""

    def __init__(self, app: ASGIApp, https_port: int) -> None:
        self._app = app
        self._port = https_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return
        is_reading = scope["method"] in {"GET", "HEAD"}
        if is_reading and _OFFERED.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
        else:
            answer = self._elsewhere(scope) if is_reading else _refusal(HTTPStatus.FORBIDDEN)
            await answer(scope, receive, send)

    def _elsewhere(self, scope: Scope) -> Response:
        host = _HOST.fullmatch(Headers(scope=scope).get("host", ""))
        if host is None:
            return _refusal(HTTPStatus.BAD_REQUEST)
        query = scope["query_string"].decode("latin-1")
        path = quote(scope["path"]) + (f"?{query}" if query else "")
        return RedirectResponse(f"https://{host[1]}:{self._port}{path}", 307)


@contextlib.asynccontextmanager
async def plain_door(app: ASGIApp, host: str, port: int, https_port: int) -> AsyncIterator[None]:
    """Answer plain HTTP on `port` until the block ends; a taken port ends the program."""
    config = uvicorn.Config(
        PlainDoor(app, https_port),
        host=host,
        port=port,
        lifespan="off",
        ws="none",
        server_header=False,
        access_log=False,
        log_config=None,
    )
    server = _Beside(config)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _Beside(uvicorn.Server):
    """A server beside another one, which alone hears the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def _refusal(status: HTTPStatus) -> Response:
    return PlainTextResponse("Use HTTPS.", status)
