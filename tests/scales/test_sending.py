"""From a scale to the ledger: each weight once, whoever loses its life on the way."""

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from pydantic import ValidationError

from cleanplate_gateway.scales.outbox import Kind, Outbox, Target
from cleanplate_gateway.scales.sending import Account, Ledger, State, send_waiting
from cleanplate_shared.contracts.waste import Stream
from support.browser import served
from support.gateway import PASSWORD, Towns
from support.scales import line
from support.servers import free_port

NOON = datetime.now(UTC)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with served(Towns(tmp_path_factory.mktemp("towns"))) as running:
        yield running


@pytest.fixture
def outbox(tmp_path):
    made = Outbox(tmp_path / "scale.sqlite3")
    yield made
    made.close()


def weigh(outbox, house, device, *grams):
    target = Target(UUID(house.house.town.canteen_id), Stream.PLATE, 100)
    for one in grams:
        with outbox.transaction():
            outbox.add_weighing(device, target, one, NOON)


@pytest.fixture
def cook():
    """Return how to reach a server as the cook."""
    with ExitStack() as stack:

        def reached(url, password=PASSWORD):
            ledger = Ledger(Account(url, "cook", password, None))
            stack.callback(ledger.close)
            return ledger

        yield reached


def ledger_of(house, device):
    """Return the grams that the ledger has of a device, in order, and how its chain holds."""
    with httpx.Client(base_url=f"{house.url}/api/v1") as client:
        who = {"username": "cook", "password": PASSWORD}
        token = client.post("/directory/token", data=who).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        days = [(NOON + timedelta(days=away)).date().isoformat() for away in (-2, 2)]
        asked = {"canteen_id": house.house.town.canteen_id, "limit": 500}
        asked |= {"date_from": days[0], "date_to": days[1]}
        items = client.get("/waste/weighings", params=asked).raise_for_status().json()["items"]
        chains = client.get("/waste/devices", params=asked).raise_for_status().json()["items"]
    mine = sorted(
        (one["sequence"], one["net_grams"]) for one in items if one["device_id"] == device
    )
    chain = next(one for one in chains if one["device_id"] == device)
    return [grams for _sequence, grams in mine], chain


def holds(chain):
    return chain["chained"] == chain["records"] and not (
        chain["gaps"] or chain["breaks"] or chain["altered"] or chain["lost"]
    )


def test_what_was_kept_while_the_server_was_away_arrives_once_and_in_order(outbox, house, cook):
    weigh(outbox, house, "scale-a", 5100, 700, 5100)
    told = []
    away = cook(f"http://127.0.0.1:{free_port()}")
    assert not send_waiting(outbox, away, lambda *said: told.append(said[0]))
    assert told == [State.AWAY]
    assert send_waiting(outbox, cook(house.url), lambda *_: None)
    assert outbox.waiting(Kind.WEIGHING, 10) == []
    weighed, chain = ledger_of(house, "scale-a")
    assert weighed == [5000, 600, 5000]
    assert holds(chain)


def test_an_answer_that_was_lost_counts_nothing_twice(outbox, house, cook):
    weigh(outbox, house, "scale-b", 2100, 3100)
    ledger = cook(house.url)
    first = ledger.send(Kind.WEIGHING, outbox.waiting(Kind.WEIGHING, 10))
    assert [one.outcome for one in first.results] == ["created", "created"]
    assert send_waiting(outbox, ledger, lambda *_: None)  # as after a crash before the answer
    assert ledger_of(house, "scale-b")[0] == [2000, 3000]


def test_what_the_ledger_rejects_is_kept_with_the_reason_and_the_rest_arrives(outbox, house, cook):
    elsewhere = Target(UUID(int=1), Stream.PLATE, 0)
    with outbox.transaction():
        outbox.add_weighing("scale-c", elsewhere, 900, NOON)
    weigh(outbox, house, "scale-d", 1100)
    told = []
    assert send_waiting(outbox, cook(house.url), lambda *said: told.append(said))
    assert [state for state, _ in told] == [State.SENT, State.REJECTED]
    assert len(outbox.rejected()) == 1
    assert ledger_of(house, "scale-d")[0] == [1000]


def test_who_may_not_sign_in_loses_nothing(outbox, house, cook):
    weigh(outbox, house, "scale-e", 1100)
    told = []
    assert not send_waiting(outbox, cook(house.url, "wrong"), lambda *said: told.append(said[0]))
    assert told == [State.SIGN_IN_REFUSED]
    assert len(outbox.waiting(Kind.WEIGHING, 10)) == 1


def weigh_both(outbox, *grams):
    target = Target(UUID(int=1), Stream.PLATE, 0)
    with outbox.transaction():
        for one in grams:
            outbox.add_weighing("scale-f", target, one, NOON)


def test_a_transaction_that_fails_leaves_no_number_and_no_record(outbox, house):
    weigh(outbox, house, "scale-f", 1100)
    with pytest.raises(ValidationError):
        weigh_both(outbox, 900, -900)
    weigh(outbox, house, "scale-f", 1200)
    assert [one["sequence"] for one in outbox.waiting(Kind.WEIGHING, 10)] == [1, 2]


@contextmanager
def sending(house, port, file, url):
    start = "from cleanplate_gateway.cli import main; main()"
    words = ["--port", port.path, "--protocol", "continuous", "--url", url, "--store", file]
    words += ["--canteen", house.house.town.canteen_id, "--stream", "plate", "--device", "scale-z"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "en_GB.UTF-8"}
    environment |= {"CLEANPLATE_USER": "cook", "CLEANPLATE_PASSWORD": PASSWORD}
    command = [sys.executable, "-c", start, "scale", "send", *words]
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def put_on(port, verb, grams):
    """Load the scale until the verb says so: what it says is on disk."""
    port.send(*[line("continuous", 0)] * 3)
    deadline = time.monotonic() + 60
    while not select.select([verb.stdout], [], [], 0.2)[0]:
        port.send(*[line("continuous", grams)] * 3)
        assert time.monotonic() < deadline
    assert verb.stdout.readline() == f"{grams / 1000:.3f} kg\n"


def test_the_verb_is_killed_and_every_weight_that_it_told_arrives_once(house, port, tmp_path):
    file = tmp_path / "scale.sqlite3"
    with sending(house, port, file, f"http://127.0.0.1:{free_port()}") as verb:
        put_on(port, verb, 5200)
        put_on(port, verb, 800)
        verb.send_signal(signal.SIGKILL)
    with sending(house, port, file, house.url) as verb:
        put_on(port, verb, 1500)
        outbox = Outbox(file)
        deadline = time.monotonic() + 60
        while outbox.waiting(Kind.WEIGHING, 1):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        outbox.close()
    weighed, chain = ledger_of(house, "scale-z")
    assert weighed == [5200, 800, 1500]
    assert holds(chain)
