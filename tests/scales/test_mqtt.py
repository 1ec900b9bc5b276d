"""`cleanplate scale mqtt` and a real Mosquitto, both of which lose their lives on the way."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from cleanplate_gateway.scales.mqtt.layout import known, parse, understand
from cleanplate_gateway.scales.readings import Told, read
from cleanplate_gateway.scales.settling import Settling
from cleanplate_shared.chain import START, hash_of
from cleanplate_shared.contracts.waste import WeighingItem
from support.mosquitto import mosquitto, needs_mosquitto
from support.scales import a_day, protocol
from support.servers import free_port

CANTEEN = str(uuid.uuid4())
TOPIC = "scales/kitchen-1/reading"
READINGS = 10_000
MAY_BE_LOST = 1_500  # a device sends again what it sent just before the broker went away


@pytest.fixture
def broker(tmp_path):
    needs_mosquitto()
    with mosquitto(tmp_path) as running:
        yield running


class Scale:
    """A scale that publishes with QoS 1, and comes back when the broker does."""

    def __init__(self, port):
        self._client = Client(CallbackAPIVersion.VERSION2, "kitchen-1", clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.max_inflight_messages_set(20)
        self._given = self._taken = 0
        self._client.on_publish = self._was_taken
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def send(self, payloads):
        for payload in payloads:
            self._given += 1
            self._client.publish(TOPIC, payload, qos=1)  # kept while the broker is away

    def wait(self):
        until(lambda: self._taken == self._given)

    def _was_taken(self, *_):
        self._taken += 1

    def stop(self):
        self._client.disconnect()
        self._client.loop_stop()


def published(day, seed):
    """Return what a scale publishes of a day: doubled, out of order, and some of it cut."""
    chance, spoken = random.Random(seed), protocol("continuous")  # noqa: S311
    began = datetime(2026, 6, 1, 4, tzinfo=UTC)
    messages = []
    for number, line in enumerate(day.lines):
        reading = read(spoken, line.rstrip(b"\r\n"))
        at = began + timedelta(milliseconds=100 * number)
        said = {"sequence": number, "grams": reading.grams, "at": at.isoformat()}
        said["stable"] = reading.told is Told.STABLE
        whole = json.dumps(said).encode()
        messages.append((number + 20 * chance.random(), whole))
        if chance.random() < 0.2:
            messages.append((number + 40 * chance.random(), whole))
        if chance.random() < 0.05:
            cut = whole[: chance.randrange(len(whole))]
            messages.append((number + 20 * chance.random(), cut))
    return [payload for _place, payload in sorted(messages)]


@contextmanager
def collecting(broker, file):
    start = "from cleanplate_gateway.cli import main; main()"
    words = ["--broker", f"127.0.0.1:{broker.port}", "--layout", "readings", "--canteen", CANTEEN]
    words += ["--stream", "plate", "--store", file, "--url", f"http://127.0.0.1:{free_port()}"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "en_GB.UTF-8"}
    environment |= {"CLEANPLATE_USER": "cook", "CLEANPLATE_PASSWORD": "cleanplate-demo"}
    command = [sys.executable, "-c", start, "scale", "mqtt", *words]
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            while "waiting for weights" not in process.stderr.readline():
                assert process.poll() is None
            yield process
        finally:
            process.kill()


def kept(file):
    with closing(sqlite3.connect(file)) as outbox:
        found = outbox.execute("SELECT item FROM record ORDER BY number").fetchall()
    return [WeighingItem.model_validate_json(item) for (item,) in found]


def heard(file):
    with closing(sqlite3.connect(file)) as outbox:
        place = outbox.execute("SELECT max(place) FROM message").fetchone()[0]
    return place or 0


def as_they_came(payloads):
    """Return what would be weighed if nobody put the messages in order."""
    layout = parse(known()["readings"])
    settling = Settling(layout)
    found = []
    for payload in payloads:
        if one := understand(layout, TOPIC, payload):
            finding = settling.take(one.reading, one.at.timestamp())
            found += [finding.grams] if finding and finding.grams else []
    return found


def until(truth, seconds=120):
    deadline = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_of_ten_thousand_readings_exactly_the_weights_are_kept_whoever_is_killed(broker, tmp_path):
    day, file = a_day("continuous", READINGS, seed=11), tmp_path / "scale.sqlite3"
    payloads = published(day, seed=12)
    third = len(payloads) // 3
    assert as_they_came(payloads) != day.put_on
    scale = Scale(broker.port)
    with collecting(broker, file):
        scale.send(payloads[:third])
        until(lambda: heard(file) > 500)
    # our side was killed with SIGKILL in the middle; the broker keeps the rest
    scale.wait()
    broker.kill()  # with a queue, some of which was not saved
    broker.start()
    scale.send(payloads[third - MAY_BE_LOST : 2 * third])
    with collecting(broker, file):
        until(lambda: heard(file) > READINGS // 2)
        broker.kill()
        broker.start()
        scale.wait()
        scale.send(payloads[2 * third - MAY_BE_LOST :])
        scale.wait()
        until(lambda: heard(file) >= len(day.lines))
    scale.stop()
    assert [one.gross_grams for one in kept(file)] == day.put_on
    is_chained(kept(file))


def is_chained(weighed):
    assert [one.sequence for one in weighed] == list(range(1, len(weighed) + 1))
    for before, one in zip([None, *weighed], weighed, strict=False):
        assert one.previous_hash == (before.hash if before else START)
        assert one.hash == hash_of(one)


def test_a_broker_that_is_away_is_waited_for_and_said_once(broker, tmp_path):
    with collecting(broker, tmp_path / "scale.sqlite3") as verb:
        broker.kill()
        assert "does not answer" in _next(verb)
        broker.start()
        assert "waiting for weights" in _next(verb)


def _next(verb):
    while "server" in (said := verb.stderr.readline()):
        pass
    return said
