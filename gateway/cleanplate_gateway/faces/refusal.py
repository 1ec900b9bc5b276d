"""The one place where pages say that something is not possible."""

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, SignInNeeded
from cleanplate_gateway.faces.guard import PasswordIsOneTime
from cleanplate_gateway.faces.places import NoCanteen
from cleanplate_gateway.faces.rendering import is_fragment, locale_of, render
from cleanplate_shared.errors import PROBLEM_JSON, Problem, ServiceError
from cleanplate_shared.i18n import Message, msg

_WORDS: dict[int, Message] = {
    403: msg("You may not see this page."),
    404: msg("There is no such page."),
    405: msg("This page cannot be used in that way."),
    422: msg("This address has something in it that cannot be understood."),
}
_OTHERWISE = msg("Something went wrong here. Please try again.")


def install(app: FastAPI) -> None:
    """Answer refusals as pages, or as fragments where htmx asks."""

    @app.exception_handler(SignInNeeded)
    async def _sign_in(request: Request, _error: Exception) -> Response:
        wanted = _page_of(request)
        return _go(request, f"/sign-in?next={quote(wanted, safe='')}")

    @app.exception_handler(PasswordIsOneTime)
    async def _password(request: Request, _error: Exception) -> Response:
        return _go(request, "/password")

    @app.exception_handler(Refused)
    async def _refused(request: Request, error: Refused) -> Response:
        return _say(request, error.problem.status, error.words)

    @app.exception_handler(ServiceError)
    async def _own(request: Request, error: ServiceError) -> Response:
        if isinstance(error, NoCanteen) and request.url.path.startswith("/a/"):
            return _go(request, "/a/")  # which says how to begin
        return _say(request, error.status, (error.detail or error.title).in_(locale_of(request)))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        status = 404 if any(wrong["loc"][0] == "path" for wrong in error.errors()) else 422
        return _say(request, status, _WORDS[status].in_(locale_of(request)))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        words = _WORDS.get(error.status_code, _OTHERWISE)
        return _say(request, error.status_code, words.in_(locale_of(request)))


def _say(request: Request, status: int, words: str) -> Response:
    if request.url.path.startswith("/api/"):
        problem = Problem(type=f"Http{status}", title=words, status=status)
        content = problem.model_dump(exclude_none=True)
        return JSONResponse(content, status, media_type=PROBLEM_JSON)
    template = "_refused.html" if is_fragment(request) else "refused.html"
    return render(request, template, status, words=words, status_code=status)


def _go(request: Request, address: str) -> Response:
    if is_fragment(request):
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


def _page_of(request: Request) -> str:
    """Return the page to come back to: only pages, never the address of a post."""
    if request.method in {"GET", "HEAD"} and not is_fragment(request):
        query = request.url.query
        return f"{request.url.path}?{query}" if query else request.url.path
    return f"/{request.url.path.split('/')[1]}/"
