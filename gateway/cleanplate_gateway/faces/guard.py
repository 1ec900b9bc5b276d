"""Who may see a page, and which posts a page may send."""

import secrets
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

from cleanplate_gateway.faces.client import SignInNeeded
from cleanplate_gateway.sessions import session_in
from cleanplate_shared.errors import Forbidden
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import CSRF_HEADER, CsrfMissing, Identity
from cleanplate_shared.roles import KITCHEN, READERS, Role

_SAFE = {"GET", "HEAD", "OPTIONS"}
_OWN = {"same-origin", "none", ""}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class PasswordIsOneTime(Exception):  # noqa: N818
    """The person must set a password of their own before anything else."""


async def checked(request: Request) -> None:
    """Refuse a changing request that does not come from a page of this session.

    Raises:
        Forbidden: another site sent it.
        CsrfMissing: it does not carry the session's token.
    """
    if request.method in _SAFE:
        return
    if request.headers.get("sec-fetch-site", "") not in _OWN:
        raise Forbidden(msg("This came from another site."))
    given = request.headers.get(CSRF_HEADER) or await _form_token(request)
    if not secrets.compare_digest(given.encode(), session_in(request).csrf.encode()):
        raise CsrfMissing


async def _form_token(request: Request) -> str:
    if not request.headers.get("content-type", "").startswith(_FORMS):
        return ""
    form: FormData = await request.form()
    token = form.get("csrf")
    return token if isinstance(token, str) else ""


def _signed_in(request: Request) -> Identity:
    person = session_in(request).identity
    if person is None:
        raise SignInNeeded
    if person.must_change_password:
        raise PasswordIsOneTime
    return person


# Whoever is signed in. The services check roles themselves; pages only spare people dead ends.
PersonDep = Annotated[Identity, Depends(_signed_in)]


def home_of(person: Identity) -> str:
    """Return the face that a person's role works with."""
    if person.roles & (READERS - {Role.COOK}):
        return "/a/"
    return "/k/" if person.roles & KITCHEN else "/m/"


def local_path(wanted: str | None, otherwise: str = "/") -> str:
    """Return `wanted` if it is a path of this site, and `otherwise` for anything else."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return otherwise
    if any(ord(character) <= ord(" ") or character == "\\" for character in wanted):
        return otherwise
    return wanted
