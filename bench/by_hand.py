"""The physical limit of this machine: the same rows with nothing around them, in plain sqlite3."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter
from uuid import uuid4

_GUARDED = "UPDATE meal SET registered = registered + 1 WHERE id = ? AND registered < capacity"


@contextmanager
def _database(folder: Path, name: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / name, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # as the services: it survives a power cut
        yield connection


def register(folder: Path, people: list[str]) -> float:
    """Take one seat per person, each in a transaction of its own; return the seconds."""
    with _database(folder, "by_hand_seats.sqlite3") as connection:
        connection.executescript(
            "CREATE TABLE meal (id TEXT PRIMARY KEY, capacity INT, registered INT);"
            "CREATE TABLE registration (id TEXT PRIMARY KEY, meal TEXT, person TEXT, portion TEXT,"
            " at TEXT, UNIQUE (meal, person));"
        )
        connection.execute("INSERT INTO meal VALUES ('m', ?, 0)", (len(people),))
        begun = perf_counter()
        for person in people:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_GUARDED, ("m",))
            row = (str(uuid4()), "m", person, "full", "2026-06-01T09:00:00")
            connection.execute("INSERT INTO registration VALUES (?, ?, ?, ?, ?)", row)
            connection.execute("COMMIT")
        return perf_counter() - begun


def weigh(folder: Path, batches: list[list[dict[str, object]]]) -> float:
    """Insert batches of weighings, each in a transaction of its own; return the seconds."""
    columns = list(batches[0][0])
    marks = ", ".join("?" * len(columns))
    with _database(folder, "by_hand_weighings.sqlite3") as connection:
        connection.execute(f"CREATE TABLE weighing ({', '.join(columns)}, PRIMARY KEY (id))")
        begun = perf_counter()
        for batch in batches:
            connection.execute("BEGIN IMMEDIATE")
            rows = [tuple(item.values()) for item in batch]
            connection.executemany(f"INSERT INTO weighing VALUES ({marks})", rows)  # noqa: S608
            connection.execute("COMMIT")
        return perf_counter() - begun
