"""Events between services: written with the data, delivered after the commit.

`publish` adds one outbox row per subscriber in the transaction of the change, so an event exists
if and only if the change does, and one dead subscriber does not hold up the others. `Relay` POSTs
each subscriber's rows in order, in batches, at least once; `receive` drops repeats by event id.
Order is kept per subscriber while one relay runs; listeners still carry a version where it matters.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import httpx
import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import delete, func, insert, select
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from cleanplate_shared.clock import now
from cleanplate_shared.db import Database
from cleanplate_shared.middleware import request_id
from cleanplate_shared.tables import KernelTable

log = structlog.get_logger(__name__)

_OUTBOX, _INBOX = (KernelTable.metadata.tables[name] for name in ("outbox", "inbox"))
EVENTS_PATH = "/internal/events"
PEER_KEY_HEADER = "X-Peer-Key"
_LONGEST_REST = 5.0
_LOOKS_ANYWAY = 0.5  # seconds
_MOST_EVENTS = 200
_MOST_CHARACTERS = 1_000_000  # keeps a delivery within a second or so, and below the body limit


class Event(BaseModel):
    """Something that happened, told in the past tense by its owner."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)  # errors go to the logs
    name: ClassVar[str]

    id: UUID = Field(default_factory=uuid4)
    at: AwareDatetime = Field(default_factory=now)
    request_id: str | None = Field(
        default_factory=request_id, description="of the request that caused it; for the logs"
    )


class Envelope(BaseModel):
    """An event on the wire."""

    name: str
    payload: dict[str, Any]


class Delivery(BaseModel):
    """Events for one subscriber, oldest first."""

    events: list[Envelope]


class Receipt(BaseModel):
    """How many of the delivered events, from the first on, were handled."""

    handled: int


@dataclass(frozen=True)
class _Waiting:
    """An event in the outbox."""

    position: int
    name: str
    payload: str


Handler = Callable[[Session, Any], None]
Handlers = Mapping[str, tuple[type[Event], Handler]]
Subscriptions = Mapping[str, Sequence[str]]


def publish(session: Session, event: Event) -> None:
    """Record `event` for each of its subscribers in the caller's transaction."""
    told = session.info["subscriptions"].get(event.name, ())
    if not told:
        return
    same = {
        "event_id": event.id,
        "name": event.name,
        "payload": event.model_dump_json(),
        "at": event.at,
    }
    rows = [same | {"subscriber": subscriber} for subscriber in told]
    session.connection().execute(insert(_OUTBOX), rows)
    session.info["has_published"] = True


class Rests:
    """How long each subscriber that takes nothing is left alone: twice as long each time."""

    def __init__(self, first: float) -> None:
        self._first = first
        self._rests: dict[str, tuple[float, float]] = {}  # how long, until when

    def is_over(self, subscriber: str, at: float) -> bool:
        """Say whether the subscriber may be tried at this instant."""
        _, until = self._rests.get(subscriber, (0.0, at))
        return at >= until

    def note(self, subscriber: str, handled: int, at: float) -> None:
        """Note how many events the subscriber took; one is enough for a new beginning."""
        if handled:
            self._rests.pop(subscriber, None)
            return
        before, _ = self._rests.get(subscriber, (self._first / 2, at))
        rest = min(before * 2, _LONGEST_REST)
        self._rests[subscriber] = (rest, at + rest)


class Relay:
    """Delivers a service's waiting events to its peers."""

    def __init__(self, db: Database, peers: Mapping[str, httpx.AsyncClient], peer_key: str) -> None:
        self._db = db
        self._peers = peers
        self._headers = {PEER_KEY_HEADER: peer_key, "Content-Type": "application/json"}
        self._is_anything_left = True

    async def deliver(self) -> int:
        """Deliver what waits, once; return how many events were handled.

        A subscriber that does not answer keeps its rows for the next time and holds up nobody.
        """
        waiting = await run_in_threadpool(self._subscribers)
        return sum(await asyncio.gather(*(self._deliver_to(name) for name in waiting)))

    async def run(self, every: float) -> None:
        """Deliver again and again until cancelled; `every` is the pause in seconds.

        Who is away, unknown, or stuck at an event that it cannot handle is tried less often. As
        long as this process publishes nothing, the outbox is read every half second only: for what
        another process has left there.
        """
        rests = Rests(every)
        seen, looked = self._db.last_publication, -_LOOKS_ANYWAY
        while True:
            is_due = time.monotonic() - looked >= _LOOKS_ANYWAY
            if is_due or self._is_anything_left or self._db.last_publication != seen:
                seen, looked = self._db.last_publication, time.monotonic()
                await self._deliver_all(rests)
            await asyncio.sleep(every)

    async def _deliver_all(self, rests: Rests) -> None:
        try:
            while await self._deliver_to_rested(rests):
                pass
        except Exception:
            log.exception("relay_failed")

    async def _deliver_to_rested(self, rests: Rests) -> int:
        waiting = await run_in_threadpool(self._subscribers)
        self._is_anything_left = bool(waiting)
        due = [name for name in waiting if rests.is_over(name, time.monotonic())]
        handled = await asyncio.gather(*(self._deliver_to(name) for name in due))
        for name, count in zip(due, handled, strict=True):
            rests.note(name, count, time.monotonic())
        return sum(handled)

    async def _deliver_to(self, subscriber: str) -> int:
        rows = await run_in_threadpool(self._waiting, subscriber)
        if not rows:
            return 0
        try:
            response = await self._peers[subscriber].post(
                EVENTS_PATH, content=_wire(rows), headers=self._headers
            )
            response.raise_for_status()
            handled = Receipt.model_validate_json(response.content).handled
        except (httpx.HTTPError, KeyError, ValueError) as error:
            log.warning("events_not_delivered", to=subscriber, waiting=len(rows), error=str(error))
            return 0
        if handled < len(rows):
            log.warning("event_refused", to=subscriber, event_name=rows[handled].name)
        await run_in_threadpool(self._forget, rows[:handled])
        return handled

    def _subscribers(self) -> Sequence[str]:
        with self._db.reading() as session:
            return session.scalars(select(_OUTBOX.c.subscriber).distinct()).all()

    def _waiting(self, subscriber: str) -> list[_Waiting]:
        row, mine = _OUTBOX.c, _OUTBOX.c.subscriber == subscriber
        oldest = select(row.position, func.length(row.payload)).where(mine).order_by(row.position)
        with self._db.reading() as session:
            connection = session.connection()
            sizes = connection.execute(oldest.limit(_MOST_EVENTS))
            now = row.position.in_(_as_many_as_fit(sizes))
            wanted = select(row.position, row.name, row.payload).where(now).order_by(row.position)
            return [_Waiting(*found) for found in connection.execute(wanted)]

    def _forget(self, rows: Sequence[_Waiting]) -> None:
        with self._db.transaction() as session:
            gone = _OUTBOX.c.position.in_([row.position for row in rows])
            session.connection().execute(delete(_OUTBOX).where(gone))


def _as_many_as_fit(sizes: Iterable[tuple[int, int]]) -> list[int]:
    """Return the first positions whose payloads make one delivery; at least one."""
    found: list[int] = []
    total = 0
    for position, characters in sizes:
        total += characters
        if found and total > _MOST_CHARACTERS:
            break
        found.append(position)
    return found


def _wire(rows: Sequence[_Waiting]) -> str:
    events = ",".join(f'{{"name":"{row.name}","payload":{row.payload}}}' for row in rows)
    return f'{{"events":[{events}]}}'


def receive(db: Database, handlers: Handlers, delivery: Delivery) -> Receipt:
    """Handle events in order, each once; stop at the first that fails.

    All in one transaction; if that fails, one by one, so that what precedes a bad event counts.
    """
    try:
        with db.transaction() as session:
            _handle(session, handlers, delivery.events)
    except Exception:
        if len(delivery.events) == 1:
            log.exception("event_not_handled", event_name=delivery.events[0].name)
            return Receipt(handled=0)
        return _one_by_one(db, handlers, delivery)
    return Receipt(handled=len(delivery.events))


def _one_by_one(db: Database, handlers: Handlers, delivery: Delivery) -> Receipt:
    for position, envelope in enumerate(delivery.events):
        if receive(db, handlers, Delivery(events=[envelope])).handled == 0:
            return Receipt(handled=position)
    return Receipt(handled=len(delivery.events))


def _handle(session: Session, handlers: Handlers, envelopes: Sequence[Envelope]) -> None:
    known = [(handlers[one.name], one.payload) for one in envelopes if one.name in handlers]
    told = [(handle, kind.model_validate(payload)) for (kind, handle), payload in known]
    ids = [event.id for _, event in told]
    connection = session.connection()
    before = connection.execute(select(_INBOX.c.event_id).where(_INBOX.c.event_id.in_(ids)))
    handled = set(before.scalars())
    new = {event.id: (handle, event) for handle, event in told if event.id not in handled}
    if new:
        at = now()
        connection.execute(insert(_INBOX), [{"event_id": one, "at": at} for one in new])
    for handle, event in new.values():
        with structlog.contextvars.bound_contextvars(request_id=event.request_id):
            handle(session, event)
    session.flush()


def waiting_events(session: Session) -> tuple[int, datetime | None]:
    """Return how many events wait in the outbox, and since when the oldest does."""
    count, oldest = session.execute(select(func.count(), func.min(_OUTBOX.c.at))).one()
    return count, oldest
