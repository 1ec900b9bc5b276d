"""Who is asking, verified by each service on its own, and what they may see.

An access token is a JWT (ES256) that the directory signs and any service checks against the
directory's published keys. Programs send it as a bearer; browsers as an HttpOnly cookie, and then
every request that changes something must also carry the session's CSRF token in a header.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Protocol
from uuid import UUID

import jwt
from fastapi import Request, Security
from fastapi.security import OAuth2PasswordBearer, SecurityScopes
from pydantic import BaseModel
from sqlalchemy import ColumnElement, or_, true
from sqlmodel import Session, col, select

from cleanplate_shared.errors import Forbidden, NotFound, Unauthorized
from cleanplate_shared.i18n import msg
from cleanplate_shared.keys import KeySet
from cleanplate_shared.limits import Limiter
from cleanplate_shared.recent import Recent
from cleanplate_shared.revocation import Revocations
from cleanplate_shared.roles import (
    ADMINS,
    ANYONE,
    KITCHEN,
    MANAGEMENT,
    READERS,
    Grant,
    Role,
    RoleSet,
)
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_shared.tokens import open_claims

ACCESS_COOKIE = "cleanplate_access"
CSRF_HEADER = "X-CSRF-Token"
_CLOCKS_DIFFER = timedelta(minutes=1)
_SAFE = {"GET", "HEAD", "OPTIONS"}


class Place(Protocol):
    """A canteen as far as rights and days go."""

    @property
    def id(self) -> UUID: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def time_zone(self) -> str: ...  # noqa: D102


class Identity(BaseModel):
    """The verified caller."""

    person_id: UUID
    name: str
    unit_id: UUID | None
    session_id: UUID
    issued_at: datetime
    expires_at: datetime
    must_change_password: bool
    grants: list[Grant]

    @property
    def roles(self) -> set[Role]:
        """Return the roles held anywhere."""
        return {grant.role for grant in self.grants}

    def holds(self, roles: RoleSet, canteen: Place) -> bool:
        """Say whether the caller has one of `roles` at this canteen."""
        return any(
            grant.role in roles
            and (grant.canteen_id == canteen.id or f"/{grant.organization_id}/" in canteen.path)
            for grant in self.grants
        )


class PasswordChangeRequired(Forbidden, title=msg("Change your one-time password first")):
    """The password was given once and must be changed before anything else."""


class CsrfMissing(Forbidden, title=msg("This page is out of date; please reload it")):
    """A cookie session changed something without its CSRF token."""


def csrf_token(session_id: UUID) -> str:
    """Return the CSRF token of a browser session; only its own pages can know it."""
    return hashlib.sha256(f"csrf:{session_id}".encode()).hexdigest()[:40]


# A token's signature is checked once in a process, whichever of its services is asked first.
_signed_before = Recent[tuple[str, jwt.PyJWK], Identity](50_000)


def verify(token: str, key: jwt.PyJWK, now: datetime) -> Identity:
    """Return who a token speaks for; its times are checked each time.

    Args:
        token: as it was sent.
        key: what `KeySet.key_for` found for this token.
        now: it must not have expired, nor be issued more than a minute from now.

    Raises:
        Unauthorized: wrong signature, issuer or audience, expired, or a claim missing.
    """
    place = (token, key)
    identity = _signed_before.get(place)
    if identity is None:
        identity = _opened(token, key)
        _signed_before.keep(place, identity)
    if identity.expires_at <= now or identity.issued_at > now + _CLOCKS_DIFFER:
        raise Unauthorized(msg("The sign-in has expired."))
    return identity


def _opened(token: str, key: jwt.PyJWK) -> Identity:
    claims = open_claims(token, key)
    return Identity(
        person_id=claims.sub,
        session_id=claims.sid,
        issued_at=claims.iat,
        expires_at=claims.exp,
        name=claims.name,
        unit_id=claims.unit_id,
        must_change_password=claims.must_change_password,
        grants=claims.grants,
    )


class Identifier:
    """Turns a request into an `Identity`, or refuses it."""

    def __init__(self, keys: KeySet, revocations: Revocations, limiter: Limiter) -> None:
        self._keys = keys
        self._revocations = revocations
        self._limiter = limiter

    async def identify(self, request: Request) -> Identity:
        """Return the verified caller.

        Raises:
            Unauthorized: no token, or one that does not hold.
            CsrfMissing: a cookie session without its CSRF token on a changing request.
        """
        bearer, from_cookie = _token(request)
        try:
            identity = await self._verified(request, bearer)
        except Unauthorized:
            self._limiter.hit_address(request)
            raise
        self._limiter.hit_person(identity.person_id)
        if from_cookie and request.method not in _SAFE:
            given = request.headers.get(CSRF_HEADER, "")
            if not secrets.compare_digest(given.encode(), csrf_token(identity.session_id).encode()):
                raise CsrfMissing
        return identity

    async def _verified(self, request: Request, token: str | None) -> Identity:
        if token is None:
            raise Unauthorized
        identity = verify(token, await self._keys.key_for(token), request.app.state.clock())
        subjects = (identity.person_id, identity.session_id)
        if await self._revocations.covers(subjects, identity.issued_at):
            raise Unauthorized(msg("The sign-in was ended."))
        return identity


def _token(request: Request) -> tuple[str | None, bool]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip(), False
    return request.cookies.get(ACCESS_COOKIE), True


async def identified(request: Request, scopes: SecurityScopes) -> Identity:
    """Return the verified caller of a request, who holds one of the scopes' roles somewhere.

    Raises:
        Unauthorized, CsrfMissing: as `Identifier.identify` says.
        PasswordChangeRequired: a one-time password opens nothing but its own change.
        Forbidden: none of these roles.
    """
    identifier: Identifier = request.app.state.identifier
    identity = await identifier.identify(request)
    if identity.must_change_password and not request.scope["path"].startswith(
        "/api/v1/directory/me"
    ):
        raise PasswordChangeRequired(msg("Please set a password of your own, then sign in again."))
    if scopes.scopes and identity.roles.isdisjoint(scopes.scopes):
        raise Forbidden(
            msg("This needs one of the roles: {roles}.", roles=", ".join(scopes.scopes))
        )
    return identity


class CallerScheme(OAuth2PasswordBearer):
    """The scheme that the OpenAPI document names, and the check that stands behind it."""

    def __init__(self) -> None:
        super().__init__(
            "/api/v1/directory/token",
            scheme_name="OAuth2PasswordBearer",
            auto_error=False,
            scopes={role.value: role.value for role in Role},
        )

    async def __call__(  # type: ignore[override]
        self, request: Request, scopes: SecurityScopes
    ) -> Identity:
        """Return the verified caller; a dependency of its own would cost as much as the check."""
        return await identified(request, scopes)


_caller = CallerScheme()


def _scopes(roles: RoleSet) -> list[str]:
    return sorted(role.value for role in roles)


# What a route asks for; the roles stand in the OpenAPI document as scopes of its security.
AnyoneDep = Annotated[Identity, Security(_caller)]
KitchenDep = Annotated[Identity, Security(_caller, scopes=_scopes(KITCHEN))]
ManagementDep = Annotated[Identity, Security(_caller, scopes=_scopes(MANAGEMENT))]
ReadersDep = Annotated[Identity, Security(_caller, scopes=_scopes(READERS))]
AdminsDep = Annotated[Identity, Security(_caller, scopes=_scopes(ADMINS))]


def canteens_of(identity: Identity, roles: RoleSet) -> ColumnElement[bool]:
    """Return the SQL condition on `KnownCanteenRow` for the canteens where a role is held."""
    mine = [grant for grant in identity.grants if grant.role in roles]
    conditions = [col(KnownCanteenRow.id) == grant.canteen_id for grant in mine if grant.canteen_id]
    conditions += [
        col(KnownCanteenRow.path).contains(f"/{grant.organization_id}/")
        for grant in mine
        if grant.organization_id
    ]
    return or_(*conditions) if conditions else ~true()


def find_canteen(
    session: Session, identity: Identity, roles: RoleSet, canteen_id: UUID
) -> KnownCanteenRow:
    """Return a canteen at which the caller holds one of `roles`.

    Raises:
        NotFound: there is no such canteen, or the caller has nothing to do with it.
        Forbidden: the caller is known at the canteen, in another role.
    """
    canteen = session.get(KnownCanteenRow, canteen_id)
    if canteen is None or not identity.holds(ANYONE, canteen):
        raise NotFound(msg("There is no such canteen."))
    if not identity.holds(roles, canteen):
        raise Forbidden(msg("Your role at {canteen} does not allow this.", canteen=canteen.name))
    return canteen


def find_canteens(session: Session, identity: Identity, roles: RoleSet) -> list[KnownCanteenRow]:
    """Return all canteens at which the caller holds one of `roles`, by name."""
    found = (
        select(KnownCanteenRow).where(canteens_of(identity, roles)).order_by(KnownCanteenRow.name)
    )
    return list(session.exec(found).all())
