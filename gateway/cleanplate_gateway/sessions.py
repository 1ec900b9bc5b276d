"""The session of a browser: two HttpOnly cookies, and who they speak for."""

import asyncio
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

import httpx
import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cleanplate_shared.clock import Clock
from cleanplate_shared.contracts.directory import TokenAnswer
from cleanplate_shared.errors import ServiceError, Unauthorized
from cleanplate_shared.identity import ACCESS_COOKIE, Identity, csrf_token, verify
from cleanplate_shared.keys import KeySet, from_peer
from cleanplate_shared.service import Peers

log = structlog.get_logger(__name__)

REFRESH_COOKIE = "cleanplate_refresh"
FORM_COOKIE = "cleanplate_form"  # a nonce for the forms of somebody not signed in
LANGUAGE_COOKIE = "lang"
_MONTH = 30 * 24 * 3600
YEAR = 365 * 24 * 3600
_SAME_EXCHANGE_SECONDS = 30.0  # requests that left the browser together share one exchange
_WITHOUT_SESSION = ("/static/", "/healthz", "/readyz", "/metrics")


@dataclass
class BrowserSession:
    """What the cookies of one request say, and the cookies its answer will set."""

    keeper: "SessionKeeper"
    access_token: str | None = None
    refresh_token: str | None = None
    identity: Identity | None = None
    form_nonce: str | None = None
    set_cookies: list[str] = field(default_factory=list)

    @property
    def csrf(self) -> str:
        """Return the token that forms of this session carry."""
        if self.identity:
            return csrf_token(self.identity.session_id)
        if self.form_nonce is None:
            self.form_nonce = secrets.token_urlsafe(24)
            self.set_cookie(FORM_COOKIE, self.form_nonce, None)
        return hashlib.sha256(f"form:{self.form_nonce}".encode()).hexdigest()[:40]

    async def begin(self, tokens: TokenAnswer) -> None:
        """Sign the browser in."""
        self.identity = await self.keeper.identity_of(tokens.access_token)
        self.access_token, self.refresh_token = tokens.access_token, tokens.refresh_token
        self.set_cookie(ACCESS_COOKIE, tokens.access_token, tokens.expires_in)
        self.set_cookie(REFRESH_COOKIE, tokens.refresh_token, _MONTH)

    def end(self) -> None:
        """Sign the browser out."""
        self.access_token = self.refresh_token = self.identity = None
        self.set_cookie(ACCESS_COOKIE, "", 0)
        self.set_cookie(REFRESH_COOKIE, "", 0)

    async def renew(self) -> bool:
        """Exchange the refresh token for a new sign-in; say whether that worked."""
        if not self.refresh_token:
            return False
        tokens = await self.keeper.exchange(self.refresh_token)
        if tokens is None:
            self.end()
            return False
        await self.begin(tokens)
        return True

    def set_cookie(self, name: str, value: str, max_age: int | None) -> None:
        """Put a cookie on the answer; without `max_age` it lasts as long as the browser is open."""
        cookie = SimpleCookie({name: value})
        cookie[name]["path"] = "/"
        cookie[name]["samesite"] = "Lax"
        cookie[name]["httponly"] = True
        # the language is no secret, and the trust page is read by plain HTTP
        cookie[name]["secure"] = self.keeper.cookie_secure and name != LANGUAGE_COOKIE
        if max_age is not None:
            cookie[name]["max-age"] = max_age
        self.set_cookies.append(cookie.output(header="").strip())


class SessionKeeper:
    """Checks tokens against the directory's keys and exchanges those that have run out."""

    def __init__(self, peers: Peers, clock: Clock, *, cookie_secure: bool) -> None:
        self.peers = peers
        self.cookie_secure = cookie_secure
        self._clock = clock
        self._keys = KeySet(from_peer(lambda: peers["directory"]))
        self._exchanges: dict[str, tuple[float, asyncio.Task[TokenAnswer | None]]] = {}

    async def identity_of(self, access_token: str) -> Identity | None:
        """Return whom a token speaks for, or None if it does not hold (any more)."""
        try:
            return verify(access_token, await self._keys.key_for(access_token), self._clock())
        except Unauthorized:
            return None

    async def session_of(self, connection: HTTPConnection) -> BrowserSession:
        """Return the session of a request, renewed if only its access token has run out."""
        cookies = connection.cookies
        session = BrowserSession(
            self,
            access_token=cookies.get(ACCESS_COOKIE),
            refresh_token=cookies.get(REFRESH_COOKIE),
            form_nonce=cookies.get(FORM_COOKIE),
        )
        try:
            if session.access_token:
                session.identity = await self.identity_of(session.access_token)
            if session.identity is None:
                await session.renew()
        except (ServiceError, httpx.HTTPError) as error:
            log.warning("session_not_checked", error=str(error))
        return session

    async def exchange(self, refresh_token: str) -> TokenAnswer | None:
        """Exchange a refresh token once, however many requests bring it at the same time."""
        now = time.monotonic()
        self._exchanges = {
            key: kept
            for key, kept in self._exchanges.items()
            if now - kept[0] < _SAME_EXCHANGE_SECONDS
        }
        key = hashlib.sha256(refresh_token.encode()).hexdigest()
        if key not in self._exchanges:
            self._exchanges[key] = now, asyncio.create_task(self._exchange(refresh_token))
        return await asyncio.shield(self._exchanges[key][1])

    async def _exchange(self, refresh_token: str) -> TokenAnswer | None:
        answer = await self.peers["directory"].post(
            "/api/v1/directory/token/refresh", json={"refresh_token": refresh_token}
        )
        if answer.is_server_error:
            answer.raise_for_status()
        return TokenAnswer.model_validate_json(answer.content) if answer.is_success else None


class Sessions:
    """Gives every page request its `request.state.session`, and sets the cookies it changed."""

    def __init__(self, app: ASGIApp, keeper: SessionKeeper) -> None:
        self.app = app
        self._keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        session = BrowserSession(self._keeper)
        if not scope["path"].startswith(_WITHOUT_SESSION):
            session = await self._keeper.session_of(HTTPConnection(scope))
        scope.setdefault("state", {})["session"] = session

        async def with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for cookie in session.set_cookies:
                    headers.append("Set-Cookie", cookie)
            await send(message)

        await self.app(scope, receive, with_cookies)


def session_in(request: Request) -> BrowserSession:
    """Return the browser session of a page request."""
    session: BrowserSession = request.state.session
    return session
