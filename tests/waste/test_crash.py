"""What was acknowledged survives SIGKILL, and what was repeated counts once."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx
import pytest
from sqlalchemy import func
from sqlmodel import select

from cleanplate_shared.db import Database
from cleanplate_waste.models import WeighingRow
from support.directory_server import directory_served
from support.servers import Server, served
from support.services import PEER_KEY, know_canteens
from waste.kitchen import BATCH, a_weighing, cook

COUNT, AT_ONCE = 1000, 20


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


def _send(
    server: Server,
    batches: list[list[dict]],
    kills: dict[int, float | None],
    repeat: Callable[[dict], dict] = lambda item: item,
) -> None:
    """Send batches to a server that is killed, and repeat what was not acknowledged.

    Args:
        server: started again after each kill.
        batches: sent in order.
        kills: batch number -> seconds from sending to the kill, which so falls before the request
            arrives, while it is handled, or after its commit; None: when the answer is on its way
            and is lost.
        repeat: what the client sends when it sends an item again.
    """
    with httpx.Client(base_url=server.url, timeout=120, headers=cook()) as client:
        for number, items in enumerate(batches):
            if number in kills:
                _send_and_kill(client, server, items, kills[number])
                server.start()
                items = [repeat(item) for item in items]  # noqa: PLW2901
            answer = client.post(BATCH, json={"items": items})
            assert answer.status_code == 200, answer.text
            assert {r["outcome"] for r in answer.json()["results"]} <= {"created", "duplicate"}


def _send_and_kill(
    client: httpx.Client, server: Server, items: list[dict], after: float | None
) -> None:
    killer = threading.Timer(after or 0, server.kill)
    if after is not None:
        killer.start()
    with suppress(httpx.TransportError):
        client.post(BATCH, json={"items": items})
    if after is None:
        killer.start()
    killer.join()


def _kept(db: Database) -> tuple[int, int]:
    sums = select(func.count(), func.sum(WeighingRow.net_grams)).select_from(WeighingRow)
    with db.reading() as session:
        count, grams = session.exec(sums).one()
        return count, grams or 0


def _batches(count: int) -> list[list[dict]]:
    items = [a_weighing(gross=1000 + n, tare=500, sequence=n) for n in range(count)]
    return [items[start : start + AT_ONCE] for start in range(0, count, AT_ONCE)]


def test_1000_weighings_through_five_kills_count_once_each(server, database):
    kills = {5: 0.001, 15: 0.006, 25: 0.012, 35: 0.025, 45: None}
    _send(server, _batches(COUNT), kills)
    assert _kept(database[1]) == (COUNT, sum(500 + n for n in range(COUNT)))


def test_a_client_that_repeats_with_new_ids_counts_twice(server, database):
    """Negative control: only the id, the same for good, keeps a repeat from counting twice."""
    batches = _batches(3 * AT_ONCE)
    _send(server, batches, {1: None}, lambda item: item | {"id": str(uuid.uuid4())})
    assert _kept(database[1])[0] == 4 * AT_ONCE
