import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest
import structlog

from support.databases import Databases, PostgresServer, SqliteFiles, postgres
from support.memory import folder_in_memory
from support.passwords import hash_cheaply
from support.routes import share_routes
from support.services import ServiceUnderTest, running

# The default draws every traceback with all its locals, which takes seconds.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(),
    ]
)
share_routes()
hash_cheaply()
if in_memory := folder_in_memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", in_memory)  # the workers inherit it

Start = Callable[..., AbstractAsyncContextManager[ServiceUnderTest]]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Count a skipped test as failed where nothing may be skipped."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test connects to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    yield from postgres()


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Fresh databases; every test that asks for them runs on SQLite and on PostgreSQL."""
    name = "sqlite_files" if request.param == "sqlite" else "postgres_server"
    fresh: Databases = request.getfixturevalue(name)
    yield fresh
    fresh.drop_copies()


@pytest.fixture
def start(databases: Databases) -> Start:
    """Return how to start one service by name, on a fresh database."""
    return lambda name, **settings: running(name, databases.url(name), **settings)


@pytest.fixture
async def service(
    request: pytest.FixtureRequest, databases: Databases
) -> AsyncIterator[ServiceUnderTest]:
    """The service that the test's folder is named after, on a fresh database."""
    name = request.path.parent.name
    async with partial(running, name)(databases.url(name)) as under_test:
        yield under_test
