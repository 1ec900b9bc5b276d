"""The physical limit of this machine: the same rows with nothing around them, in plain sqlite3."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter
from uuid import uuid4

_GUARDED = "UPDATE meal SET registered = registered + 1 WHERE id = ? AND registered < capacity"
_TELL = "INSERT INTO outbox (event_id, name, payload, at) VALUES (?, ?, ?, ?)"
_TABLES = """
    CREATE TABLE meal (id TEXT PRIMARY KEY, capacity INT, registered INT);
    CREATE TABLE registration (id TEXT PRIMARY KEY, meal TEXT, person TEXT, portion TEXT,
        status TEXT, code TEXT, at TEXT, UNIQUE (meal, person), UNIQUE (meal, code));
    CREATE TABLE outbox (position INTEGER PRIMARY KEY, event_id TEXT UNIQUE, name TEXT,
        payload TEXT, at TEXT);
"""


@contextmanager
def _database(folder: Path, name: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / name, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # as the services: it survives a power cut
        yield connection


def register(folder: Path, people: list[str], meals: int, at_once: int) -> float:
    """Take one seat per person, with the row and its event; return the seconds.

    Args:
        folder: where the file lies.
        people: who registers.
        meals: how many meals they register for, in turn.
        at_once: how many registrations share a commit.
    """
    with _database(folder, f"by_hand_{at_once}_at_once.sqlite3") as connection:
        connection.executescript(_TABLES)
        rows = [(str(meal), len(people)) for meal in range(meals)]
        connection.executemany("INSERT INTO meal VALUES (?, ?, 0)", rows)
        begun = perf_counter()
        for first in range(0, len(people), at_once):
            connection.execute("BEGIN IMMEDIATE")
            for number, person in enumerate(people[first : first + at_once], first):
                _take_seat(connection, str(number % meals), person)
            connection.execute("COMMIT")
        return perf_counter() - begun


def _take_seat(connection: sqlite3.Connection, meal: str, person: str) -> None:
    one, at = str(uuid4()), "2026-06-01T09:00:00"
    connection.execute(_GUARDED, (meal,))
    row = (one, meal, person, "full", "registered", one[:8], at)
    connection.execute("INSERT INTO registration VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    told = (str(uuid4()), "menu.registered.v1", f'{{"registration_id": "{one}"}}', at)
    connection.execute(_TELL, told)
