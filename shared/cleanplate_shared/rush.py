"""Routes that thousands call in the same minute: from the request to the writer in few steps."""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_type_hints
from uuid import UUID

from fastapi import Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from pydantic import BaseModel, TypeAdapter
from sqlmodel import Session
from starlette.requests import ClientDisconnect
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cleanplate_shared.errors import ServiceError
from cleanplate_shared.idempotency import AnswerT, Asked, IdempotencyKey, Once, WantedT, once_of
from cleanplate_shared.identity import CallerScheme, Identity, identified
from cleanplate_shared.problems import answer_to
from cleanplate_shared.writer import Writer

_JSON = "application/json"
_KEY: TypeAdapter[str | None] = TypeAdapter(IdempotencyKey)


@dataclass(frozen=True)
class Rush:
    """One caller's request on its way into a group: asked once per key, committed with others."""

    caller: Identity
    once: Once
    writer: Writer

    async def submit(
        self,
        wanted: WantedT,
        apply: Callable[[Session, Sequence[Asked[WantedT]]], Sequence[AnswerT | ServiceError]],
    ) -> AnswerT:
        """Return what became of `wanted`, after its group was committed; raises its refusal."""
        return await self.writer.submit(Asked(self.caller, wanted, self.once), apply)


class _RushScheme(CallerScheme):
    async def __call__(  # type: ignore[override]
        self, request: Request, scopes: SecurityScopes, idempotency_key: IdempotencyKey = None
    ) -> Rush:
        caller = await identified(request, scopes)
        return Rush(caller, await once_of(request, idempotency_key), request.app.state.writer)


rush_scheme = _RushScheme()
RushDep = Annotated[Rush, Security(rush_scheme)]


class RushRoute(APIRoute):
    """A route that `RushLane` knows: ids in its path, at most one JSON body, and a `RushDep`.

    FastAPI documents it like any other, and answers what the lane does not take.
    """


class _Way:
    """What the lane must know of one route."""

    def __init__(self, prefix: str, route: RushRoute) -> None:
        self.pattern, self.path_format, in_path = compile_path(prefix + route.path)
        self._ids = list(in_path)
        self._endpoint = route.endpoint
        self._status = route.status_code or 200
        hints = get_type_hints(route.endpoint, include_extras=True)
        names = list(inspect.signature(route.endpoint).parameters)
        (self._rush,) = (name for name in names if getattr(hints[name], "__origin__", 0) is Rush)
        self._scopes = SecurityScopes(list(hints[self._rush].__metadata__[0].scopes or ()))
        bodies = [name for name in names if name != self._rush and name not in in_path]
        self._body: str | None = bodies[0] if bodies else None
        self._model: type[BaseModel] = hints[bodies[0]] if bodies else BaseModel

    async def body_of(self, request: Request) -> bytes | None:
        """Return the body to read; None where there is none of this kind."""
        if self._body is None:
            return b""
        if request.headers.get("content-type") != _JSON:
            return None
        try:
            return await request.body()
        except ClientDisconnect:
            return None

    async def respond(self, request: Request, match: re.Match[str], body: bytes) -> Response | None:
        """Return the endpoint's answer; None if the request does not read well."""
        try:
            key = _KEY.validate_python(request.headers.get("idempotency-key"))
            given: dict[str, Any] = {name: UUID(match[name]) for name in self._ids}
            if self._body:
                given[self._body] = self._model.model_validate_json(body)
        except ValueError:
            return None
        given[self._rush] = await rush_scheme(request, self._scopes, key)
        said: BaseModel | None = await self._endpoint(**given)
        if said is None:
            return Response(status_code=self._status)
        return Response(said.model_dump_json(), self._status, media_type=_JSON)


class RushLane:
    """Takes good requests of rushed routes past the framework's machinery.

    Routing, dependencies, and the checks of an answer that was just made cost several times what
    the request itself does. Whatever does not read well goes the usual way and is refused there.
    """

    def __init__(self, app: ASGIApp, prefix: str, routes: Sequence[object]) -> None:
        """Prepare the ways.

        Args:
            app: answers everything else.
            prefix: of the routes' paths.
            routes: those that are a `RushRoute` are taken.
        """
        self.app = app
        self._ways: dict[str, list[_Way]] = {}
        for route in routes:
            if isinstance(route, RushRoute):
                for method in route.methods or ():
                    self._ways.setdefault(method, []).append(_Way(prefix, route))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        for way in self._ways.get(scope.get("method", ""), ()):
            if match := way.pattern.match(scope["path"]):
                await self._take(way, match, scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _take(
        self, way: _Way, match: re.Match[str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        request = Request(scope, receive)
        body = await way.body_of(request)
        if body is None:
            await self.app(scope, receive, send)
            return
        try:
            response = await way.respond(request, match, body)
        except Exception as error:  # noqa: BLE001
            response = await answer_to(request, error)
        if response is None:
            await self.app(scope, _again(body, receive), send)
            return
        scope["route"] = way  # for the log
        await response(scope, receive, send)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that begins with the body, which was read."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
