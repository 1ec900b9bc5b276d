"""What was acknowledged survives SIGKILL, and what was repeated counts once."""

import json
import random
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import pytest
from sqlalchemy import func
from sqlmodel import select

from cleanplate_shared.db import Database
from cleanplate_waste.app import SERVICE
from cleanplate_waste.models import WeighingRow
from support.directory_server import directory_served
from support.servers import Server, served
from support.services import PEER_KEY, know_canteens
from waste.devices import Device
from waste.kitchen import BATCH, cook

TABLETS, BATCHES, AT_ONCE, KILLS = 4, 50, 5, 10


@pytest.fixture
def database(databases) -> Iterator[tuple[str, Database]]:
    url = databases.url("waste")
    db = Database(url, {})
    know_canteens(db)
    yield url, db
    db.engine.dispose()


@pytest.fixture
def server(database) -> Iterator[Server]:
    with directory_served() as directory:
        env = {
            "WASTE_DATABASE_URL": database[0],
            "WASTE_PEERS": json.dumps({"directory": directory}),
            "WASTE_PEER_KEY": PEER_KEY,
            "WASTE_MIGRATE_ON_START": "false",
            "WASTE_JOBS_ON": "false",
        }
        with served("cleanplate_waste.app:from_env", env) as running:
            yield running


@dataclass
class Tablets:
    """Four tablets that weigh at the same time, and repeat what was not acknowledged.

    Attributes:
        acknowledged: batches so far, of all tablets.
    """

    server: Server
    acknowledged: int = 0
    devices: list[Device] = field(default_factory=lambda: [Device(f"t{n}") for n in range(TABLETS)])

    def weigh_all(self, batches: int) -> None:
        with ThreadPoolExecutor(TABLETS) as pool:
            for job in [pool.submit(self._weigh, device, batches) for device in self.devices]:
                job.result()

    def _weigh(self, device: Device, batches: int) -> None:
        with httpx.Client(base_url=self.server.url, timeout=120, headers=cook()) as client:
            for number in range(batches):
                items = [device.weighs(gross=500 + 5 * number + n) for n in range(AT_ONCE)]
                while not self._is_taken(client, items):
                    time.sleep(0.02)
                self.acknowledged += 1

    def _is_taken(self, client: httpx.Client, items: list[dict]) -> bool:
        try:
            answer = client.post(BATCH, json={"items": items})
        except httpx.TransportError:
            return False
        assert answer.status_code == 200, answer.text
        assert {r["outcome"] for r in answer.json()["results"]} <= {"created", "duplicate"}
        return True

    @property
    def items(self) -> list[dict]:
        return [item for device in self.devices for item in device.items]


def _kill_again_and_again(server: Server, tablets: Tablets, kills: int, batches: int) -> int:
    """Kill the server whenever a part of all batches was acknowledged; return how often."""
    killed = 0
    for part in range(1, kills + 1):
        while tablets.acknowledged < part * TABLETS * batches // (kills + 1):
            time.sleep(0.001)
        time.sleep(random.Random(part).random() * 0.02)  # noqa: S311
        server.kill()
        server.start()
        killed += 1
    return killed


def _weigh_through(server: Server, tablets: Tablets, kills: int, batches: int) -> int:
    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(_kill_again_and_again, server, tablets, kills, batches)
        tablets.weigh_all(batches)
        return killing.result()


def _kept(db: Database) -> tuple[int, int]:
    sums = select(func.count(), func.sum(WeighingRow.net_grams)).select_from(WeighingRow)
    with db.reading() as session:
        count, grams = session.exec(sums).one()
        return count, grams or 0


def test_1000_weighings_of_four_tablets_through_ten_kills_count_once_each(server, database):
    tablets = Tablets(server)
    assert _weigh_through(server, tablets, KILLS, BATCHES) == KILLS
    grams = sum(item["gross_grams"] - item["tare_grams"] for item in tablets.items)
    assert _kept(database[1]) == (TABLETS * BATCHES * AT_ONCE, grams)
    with database[1].reading() as session:
        found = [count(session) for count in SERVICE.invariants.values()]
    assert found == [0] * len(found)


def test_a_client_that_repeats_with_new_ids_counts_twice(server, database):
    """Negative control: only the id, the same for good, keeps a repeat from counting twice."""
    items = [Device().weighs() for _ in range(AT_ONCE)]
    with httpx.Client(base_url=server.url, timeout=120, headers=cook()) as client:
        client.post(BATCH, json={"items": items})
        server.kill()  # the answer is lost on its way
        server.start()
        answer = client.post(BATCH, json={"items": [_as_new(item) for item in items]})
    assert {r["outcome"] for r in answer.json()["results"]} == {"created"}
    assert _kept(database[1])[0] == 2 * AT_ONCE


def _as_new(item: dict) -> dict:
    new = {name: value for name, value in item.items() if name not in {"hash", "previous_hash"}}
    return new | {"id": str(uuid.uuid4())}
