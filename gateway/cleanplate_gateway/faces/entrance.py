"""The way in and out: landing page, sign-in, own password, language."""

from contextlib import suppress
from typing import Annotated, Literal

import httpx
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from cleanplate_gateway.faces.client import (
    Refused,
    SignInNeeded,
    call,
    fetch_all,
    on_behalf_of,
    send,
)
from cleanplate_gateway.faces.guard import home_of, local_path
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_gateway.sessions import LANGUAGE_COOKIE, YEAR, BrowserSession, session_in
from cleanplate_shared.contracts.directory import RefreshRequest, TokenAnswer
from cleanplate_shared.contracts.menu_feeds import PublicCanteen
from cleanplate_shared.i18n import Message, msg
from cleanplate_shared.roles import Role

router = APIRouter(include_in_schema=False)

DEMO_PEOPLE = {role.value: role for role in Role if role is not Role.SUPERVISOR}
DEMO_PASSWORD = "cleanplate-demo"  # noqa: S105  published; only ever true of synthetic data
_LONGEST = 200
Text = Annotated[str, Form(max_length=_LONGEST)]
_DIFFERENT = msg("The two new passwords are not the same.")


@router.get("/")
async def land(request: Request) -> Response:
    """Show the three faces, the public menus, and in a demo the one-click sign-ins."""
    menus: list[PublicCanteen] = []
    with suppress(Refused):  # the way in stays open without them
        menus = await fetch_all(request, "menu", "/feeds/menus", PublicCanteen)
    people = DEMO_PEOPLE if request.app.state.demo else {}
    return render(request, "landing.html", people=people, menus=menus)


@router.get("/sign-in")
async def ask_to_sign_in(
    request: Request, next_: Annotated[str, Query(alias="next", max_length=2000)] = ""
) -> Response:
    """Show the sign-in form."""
    return render(request, "sign_in.html", wanted=local_path(next_, ""), user_name="", problem=None)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    username: Text = "",
    password: Text = "",
    next_: Annotated[str, Form(alias="next", max_length=2000)] = "",
) -> Response:
    """Sign in with user name and password."""
    wanted = local_path(next_, "")
    problem = await _signed_in(request, username, password)
    if problem:
        return render(
            request, "sign_in.html", 422, wanted=wanted, user_name=username, problem=problem
        )
    return _entered(session_in(request), wanted)


@router.post("/demo-sign-in")
async def sign_in_to_demo(request: Request, username: Text = "") -> Response:
    """Sign in as one of the demo's people; only in a demo."""
    if not request.app.state.demo or username not in DEMO_PEOPLE:
        return Response(status_code=404)
    problem = await _signed_in(request, username, DEMO_PASSWORD)
    if problem:
        return render(request, "sign_in.html", 422, wanted="", user_name=username, problem=problem)
    return _entered(session_in(request), "")


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session here and at the directory."""
    session = session_in(request)
    if session.refresh_token:
        body = RefreshRequest(refresh_token=session.refresh_token)
        with suppress(Refused, SignInNeeded):  # else it runs out by itself
            await send(request, "directory", "POST", "/token/revoke", body)
    session.end()
    return RedirectResponse("/", 303)


@router.post("/session/refresh")
async def refresh_session(request: Request) -> Response:
    """Renew the cookies for a script whose API call was answered with 401."""
    session = session_in(request)
    alive = session.identity is not None and (bool(session.set_cookies) or await session.renew())
    return Response(status_code=204 if alive else 401)


@router.get("/password")
async def ask_for_password(request: Request) -> Response:
    """Show the form for an own new password."""
    if session_in(request).identity is None:
        raise SignInNeeded
    return render(request, "password.html", problem=None)


@router.post("/password")
async def change_password(
    request: Request, old_password: Text = "", new_password: Text = "", repeated: Text = ""
) -> Response:
    """Set an own new password; all other sign-ins of the person end."""
    session = session_in(request)
    if session.identity is None:
        raise SignInNeeded
    locale = locale_of(request)
    if new_password != repeated:
        return render(request, "password.html", 422, problem=_DIFFERENT.in_(locale))
    body = {"old_password": old_password, "new_password": new_password}
    try:
        answer = await call(request, "directory", "POST", "/me/password", json=body)
    except Refused as refused:
        return render(request, "password.html", 422, problem=refused.words)
    await session.begin(TokenAnswer.model_validate_json(answer.content))
    return _entered(session, "")


@router.get("/language/{language}")
@router.post("/language/{language}")
async def choose_language(
    request: Request,
    language: Literal["zh", "en"],
    next_: Annotated[str, Query(alias="next", max_length=2000)] = "/",
) -> Response:
    """Remember the language of this browser for a year."""
    session_in(request).set_cookie(LANGUAGE_COOKIE, language, YEAR)
    return RedirectResponse(local_path(next_), 303)


async def _signed_in(request: Request, user_name: str, password: str) -> str | None:
    """Begin a session; return the sentence to show if that was refused."""
    session = session_in(request)
    locale = locale_of(request)
    try:
        answer = await session.keeper.peers["directory"].post(
            "/api/v1/directory/token",
            data={"username": user_name, "password": password},
            headers={"Accept-Language": locale, **on_behalf_of(request)},
        )
    except httpx.HTTPError:
        return _AWAY.in_(locale)
    if answer.is_success:
        await session.begin(TokenAnswer.model_validate_json(answer.content))
        return None
    return _why(answer.status_code).in_(locale)


_AWAY = msg("Sign-in is not available for a moment. Please try again.")


def _why(status: int) -> Message:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return msg("Too many attempts. Please wait a few minutes and try again.")
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return _AWAY
    return msg("The user name or the password is not right.")


def _entered(session: BrowserSession, wanted: str) -> Response:
    person = session.identity
    if person is None:
        return RedirectResponse("/sign-in", 303)
    if person.must_change_password:
        return RedirectResponse("/password", 303)
    return RedirectResponse(wanted or home_of(person), 303)
