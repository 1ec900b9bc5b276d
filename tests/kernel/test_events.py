import asyncio
from datetime import date, timedelta
from itertools import pairwise

import httpx
import pytest
import structlog
from sqlalchemy import event, insert
from sqlmodel import select
from structlog.testing import capture_logs

from cleanplate_shared import events
from cleanplate_shared.db import Database
from cleanplate_shared.events import EVENTS_PATH, PEER_KEY_HEADER, Relay, Rests, publish
from cleanplate_shared.service import local
from cleanplate_shared.tables import OutboxRow
from support.identities import bearer, fake_directory
from support.services import CANTEEN
from support.toy import PEER_KEY, DayTold, client_of, days_told, toy_app, waiting

DAY = date(2026, 1, 1)


@pytest.fixture
async def near(databases):
    app = toy_app(databases.url("report"))
    async with client_of(app):
        yield app


@pytest.fixture
async def far(databases):
    app = toy_app(databases.url("report"))
    async with client_of(app):
        yield app


@pytest.fixture
async def teller(databases, near, far):
    """The service that publishes; its relay reaches both subscribers."""
    app = toy_app(databases.url("report"), {"near": local(near), "far": local(far)})
    async with client_of(app):
        yield app


def tell(app, *days, poison=None):
    with app.state.db.transaction() as session:
        for day in days:
            publish(session, DayTold(day=day, poison=day == poison))


def days(count):
    return [DAY + timedelta(days=n) for n in range(count)]


class Refusing(httpx.AsyncBaseTransport):
    """A peer that is away, or that answers nonsense."""

    def __init__(self, answer=None):
        self._answer = answer

    async def handle_async_request(self, request):
        if self._answer is None:
            raise httpx.ConnectError("away", request=request)
        return httpx.Response(self._answer[0], text=self._answer[1], request=request)


def broken(*answer):
    return httpx.AsyncClient(transport=Refusing(answer or None), base_url="http://far")


async def test_an_event_has_one_row_per_subscriber_until_each_has_it(teller, near, far):
    tell(teller, DAY)
    assert (waiting(teller.state.db, "near"), waiting(teller.state.db, "far")) == (1, 1)
    assert await teller.state.relay.deliver() == 2
    assert (waiting(teller.state.db, "near"), waiting(teller.state.db, "far")) == (0, 0)
    assert days_told(near.state.db) == days_told(far.state.db) == {DAY: 1}
    assert await teller.state.relay.deliver() == 0


@pytest.mark.parametrize("answer", [(), (503, ""), (401, ""), (200, "<html>"), (200, "{}")])
async def test_a_dead_subscriber_does_not_hold_up_the_others(teller, near, far, answer):
    tell(teller, DAY)
    peers = {"near": local(near), "far": broken(*answer)}
    assert await Relay(teller.state.db, peers, PEER_KEY).deliver() == 1
    assert days_told(near.state.db) == {DAY: 1}
    assert waiting(teller.state.db, "far") == 1
    assert await teller.state.relay.deliver() == 1  # the other is back
    assert days_told(far.state.db) == {DAY: 1}


async def test_a_subscriber_that_nobody_knows_keeps_its_events(teller, near):
    tell(teller, DAY)
    assert await Relay(teller.state.db, {"near": local(near)}, PEER_KEY).deliver() == 1
    assert waiting(teller.state.db, "far") == 1


async def test_a_relay_that_dies_before_forgetting_delivers_again_and_it_is_dropped(
    teller, near, monkeypatch
):
    tell(teller, *days(3))
    relay = Relay(teller.state.db, {"near": local(near)}, PEER_KEY)

    def dies(_rows):
        raise KeyboardInterrupt

    monkeypatch.setattr(relay, "_forget", dies)
    with pytest.raises(KeyboardInterrupt):
        await relay._deliver_to("near")
    assert waiting(teller.state.db, "near") == 3
    assert await teller.state.relay._deliver_to("near") == 3
    assert days_told(near.state.db) == dict.fromkeys(days(3), 1)


async def test_the_repeat_is_dropped_by_the_inbox_and_by_nothing_else(teller, near):
    """The negative control: the same news under another id is handled again."""
    tell(teller, DAY)
    tell(teller, DAY)
    await teller.state.relay.deliver()
    assert days_told(near.state.db) == {DAY: 2}


async def test_a_poison_event_blocks_only_what_follows_it_for_that_subscriber(teller, near):
    tell(teller, *days(5), poison=days(5)[2])
    with capture_logs() as logs:
        assert await teller.state.relay._deliver_to("near") == 2
        assert await teller.state.relay._deliver_to("near") == 0
    assert list(days_told(near.state.db)) == days(2)
    assert waiting(teller.state.db, "near") == 3
    said = [entry["event"] for entry in logs]
    assert "event_not_handled" in said  # where it was refused, with the trace
    assert "event_refused" in said  # where it waits


async def test_an_event_that_is_not_known_is_passed_over(teller, near):
    with teller.state.db.transaction() as session:
        row = {"subscriber": "near", "name": "other.thing.v1", "payload": "{}"}
        told = DayTold(day=DAY)
        session.execute(insert(OutboxRow), [row | {"event_id": told.id, "at": told.at}])
    tell(teller, DAY)
    assert await teller.state.relay._deliver_to("near") == 2
    assert days_told(near.state.db) == {DAY: 1}


async def test_a_refused_request_leaves_no_event_and_a_granted_one_does(databases):
    app = toy_app(databases.url("report"))
    async with client_of(app) as client:
        cook = bearer("cook", CANTEEN)
        refused = {"name": "a", "refuse": True}
        answer = await client.post("/api/v1/report/told", json=refused, headers=cook)
        assert answer.status_code == 409
        assert waiting(app.state.db, "near") == 0
        answer = await client.post("/api/v1/report/told", json={"name": "a"}, headers=cook)
        assert answer.status_code == 201
        assert waiting(app.state.db, "near") == 1


@pytest.mark.parametrize(
    ("settings", "headers"),
    [
        ({}, {}),
        ({}, {PEER_KEY_HEADER: "wrong"}),
        ({}, {PEER_KEY_HEADER: PEER_KEY.upper()}),
        ({}, {PEER_KEY_HEADER: "schlüssel".encode()}),
        ({"peer_key": ""}, {PEER_KEY_HEADER: ""}),
    ],
)
async def test_who_does_not_know_the_peer_key_cannot_tell_events(databases, settings, headers):
    app = toy_app(databases.url("report"), **settings)
    envelope = {"name": DayTold.name, "payload": DayTold(day=DAY).model_dump(mode="json")}
    async with client_of(app) as client:
        answer = await client.post(EVENTS_PATH, json={"events": [envelope]}, headers=headers)
        assert answer.status_code == 401
        assert days_told(app.state.db) == {}


async def test_an_event_carries_the_request_that_caused_it_into_the_listeners_logs(databases, near):
    app = toy_app(
        databases.url("report"), {"near": local(near), "directory": local(fake_directory())}
    )
    async with client_of(app) as client:
        headers = bearer("cook", CANTEEN) | {"X-Request-ID": "order-66"}
        answer = await client.post("/api/v1/report/told", json={"name": "a"}, headers=headers)
        assert answer.json()["request_id"] == "order-66"
        with app.state.db.reading() as session:
            assert '"request_id":"order-66"' in session.exec(select(OutboxRow.payload)).first()


async def test_large_events_go_in_parts_that_a_service_takes(teller, near):
    """Forty events of 600 kB wait; a service refuses a body of more than 20 MB."""
    rows = []
    for day in days(40):
        told = DayTold(day=day)
        payload = told.model_dump_json()[:-1] + f',"more":"{"x" * 600_000}"}}'
        row = {"subscriber": "near", "name": told.name, "payload": payload}
        rows.append(row | {"event_id": told.id, "at": told.at})
    with teller.state.db.transaction() as session:
        session.execute(insert(OutboxRow), rows)
    assert await teller.state.relay.deliver() == 1  # the second would make it too much
    while await teller.state.relay.deliver():
        pass
    assert days_told(near.state.db) == dict.fromkeys(days(40), 1)


async def test_ten_thousand_events_drain(teller, near):
    with teller.state.db.transaction() as session:
        told = [DayTold(day=DAY + timedelta(days=n % 300)) for n in range(10_000)]
        session.execute(
            insert(OutboxRow),
            [
                {
                    "event_id": one.id,
                    "subscriber": "near",
                    "name": one.name,
                    "payload": one.model_dump_json(),
                    "at": one.at,
                }
                for one in told
            ],
        )
    while await teller.state.relay.deliver():
        pass
    assert sum(days_told(near.state.db).values()) == 10_000
    assert waiting(teller.state.db, "near") == 0


def test_a_subscriber_that_takes_nothing_is_tried_less_and_less_often():
    rests = Rests(0.2)
    tries, at = [], 0.0
    while at < 60:
        if rests.is_over("far", at):
            tries.append(at)
            rests.note("far", 0, at)
        at = round(at + 0.1, 1)
    assert 10 <= len(tries) <= 20
    assert max(late - early for early, late in pairwise(tries)) <= 5.1  # and is back within 5 s
    rests.note("far", 1, at)
    assert rests.is_over("near", at)
    rests.note("far", 0, at)
    assert rests.is_over("far", at + 0.4)  # what went well is a new beginning


@pytest.mark.parametrize("peer", [None, "away", "poison"])
async def test_who_takes_nothing_does_not_make_the_relay_spin(teller, near, peer):
    tell(teller, *days(3), poison=DAY if peer == "poison" else None)
    far = {None: {}, "away": {"far": broken()}, "poison": {"far": local(near)}}[peer]
    relay = Relay(teller.state.db, far, PEER_KEY)
    rests = Rests(60.0)
    with capture_logs() as logs:
        assert [await relay._deliver_to_rested(rests) for _ in range(5)] == [0] * 5
    told = [entry["event"] for entry in logs]
    assert told.count("events_not_delivered") + told.count("event_refused") <= 2  # near and far
    assert waiting(teller.state.db, "far") == 3


@pytest.fixture
async def relaying(teller):
    """The statements that a running relay executes."""
    said = []
    event.listen(
        teller.state.db.engine, "before_cursor_execute", lambda *told: said.append(told[2])
    )
    running = asyncio.create_task(teller.state.relay.run(0.001))
    yield said
    running.cancel()


async def until(condition):
    while not condition():  # noqa: ASYNC110  # the relay's threads do not tell
        await asyncio.sleep(0.001)


async def test_a_relay_reads_the_outbox_again_only_when_something_was_published(
    teller, relaying, monkeypatch
):
    monkeypatch.setattr(events, "_LOOKS_ANYWAY", 600.0)
    for day in days(3):
        tell(teller, day)
        await until(lambda: not waiting(teller.state.db, "near"))
    await asyncio.sleep(0.05)
    looked = [one for one in relaying if "DISTINCT" in one]
    await asyncio.sleep(0.2)
    assert [one for one in relaying if "DISTINCT" in one] == looked


async def test_what_another_replica_published_is_delivered_too(teller, relaying, monkeypatch):
    monkeypatch.setattr(events, "_LOOKS_ANYWAY", 0.01)
    other = Database(
        str(teller.state.db.engine.url.render_as_string(False)), {DayTold.name: ["near"]}
    )
    with other.transaction() as session:
        publish(session, DayTold(day=DAY))
    await until(lambda: not waiting(teller.state.db, "near"))
    other.engine.dispose()


async def test_an_event_that_cannot_be_read_is_logged_without_what_it_says(teller, near):
    with teller.state.db.transaction() as session:
        told = DayTold(day=DAY)
        row = {"subscriber": "near", "name": DayTold.name, "payload": '{"day": "张三"}'}
        session.execute(insert(OutboxRow), [row | {"event_id": told.id, "at": told.at}])
    with capture_logs(processors=[structlog.processors.format_exc_info]) as logs:
        assert await teller.state.relay._deliver_to("near") == 0
    assert "event_not_handled" in [entry["event"] for entry in logs]
    assert "张三" not in str(logs)
