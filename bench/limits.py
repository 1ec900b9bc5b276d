"""The physical limit of keeping weighings: the same rows, into the same table, by the database."""

import sqlite3
from contextlib import closing
from pathlib import Path
from time import perf_counter

import psycopg


def insert_again(database: str, folder: Path) -> tuple[str, float]:
    """Insert a copy of all weighings; return by what means, and how many per second.

    Args:
        database: the address of a waste database that has weighings.
        folder: where a copy may be put.
    """
    if database.startswith("sqlite:///"):
        return "executemany", _executemany(Path(database.removeprefix("sqlite:///")), folder)
    return "COPY", _copy(database.replace("postgresql+psycopg://", "postgresql://", 1))


def _executemany(source: Path, folder: Path) -> float:
    with (
        closing(sqlite3.connect(source)) as old,
        closing(sqlite3.connect(folder / "limit.sqlite3", isolation_level=None)) as new,
    ):
        new.execute("PRAGMA journal_mode=WAL")
        new.execute("PRAGMA synchronous=FULL")
        for (statement,) in old.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'weighing' AND sql IS NOT NULL "
            "ORDER BY type DESC"
        ):
            new.execute(statement)
        rows = old.execute("SELECT * FROM weighing").fetchall()
        marks = ", ".join("?" * len(rows[0]))
        begun = perf_counter()
        new.execute("BEGIN")
        new.executemany(f"INSERT INTO weighing VALUES ({marks})", rows)  # noqa: S608
        new.execute("COMMIT")
        return len(rows) / (perf_counter() - begun)


def _copy(database: str) -> float:
    with psycopg.connect(database, autocommit=True) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY (SELECT * FROM weighing) TO STDOUT") as out:
            lines = b"".join(bytes(part) for part in out)
        cursor.execute("CREATE TABLE copied (LIKE weighing INCLUDING ALL)")
        begun = perf_counter()
        with cursor.copy("COPY copied FROM STDIN") as into:
            into.write(lines)
        seconds = perf_counter() - begun
        cursor.execute("SELECT count(*) FROM copied")
        ((count,),) = cursor.fetchall()
        return int(count) / seconds
