"""One origin for everything: paths of a service go to that service, the rest to the faces."""

import re
from collections.abc import Mapping

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_SERVICE = re.compile(r"/api/v1/([a-z]+)/")
_FORBIDDEN = "/internal"  # between services only; a front door never opens there


class Dispatcher:
    """Hands each request on by the prefix of its path, unchanged and without a hop."""

    def __init__(self, services: Mapping[str, ASGIApp], faces: ASGIApp) -> None:
        self._services = services
        self._faces = faces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        path: str = scope.get("path", "")
        if path == _FORBIDDEN or path.startswith(f"{_FORBIDDEN}/"):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
            return
        match = _SERVICE.match(path)
        service = self._services.get(match[1]) if match else None
        await (service or self._faces)(scope, receive, send)
