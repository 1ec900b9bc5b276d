"""The public keys that tokens are checked with, fetched from the directory and kept."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import httpx
import jwt
import structlog

from cleanplate_shared.errors import Unavailable
from cleanplate_shared.i18n import msg
from cleanplate_shared.tokens import ALGORITHM, key_id_of, not_valid

log = structlog.get_logger(__name__)

JWKS_PATH = "/api/v1/directory/jwks.json"
_PAUSE_SECONDS = 5.0  # an unknown key id asks the directory at most this often
_MOST_HEADERS = 100
_MOST_KEYS = 100
FetchKeys = Callable[[], Awaitable[dict[str, Any]]]


def from_peer(directory: Callable[[], httpx.AsyncClient]) -> FetchKeys:
    """Return a fetch of the directory's keys over HTTP or in process."""

    async def fetch() -> dict[str, Any]:
        response = await directory().get(JWKS_PATH)
        response.raise_for_status()
        keys: dict[str, Any] = response.json()
        return keys

    return fetch


class KeySet:
    """Keys by id. A key id never seen before makes it look again, but not often."""

    def __init__(self, fetch: FetchKeys) -> None:
        self._fetch = fetch
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = -_PAUSE_SECONDS
        self._fetching = asyncio.Lock()
        self._ids: dict[str, str] = {}  # encoded header -> key id; tokens of one key share it

    async def key_for(self, token: str) -> jwt.PyJWK:
        """Return the key that a token names.

        Raises:
            Unauthorized: not an ES256 token, or its key is not one that the directory publishes.
            Unavailable: no key is known yet and the directory does not answer.
        """
        header = token.partition(".")[0]
        key_id = self._ids.get(header)
        if key_id is None:
            key_id = key_id_of(token)
        if key_id not in self._keys:
            async with self._fetching:  # who comes meanwhile waits for the same answer
                await self._refresh()
        if key_id not in self._keys:
            raise not_valid()
        if len(self._ids) < _MOST_HEADERS:
            self._ids[header] = key_id
        return self._keys[key_id]

    async def _refresh(self) -> None:
        if self._keys and time.monotonic() - self._fetched_at < _PAUSE_SECONDS:
            return
        self._fetched_at = time.monotonic()
        try:
            found = await self._fetch()
        except httpx.HTTPError as error:
            log.warning("keys_not_fetched", error=str(error))
            if not self._keys:
                raise Unavailable(msg("Sign-in cannot be checked just now.")) from error
            return
        self._keys = {key["kid"]: _key(json.dumps(key)) for key in found["keys"]}


@lru_cache(maxsize=_MOST_KEYS)
def _key(published: str) -> jwt.PyJWK:
    """Return a key as an object; the same one for all services of a process."""
    return jwt.PyJWK(json.loads(published), algorithm=ALGORITHM)
