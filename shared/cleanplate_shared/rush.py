"""Routes that thousands call in the same minute: from the request to the writer in few steps."""

import inspect
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_type_hints

from fastapi import Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlmodel import Session

from cleanplate_shared.errors import ServiceError
from cleanplate_shared.idempotency import AnswerT, Asked, IdempotencyKey, Once, WantedT, once_of
from cleanplate_shared.identity import CallerScheme, Identity, identified
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
    """A route of one JSON body and a `RushDep`, whose good requests take a shorter way.

    FastAPI documents it like any other. Its general machinery (dependencies, forms, checking an
    answer that was just made) costs twice what the request itself does, so a request that reads
    well is handled directly; whatever does not goes the usual way and is refused there.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler; called by the framework."""
        usual = super().get_route_handler()
        body, rush = inspect.signature(self.endpoint).parameters
        hints = get_type_hints(self.endpoint, include_extras=True)
        model: type[BaseModel] = hints[body]
        scopes = SecurityScopes(list(hints[rush].__metadata__[0].scopes or ()))
        status = self.status_code or 200

        async def handle(request: Request) -> Response:
            if request.headers.get("content-type") != _JSON:
                return await usual(request)
            try:
                key = _KEY.validate_python(request.headers.get("idempotency-key"))
                wanted = model.model_validate_json(await request.body())
            except ValidationError:
                return await usual(request)
            given = {body: wanted, rush: await rush_scheme(request, scopes, key)}
            answer: BaseModel = await self.endpoint(**given)
            return Response(answer.model_dump_json(), status, media_type=_JSON)

        return handle
