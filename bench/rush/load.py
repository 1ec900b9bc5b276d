"""The diners: raw requests over kept connections, each answer checked and timed.

Runs in a process of its own (`python -m bench.rush.load`), a `Load` as JSON on stdin and an
`Outcome` on stdout. It does as little as it can, so that the server is what is measured.
"""

import asyncio
import json
import sys
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import cast

import uvloop

from bench.rush import cpu

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass(frozen=True)
class Load:
    """What is asked of whom.

    Attributes:
        ports: of the servers on this machine; connections are spread evenly.
        requests: whole HTTP requests, each sent once, in this order.
        status: what every answer must be.
        connections: how many there are; each carries one request at a time.
        per_second: None: each connection asks again when answered (closed loop). A rate:
            requests are due by the clock, and their time counts from then (open loop).
        most_seconds: nothing more is sent after that.
        app, database: processes whose processor time is taken, with all their children.
        keep_bodies: return the bodies of the answers.
    """

    ports: list[int]
    requests: list[str]
    status: int
    connections: int = 64
    per_second: float | None = None
    most_seconds: float = 10.0
    app: list[int] = field(default_factory=list)
    database: list[int] = field(default_factory=list)
    keep_bodies: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came back; `wrong` is the first answer with another status."""

    answered: int
    seconds: float
    p50_ms: float
    p99_ms: float
    statuses: dict[str, int]
    wrong: str | None
    app_seconds: float
    database_seconds: float
    client_seconds: float
    others_seconds: float
    bodies: list[str]


class _Connection(asyncio.Protocol):
    """One kept connection; it knows nothing of HTTP but where an answer ends."""

    def __init__(self, diners: "_Diners") -> None:
        self._diners = diners
        self._transport: asyncio.Transport | None = None
        self._read = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, request: bytes, due: float) -> None:
        """Send one request; `due` is when its time begins to count."""
        if self._transport is None:
            raise RuntimeError("not connected")
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        end = self._read.find(_END_OF_HEAD)
        if end < 0:
            return
        at = self._read.find(_LENGTH, 0, end)
        length = int(self._read[at + len(_LENGTH) :].split(b"\r", 1)[0]) if at > 0 else 0
        if len(self._read) >= end + len(_END_OF_HEAD) + length:
            answer, self._read = self._read, b""
            self._diners.note(self, answer, self._due)

    def connection_lost(self, exc: Exception | None) -> None:
        self._diners.lose(exc)


class _Diners:
    """Sends what is due, as connections come free."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._requests = [request.encode("latin-1") for request in load.requests]
        self._next = 0
        self._due: deque[float] = deque()
        self._idle: list[_Connection] = []
        self._begun = 0.0
        self.waits: list[float] = []
        self.answers: list[bytes] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> float:
        """Send everything and return the seconds it took."""
        loop, load = asyncio.get_running_loop(), self._load
        for number in range(load.connections):
            port = load.ports[number % len(load.ports)]
            _, one = await loop.create_connection(lambda: _Connection(self), "127.0.0.1", port)
            self._idle.append(one)
        self._begun = time.perf_counter()
        if load.per_second is None:
            for one in self._take_idle():
                self._ask(one, time.perf_counter())
        else:
            await self._fall_due(load.per_second)
        await self.done
        return time.perf_counter() - self._begun

    def note(self, one: _Connection, answer: bytes, due: float) -> None:
        """Keep an answer, and use its connection for what comes next."""
        at = time.perf_counter()
        self.waits.append(at - due)
        self.answers.append(answer)
        if self._load.per_second is None:
            self._ask(one, at)
        elif self._due:
            self._ask(one, self._due.popleft())
        else:
            self._idle.append(one)
        if len(self.answers) == self._next and self._is_over(at) and not self.done.done():
            self.done.set_result(None)

    def lose(self, error: Exception | None) -> None:
        """End with an error: no server here closes a connection by itself."""
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))

    async def _fall_due(self, per_second: float) -> None:
        for number in range(len(self._requests)):
            due = self._begun + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if self._idle:
                self._ask(self._idle.pop(), due)
            else:
                self._due.append(due)

    def _ask(self, one: _Connection, due: float) -> None:
        if not self._is_over(due):
            request = self._requests[self._next]
            self._next += 1
            one.ask(request, due)

    def _is_over(self, at: float) -> bool:
        late = at - self._begun > self._load.most_seconds
        return late or self._next == len(self._requests)

    def _take_idle(self) -> list[_Connection]:
        taken, self._idle = self._idle, []
        return taken


async def _measured(load: Load) -> Outcome:
    diners = _Diners(load)
    before, mine = _spent(load), time.process_time()
    seconds = await diners.run()
    mine = time.process_time() - mine
    app, database, machine = (a - b for a, b in zip(_spent(load), before, strict=True))
    statuses = Counter(answer[9:12].decode() for answer in diners.answers)
    wrong = [answer for answer in diners.answers if answer[9:12] != str(load.status).encode()]
    waits = sorted(diners.waits)
    bodies = [answer.partition(_END_OF_HEAD)[2].decode() for answer in diners.answers]
    return Outcome(
        answered=len(waits),
        seconds=seconds,
        p50_ms=1000 * waits[len(waits) // 2],
        p99_ms=1000 * waits[len(waits) * 99 // 100],
        statuses=dict(statuses),
        wrong=wrong[0].decode("utf-8", "replace") if wrong else None,
        app_seconds=app,
        database_seconds=database,
        client_seconds=mine,
        others_seconds=max(0.0, machine - app - database - mine),
        bodies=bodies if load.keep_bodies else [],
    )


def _spent(load: Load) -> tuple[float, float, float]:
    return cpu.seconds_of(load.app), cpu.seconds_of(load.database), cpu.seconds_of_machine()


def main() -> None:
    """Measure one load."""
    load = Load(**json.load(sys.stdin))
    json.dump(asdict(uvloop.run(_measured(load))), sys.stdout)


if __name__ == "__main__":
    main()
