"""One installation on this machine: where its databases are, who holds it, and how to act in it."""

import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cleanplate_gateway import replacing
from cleanplate_gateway.embedded import (
    OneTimeSignIn,
    Suite,
    files_in,
    first_administrator,
    local_administrator,
)
from cleanplate_shared.i18n import DEFAULT, Locale
from cleanplate_shared.topology import SERVICES

_RUNNING = ".running.sqlite3"  # held by the one server
_USED = ".used.sqlite3"  # shared by all that have the databases open, held by a restore
_NOTICE_KEY = ".notice-key"
_DEFAULT_FOLDER = "data"
OVERSIGHT = "主管部门"
TellSignIn = Callable[[OneTimeSignIn], None]


class HeldError(Exception):
    """Another process uses this data."""


@dataclass(frozen=True)
class Installation:
    """The databases of one installation: files in `data`, or where the environment points.

    `MENU_DATABASE_URL` and its like win over the files, so that every verb works on PostgreSQL too.
    """

    data: Path
    from_environment: bool = True

    @classmethod
    def at(cls, data: Path | None) -> "Installation":
        """Return the installation in a folder; ./data if none is named."""
        return cls((data or Path(_DEFAULT_FOLDER)).absolute())

    def database_url(self, service: str) -> str:
        """Return the address of a service's database."""
        return self._named(service) or files_in(self.data)(service)

    @property
    def files(self) -> dict[str, Path]:
        """Return the SQLite files by service; those elsewhere are not in it."""
        return {name: self.data / f"{name}.sqlite3" for name in SERVICES if not self._named(name)}

    @property
    def elsewhere(self) -> list[str]:
        """Return the services whose database the environment names."""
        return [name for name in SERVICES if self._named(name)]

    @property
    def is_empty(self) -> bool:
        """Say whether no service has a database here yet."""
        return not self.elsewhere and not any(path.exists() for path in self.files.values())

    def wipe(self) -> None:
        """Delete the SQLite files of all services."""
        for path in self.files.values():
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)

    def suite(self, *, jobs_on: bool) -> Suite:
        """Return all services on these databases, not yet started."""
        return Suite(self.database_url, jobs_on=jobs_on, notice_key=self._notice_key())

    def _notice_key(self) -> str | None:
        """Return the key beside the databases, made when it is first needed.

        It is no part of a backup: a copy of the databases opens no channel.
        """
        named = any(f"{name.upper()}_NOTICE_KEY" in os.environ for name in SERVICES)
        if self.from_environment and named:
            return None
        if not self.data.is_dir():
            return ""
        file = self.data / _NOTICE_KEY
        if not file.exists():
            made = self.data / f"{_NOTICE_KEY}.{secrets.token_hex(8)}"
            made.touch(0o600)
            made.write_text(secrets.token_urlsafe(32))
            with suppress(FileExistsError):  # another process was faster
                file.hardlink_to(made)
            made.unlink()
        return file.read_text().strip()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the data for one running server; the operating system lets go if it dies.

        Raises:
            HeldError: another process holds it.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        with _locked(self.data / _RUNNING, alone=True), self.used():
            yield

    @contextmanager
    def used(self, *, alone: bool = False) -> Iterator[None]:
        """Keep the files in their place while they are open; finish a restore that was interrupted.

        Args:
            alone: nobody else has them open, so that they may be replaced.

        Raises:
            HeldError: they are being replaced, or not free to be.
        """
        if not self.files:
            yield  # all is on a database server
            return
        self.data.mkdir(parents=True, exist_ok=True)
        if replacing.is_pending(self.data):
            with _locked(self.data / _USED, alone=True):
                replacing.finish(self.data)
        with _locked(self.data / _USED, alone=alone):
            yield

    @asynccontextmanager
    async def opened(
        self,
        locale: Locale = DEFAULT,
        organization: str = OVERSIGHT,
        tell: TellSignIn | None = None,
    ) -> AsyncIterator["Opened"]:
        """Start all services for one command, without jobs, and act as the local administrator.

        Args:
            locale: the language of refusals.
            organization: what the highest organisation is called, where there is none yet.
            tell: told of the administrator's sign-in, if this is the first start.
        """
        with self.used():
            async with self.suite(jobs_on=False).running() as suite:
                first = first_administrator(suite.services["directory"], organization)
                if first and tell:
                    tell(first)
                await suite.settle()
                yield Opened(suite, locale)

    def _named(self, service: str) -> str | None:
        named = os.environ.get(f"{service.upper()}_DATABASE_URL")
        return named if self.from_environment else None


@contextmanager
def _locked(path: Path, *, alone: bool) -> Iterator[None]:
    """Lock a file that holds nothing; the operating system lets go if the process dies."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE" if alone else "BEGIN")
            lock.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError as error:
            raise HeldError(str(path.parent)) from error
        yield


@dataclass
class Opened:
    """Running services, and the right to use them: whoever may read the files may act here."""

    suite: Suite
    locale: Locale

    async def get(self, path: str, **query: str) -> httpx.Response:
        """Ask a service through its public route."""
        return await self._client(path).get(path, params=query, headers=self._headers)

    async def items(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Return the items of a service's list.

        Raises:
            httpx.HTTPStatusError: it is refused.
        """
        answer = (await self.get(path, **query)).raise_for_status()
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def post(self, path: str, body: object) -> httpx.Response:
        """Send a JSON body to a service's public route."""
        return await self._client(path).post(path, json=body, headers=self._headers)

    async def change(self, method: str, path: str, body: object) -> httpx.Response:
        """Send a JSON body that changes what is there: PUT or PATCH."""
        return await self._client(path).request(method, path, json=body, headers=self._headers)

    async def put_file(self, path: str, name: str, content: bytes) -> httpx.Response:
        """Send a file in the place of any that is there."""
        files = {"file": (name, content)}
        return await self._client(path).put(path, files=files, headers=self._headers)

    async def send_file(
        self, path: str, name: str, content: bytes, *, dry_run: bool = False
    ) -> httpx.Response:
        """Send a file to a service's import route."""
        return await self._client(path).post(
            path,
            params={"dry_run": str(dry_run).lower()},
            files={"file": (name, content)},
            headers=self._headers,
        )

    def _client(self, path: str) -> httpx.AsyncClient:
        return self.suite.peers[path.split("/")[3]]

    @property
    def _headers(self) -> dict[str, str]:
        token = local_administrator(self.suite)
        return {"Authorization": f"Bearer {token}", "Accept-Language": self.locale}
