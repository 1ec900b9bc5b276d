"""The services' public routes, called as the person who is signed in."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

import httpx
import structlog
from fastapi import Request
from pydantic import BaseModel, ValidationError

from cleanplate_gateway.faces.rendering import locale_of
from cleanplate_gateway.sessions import BrowserSession, session_in
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.errors import Problem, Unauthorized
from cleanplate_shared.i18n import msg
from cleanplate_shared.middleware import REQUEST_ID
from cleanplate_shared.recent import Recent

AnswerT = TypeVar("AnswerT", bound=BaseModel)
_MOST_PAGES = 100
_MOST_REMEMBERED = 500
_Place = tuple[UUID | None, str, str]  # who asked, in which language, for what
_ANSWERED = Recent[_Place, tuple[str, BaseModel]](_MOST_REMEMBERED)


class SignInNeeded(Exception):  # noqa: N818
    """Nobody is signed in (any more); the browser goes to the sign-in page and comes back."""


class Refused(Exception):  # noqa: N818
    """A service refused; `problem` says why in the language of the page, `body` all it said."""

    def __init__(self, problem: Problem, body: bytes = b"{}") -> None:
        super().__init__(problem.detail or problem.title)
        self.problem = problem
        self.body = body

    @property
    def words(self) -> str:
        """Return what to show: the most precise sentence there is."""
        said = [f"{error.message}" for error in self.problem.errors or []]
        return " ".join(said) or self.problem.detail or self.problem.title


async def call(
    request: Request,
    service: str,
    method: str,
    path: str,
    **kwargs: Any,  # noqa: ANN401
) -> httpx.Response:
    """Call `/api/v1/<service><path>` as the signed-in person and return the good answer.

    Args:
        request: of the page, which carries the session.
        service: its name, as in `directory`.
        method: of HTTP.
        path: below the service's prefix, with its leading slash.
        kwargs: as for `httpx.AsyncClient.request` (params, json, content, files, headers).

    Raises:
        SignInNeeded: the session has ended.
        Refused: the service refused, or does not answer.
    """
    session = session_in(request)
    answer = await _sent(request, session, service, method, path, kwargs)
    if _has_ended(answer) and await session.renew():
        answer = await _sent(request, session, service, method, path, kwargs)
    if _has_ended(answer):
        session.end()
        raise SignInNeeded
    if answer.is_error:
        raise Refused(_problem(request, answer), answer.content)
    return answer


async def fetch(
    request: Request, service: str, path: str, model: type[AnswerT], /, **params: object
) -> AnswerT:
    """Return one thing of a service; `params` that are None are left out."""
    answer = await call(request, service, "GET", path, params=_query(params))
    return model.model_validate_json(answer.content)


async def fetch_again(request: Request, service: str, path: str, model: type[AnswerT]) -> AnswerT:
    """Return what `fetch` does, of a route with an `ETag` that the same page asks all the time.

    What has not changed is not sent again. The service decides each time whether it may be seen.
    """
    person = session_in(request).identity
    key = (person.person_id if person else None, locale_of(request), f"{service}{path}")
    known = _ANSWERED.get(key)
    headers = {"If-None-Match": known[0]} if known else {}
    answer = await call(request, service, "GET", path, headers=headers)
    if known and answer.status_code == httpx.codes.NOT_MODIFIED:
        return model.model_validate(known[1])
    found = model.model_validate_json(answer.content)
    if tag := answer.headers.get("ETag"):
        _ANSWERED.keep(key, (tag, found))
    return found


async def fetch_all(
    request: Request, service: str, path: str, model: type[AnswerT], /, **params: object
) -> list[AnswerT]:
    """Return a whole list of a service, page after page."""
    items: list[AnswerT] = []
    for _ in range(_MOST_PAGES):
        answer = await call(request, service, "GET", path, params=_query(params))
        page = Page[model].model_validate_json(answer.content)  # type: ignore[valid-type]
        items += page.items
        if page.next is None:
            break
        params["cursor"] = page.next
    return items


async def send(
    request: Request,
    service: str,
    method: str,
    path: str,
    body: BaseModel | None = None,
) -> httpx.Response:
    """Send a contract's body to a service and return its good answer."""
    if body is None:
        return await call(request, service, method, path)
    headers = {"Content-Type": "application/json"}
    content = body.model_dump_json(exclude_none=True)
    return await call(request, service, method, path, content=content, headers=headers)


def on_behalf_of(request: Request) -> dict[str, str]:
    """Return the header that tells a service whose browser this is, for its limits."""
    return {"X-Forwarded-For": request.client.host} if request.client else {}


async def _sent(
    request: Request,
    session: BrowserSession,
    service: str,
    method: str,
    path: str,
    kwargs: Mapping[str, Any],
) -> httpx.Response:
    given = dict(kwargs)
    headers = {
        "Accept-Language": locale_of(request),
        **on_behalf_of(request),
        **given.pop("headers", {}),
    }
    if session.access_token:
        headers["Authorization"] = f"Bearer {session.access_token}"
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        headers[REQUEST_ID] = request_id
    try:
        return await session.keeper.peers[service].request(
            method, f"/api/v1/{service}{path}", headers=headers, **given
        )
    except httpx.HTTPError as error:
        raise Refused(_away(request)) from error


def _has_ended(answer: httpx.Response) -> bool:
    """Say whether the session is over; a wrong old password is a 401 of another type."""
    if answer.status_code != httpx.codes.UNAUTHORIZED:
        return False
    try:
        return Problem.model_validate_json(answer.content).type == Unauthorized.__name__
    except ValidationError:
        return True


def _query(params: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in params.items() if value is not None}


def _problem(request: Request, answer: httpx.Response) -> Problem:
    try:
        return Problem.model_validate_json(answer.content)
    except ValidationError:
        return _away(request)


def _away(request: Request) -> Problem:
    said = msg("A part of the system does not answer. Please try again in a moment.")
    title = msg("Not available for a moment")
    locale = locale_of(request)
    return Problem(type="Unavailable", title=title.in_(locale), status=503, detail=said.in_(locale))
