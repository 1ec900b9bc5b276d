"""PostgreSQL dies in the middle of weighing, five times: nothing is lost or counted twice."""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from cleanplate_shared.db import Database
from cleanplate_waste.app import SERVICE
from support.databases import PostgresServer
from support.directory_server import directory_served
from support.memory import folder_in_memory
from support.servers import Server, served
from support.services import PEER_KEY, know_canteens
from waste.devices import Device
from waste.kitchen import BATCH, cook

TABLETS, BATCHES, AT_ONCE, KILLS = 4, 30, 5, 5
RECOVERED_SECONDS = 5.0


class MortalPostgres:
    """A server of this test's own, that can be killed and started again on its data."""

    def __init__(self, folder: Path) -> None:
        self.databases = PostgresServer(folder)
        self.url = self.databases.url("waste")
        self._folder, self._server = folder, self.databases.server

    def kill(self) -> None:
        """Take the life of the server and of all its children (SIGKILL)."""
        first = int((self._folder / "postmaster.pid").read_text().splitlines()[0])
        children = _children_of(first)
        for process in (first, *children):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(_is_alive(process) for process in (first, *children)):
            time.sleep(0.005)

    def start(self) -> None:
        """Start the server on what the dead one left, and return when it answers."""
        for left in ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self._folder / left).unlink(missing_ok=True)
        self._server.ensure_postgres_running()
        while True:
            with suppress(psycopg.OperationalError), psycopg.connect(self._plain_url):
                return
            time.sleep(0.02)

    @property
    def _plain_url(self) -> str:
        return self.url.replace("postgresql+psycopg://", "postgresql://", 1)


def _children_of(process: int) -> list[int]:
    found = subprocess.run(  # noqa: S603
        ["pgrep", "-P", str(process)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return [int(line) for line in found.stdout.split()]


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


@pytest.fixture
def database() -> Iterator[MortalPostgres]:
    with tempfile.TemporaryDirectory(prefix="cleanplate_pg_", dir=folder_in_memory()) as folder:
        mortal = MortalPostgres(Path(folder))
        db = Database(mortal.url, {})
        know_canteens(db)
        db.engine.dispose()
        try:
            yield mortal
        finally:
            mortal.databases.stop()


@pytest.fixture
def server(database) -> Iterator[Server]:
    with directory_served() as directory:
        env = {
            "WASTE_DATABASE_URL": database.url,
            "WASTE_PEERS": json.dumps({"directory": directory}),
            "WASTE_PEER_KEY": PEER_KEY,
            "WASTE_MIGRATE_ON_START": "false",
            "WASTE_JOBS_ON": "false",
        }
        with served("cleanplate_waste.app:from_env", env) as running:
            yield running


class Tablets:
    """Tablets that repeat what was not acknowledged, and remember what they were answered."""

    def __init__(self, url: str) -> None:
        self.url, self.acknowledged, self.last = url, 0, 0.0
        self.devices = [Device(f"t{n}") for n in range(TABLETS)]
        self.deadline = time.monotonic() + 300
        self.failed: list[BaseException] = []
        self.statuses: Counter[tuple[int, str | None]] = Counter()

    def weigh_all(self) -> None:
        with ThreadPoolExecutor(TABLETS) as pool:
            for job in [pool.submit(self._weigh, device) for device in self.devices]:
                job.result()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Return when the tablets' work has brought about something."""
        while not condition():
            assert not self.failed, self.failed
            time.sleep(0.002)

    def _weigh(self, device: Device) -> None:
        try:
            self._send_all(device)
        except BaseException as error:
            self.failed.append(error)
            raise

    def _send_all(self, device: Device) -> None:
        with httpx.Client(base_url=self.url, timeout=120, headers=cook()) as client:
            for _ in range(BATCHES):
                items = [device.weighs() for _ in range(AT_ONCE)]
                while time.monotonic() < self.deadline:
                    answer = client.post(BATCH, json={"items": items})
                    self.statuses[answer.status_code, answer.headers.get("Retry-After")] += 1
                    if answer.status_code == 200:
                        break
                    time.sleep(0.02)
                else:
                    raise TimeoutError(self.statuses)
                self.acknowledged, self.last = self.acknowledged + 1, time.monotonic()


def test_nothing_is_lost_and_everybody_is_asked_to_come_again(server, database):
    tablets = Tablets(server.url)
    with ThreadPoolExecutor(1) as pool:
        weighing = pool.submit(tablets.weigh_all)
        try:
            recovered = [_kill_at(database, tablets, part) for part in range(1, KILLS + 1)]
        finally:
            tablets.deadline = min(tablets.deadline, time.monotonic() + 60)
        weighing.result()
    assert max(recovered) < RECOVERED_SECONDS
    answers = dict(tablets.statuses)
    assert answers.pop((200, None)) == TABLETS * BATCHES
    assert answers.keys() == {(503, "5")}
    _check_all_are_there(database, tablets)


def _kill_at(database: MortalPostgres, tablets: Tablets, part: int) -> float:
    """Kill the database after a part of all batches; return how long its return took to help."""
    batches = part * TABLETS * BATCHES // (KILLS + 1)
    tablets.wait_for(lambda: tablets.acknowledged >= batches)
    database.kill()
    time.sleep(0.3)  # somebody meets the outage
    database.start()
    back = time.monotonic()
    tablets.wait_for(lambda: tablets.last > back)
    return tablets.last - back


def _check_all_are_there(database: MortalPostgres, tablets: Tablets) -> None:
    sent = {item["id"] for device in tablets.devices for item in device.items}
    db = Database(database.url, {})
    with db.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT id FROM weighing").scalars().all()
        broken = [count(session) for count in SERVICE.invariants.values()]
    db.engine.dispose()
    assert len(rows) == len(sent) == TABLETS * BATCHES * AT_ONCE
    assert {str(key) for key in rows} == sent
    assert broken == [0] * len(broken)
