"""Many people at once, over raw connections to menu servers in processes of their own."""

import asyncio
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import func, select

from cleanplate_menu.models import REGISTRATIONS, SESSIONS, WAITING, MealSessionRow
from cleanplate_shared.db import Database
from support.directory_server import directory_served
from support.identities import bearer
from support.menus import MENU
from support.servers import forked
from support.services import CANTEEN, PEER_KEY, know_canteens

LASTING = {"exp": 4_000_000_000}
FIRST_DAY = datetime.now(UTC).date() + timedelta(2)


@dataclass(frozen=True)
class Answer:
    """What a server answered; status 0 where it went away first."""

    status: int
    body: Any = None

    @property
    def kind(self) -> str:
        """Return the refusal's name, or an empty text."""
        return self.body["type"] if self.status >= 400 else ""


@dataclass(frozen=True)
class Asked:
    """One request, whole."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: object = None

    def raw(self) -> bytes:
        """Return it as it goes over the wire."""
        content = b"" if self.body is None else json.dumps(self.body).encode()
        head = {"Host": "test", "Content-Length": str(len(content)), **self.headers}
        head |= {"Content-Type": "application/json"} if content else {}
        lines = [
            f"{self.method} {MENU}{self.path} HTTP/1.1",
            *(f"{k}: {v}" for k, v in head.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + content


class Diner:
    """A person with a token that lasts, who sends the same request in the same words."""

    def __init__(self, person_id: uuid.UUID | None = None, role: str = "diner") -> None:
        self.id = person_id or uuid.uuid4()
        self._token = bearer(role, CANTEEN, person_id=self.id, **LASTING)

    def asks(self, method: str, path: str, body: object = None, key: str | None = None) -> Asked:
        """Return a request of this person."""
        return Asked(method, path, self._token | ({"Idempotency-Key": key} if key else {}), body)

    def registers(self, meal: uuid.UUID, key: str | None = None) -> Asked:
        """Return the request for a seat."""
        body = {"meal_session_id": str(meal), "portion": "full"}
        return self.asks("POST", "/registrations", body, key)


def rush(
    ports: Sequence[int],
    asked: Sequence[Asked],
    at_once: int = 500,
    then: tuple[int, Callable[[], None]] | None = None,
) -> list[Answer]:
    """Send requests to servers in turn, `at_once` connections at a time; answers in their order.

    `then` is a number of answers, and what is done when they are there.
    """
    return asyncio.run(_rush(ports, asked, at_once, then))


async def _rush(
    ports: Sequence[int],
    asked: Sequence[Asked],
    at_once: int,
    then: tuple[int, Callable[[], None]] | None,
) -> list[Answer]:
    answered = count(1)
    answers = [Answer(0)] * len(asked)
    left = iter(list(enumerate(one.raw() for one in asked)))

    async def connection(port: int) -> None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return
        try:
            for place, raw in left:
                writer.write(raw)
                answers[place] = await _answer(reader)
                if then and next(answered) == then[0]:
                    then[1]()
        except (OSError, EOFError):
            pass  # the server was killed
        finally:
            writer.close()

    opened = range(min(at_once, len(asked)))
    await asyncio.gather(*(connection(ports[n % len(ports)]) for n in opened))
    return answers


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    if b"content-length: " not in head:
        return Answer(status)
    length = int(head.partition(b"content-length: ")[2].partition(b"\r")[0])
    content = await reader.readexactly(length)
    return Answer(status, json.loads(content) if content else None)


@contextmanager
def menu_settings(url: str) -> Iterator[dict[str, str]]:
    """Yield the environment of menu servers on a database, beside a directory."""
    with directory_served() as directory:
        yield {
            "MENU_DATABASE_URL": url,
            "MENU_PEERS": json.dumps({"directory": directory}),
            "MENU_PEER_KEY": PEER_KEY,
            "MENU_MIGRATE_ON_START": "false",
            "MENU_JOBS_ON": "false",
        }


@contextmanager
def menu_servers(
    url: str, processes: int, factory: str = "cleanplate_menu.app:from_env"
) -> Iterator[list[int]]:
    """Run menu services in processes of their own on one database; yield their ports."""
    with menu_settings(url) as env, forked(factory, env, processes) as ports:
        yield ports


@contextmanager
def menu_database(url: str) -> Iterator[Database]:
    """Open a menu's database beside the servers, with the canteens known."""
    db = Database(url, {})
    know_canteens(db)
    yield db
    db.engine.dispose()


def put_meal(db: Database, day: date, capacity: int, **changes: object) -> uuid.UUID:
    """Write a meal that is open for a day."""
    row = MealSessionRow(
        canteen_id=CANTEEN, day=day, meal="lunch", capacity=capacity,
        cutoff_at=datetime.now(UTC) + timedelta(1),
    )  # fmt: skip
    for name, value in changes.items():
        setattr(row, name, value)
    with db.transaction() as session:
        session.add(row)
        session.flush()
        return row.id


@dataclass(frozen=True)
class Seats:
    """How a meal's seats stand: its counter, heads and rows registered, places in line."""

    counter: int
    heads: int
    rows: int
    waiting: int


def seats_of(db: Database, meal: uuid.UUID) -> Seats:
    """Return what the database says of a meal."""
    standing = (REGISTRATIONS.c.meal_session_id == meal) & (REGISTRATIONS.c.status == "registered")
    heads = func.coalesce(func.sum(REGISTRATIONS.c.headcount), 0)
    with db.reading() as session:
        connection = session.connection()
        return Seats(
            connection.scalar(select(SESSIONS.c.registered).where(SESSIONS.c.id == meal)),
            *connection.execute(select(heads, func.count()).where(standing)).one(),
            connection.scalar(
                select(func.count()).select_from(WAITING).where(WAITING.c.meal_session_id == meal)
            ),
        )
