"""One database per service, one transaction per request or job."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from itertools import count
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Connection, DateTime, event, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlmodel import Session, create_engine

from cleanplate_shared.clock import Clock, now

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # an acknowledged weighing survives a power cut
    "foreign_keys=ON",
    "busy_timeout=10000",
    "temp_store=MEMORY",  # a statement over many rows keeps the pages it may have to put back
    "cache_size=-32000",  # KiB; of two megabytes, indexes fall out under a rush
    "wal_autocheckpoint=8000",  # pages, 32 MB: one that is written often is copied back once
)
_POSTGRES_LIMITS = "-c lock_timeout=5000 -c statement_timeout=60000"
_POSTGRES_CLOCK = select(func.clock_timestamp(type_=DateTime(timezone=True)))


class Database:
    """A service's own database; nobody else opens it.

    SQLite takes one writer at a time: writers of this process queue on a lock (fair, no busy
    waiting) and take the file's write lock at BEGIN, so that what they read cannot change under
    them. PostgreSQL writes READ COMMITTED; correctness rests on constraints and guarded updates.

    `subscriptions` (event name -> services told) rides on each session, for `events.publish`.
    A `clock` other than the machine's is a test's; else PostgreSQL's own clock rules (`instant`).
    """

    def __init__(
        self, url: str, subscriptions: Mapping[str, Sequence[str]], clock: Clock = now
    ) -> None:
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        self.is_sqlite = url.startswith("sqlite")
        ruling = clock if self.is_sqlite or clock is not now else None
        self._info = {"subscriptions": subscriptions, "clock": ruling}
        options: dict[str, Any] = {"pool_size": 20, "max_overflow": 20, "pool_timeout": 15}
        if self.is_sqlite:
            options["connect_args"] = {"check_same_thread": False}
        else:
            # the services of one process together stay below a server's usual 100 connections
            options |= {"pool_size": 5, "max_overflow": 10, "pool_pre_ping": True}
            options["connect_args"] = {"options": _POSTGRES_LIMITS}
        # errors go to the logs, and what is bound may be a name or a password's hash
        self.engine = create_engine(url, hide_parameters=True, **options)
        self._reading = self.engine
        if not self.is_sqlite:
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ")
        self._writer = threading.Lock() if self.is_sqlite else None
        self._publications = count(1)
        self.last_publication = 0  # another number after each transaction that published an event
        if self.is_sqlite:
            event.listen(self.engine, "connect", _tune_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session that commits on success and rolls back on any error."""
        with (
            self._writer or nullcontext(),
            Session(self.engine, expire_on_commit=False, info=self._info) as session,
        ):
            session.connection(execution_options={"writes": True})
            yield session
            session.commit()
            if "has_published" in session.info:
                self.last_publication = next(self._publications)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that sees one state and writes nothing."""
        with Session(self._reading, expire_on_commit=False, info=self._info) as session:
            yield session  # closing rolls back; rows that were read stay readable


def _tune_sqlite(connection: DBAPIConnection, _: object) -> None:
    connection.isolation_level = None  # BEGIN is ours, below
    for pragma in _PRAGMAS:
        connection.cursor().execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def instant(session: Session) -> datetime:
    """Return the present by the database's clock, which all replicas share.

    Asked after a lock is held, it is later than whatever that lock waited for.
    """
    clock: Clock | None = session.info["clock"]
    if clock is not None:
        return clock()
    return session.connection().execute(_POSTGRES_CLOCK).scalar_one()


async def _database(request: Request) -> Database:
    db: Database = request.app.state.db
    return db


DatabaseDep = Annotated[Database, Depends(_database)]
