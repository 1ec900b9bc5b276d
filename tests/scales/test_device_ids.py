"""One name of a scale at two canteens: two chains, each without a gap."""

import sqlite3
from datetime import UTC, datetime
from uuid import UUID

import pytest

from cleanplate_gateway.scales.mqtt.intake import Intake, Time
from cleanplate_gateway.scales.mqtt.layout import Heard, known, parse
from cleanplate_gateway.scales.outbox import Kind, Outbox, Target
from cleanplate_gateway.scales.readings import Reading, Told
from cleanplate_shared import chain
from cleanplate_shared.contracts.waste import Stream

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
HERE, THERE = UUID(int=1), UUID(int=2)
OLD = """
CREATE TABLE device (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL, hash TEXT NOT NULL);
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "scale.sqlite3"


@pytest.fixture
def opened(file):
    made = []

    def open_it():
        made.append(Outbox(file))
        return made[-1]

    yield open_it
    for one in made:
        one.close()


def weigh(outbox, canteen, name="scale-1", grams=900):
    with outbox.transaction():
        outbox.add_weighing(name, Target(canteen, Stream.PLATE, 0), grams, NOON)


def of(outbox, canteen):
    """Return the device, number and predecessor of a canteen's records."""
    mine = [i for i in outbox.waiting(Kind.WEIGHING, 99) if i["canteen_id"] == str(canteen)]
    return [(one["device_id"], one["sequence"], one["previous_hash"]) for one in mine], mine


def is_whole(outbox, canteen):
    told, records = of(outbox, canteen)
    hashes = [chain.START, *(one["hash"] for one in records)]
    return len({device for device, *_ in told}) == 1 and [(n, p) for _, n, p in told] == [
        (place, hashes[place - 1]) for place in range(1, len(told) + 1)
    ]


def test_a_name_that_two_canteens_use_has_a_whole_chain_at_each(opened):
    outbox = opened()
    for canteen in (HERE, THERE, HERE, THERE, THERE):
        weigh(outbox, canteen)
    again = opened()
    weigh(again, HERE)
    assert is_whole(again, HERE)
    assert is_whole(again, THERE)
    ids = [of(again, canteen)[0][0][0] for canteen in (HERE, THERE)]
    assert ids[0] == "scale-1"
    assert ids[1].startswith("scale-1.")


def test_ids_stay_within_what_the_ledger_takes_and_differ(opened):
    outbox = opened()
    long = ["s" * 63 + end for end in "ab"]
    for name in long:
        weigh(outbox, HERE, name)
        weigh(outbox, THERE, name)
    ids = {one["device_id"] for one in outbox.waiting(Kind.WEIGHING, 99)}
    assert len(ids) == 4
    assert max(map(len, ids)) == 64


def test_trays_of_two_canteens_are_numbered_apart(opened):
    outbox = opened()
    with outbox.transaction():
        for canteen in (HERE, THERE, HERE):
            outbox.add_tray("return", canteen, 20, NOON)
    told = [(one["canteen_id"][-1], one["sequence"]) for one in outbox.waiting(Kind.TRAY, 9)]
    assert told == [("1", 1), ("2", 1), ("1", 2)]


def old_file(file, *canteens):
    with sqlite3.connect(file) as db:
        db.executescript(OLD)
        db.execute("INSERT INTO device VALUES ('scale-1', 7, ?)", ("ab" * 32,))
        for place, canteen in enumerate(canteens):
            db.execute("INSERT INTO fact VALUES (?, ?)", (f"canteen {place}", str(canteen)))


@pytest.mark.parametrize("known_before", [(HERE,), ()])
def test_a_file_from_before_goes_on_where_it_was(opened, file, known_before):
    old_file(file, *known_before)
    weigh(opened(), HERE)
    assert of(opened(), HERE)[0] == [("scale-1", 8, "ab" * 32)]


def test_another_canteen_does_not_go_on_with_the_chain_of_the_one_that_was_known(opened, file):
    old_file(file, HERE)
    outbox = opened()
    weigh(outbox, THERE)
    weigh(outbox, HERE)
    assert is_whole(outbox, THERE)
    assert of(outbox, HERE)[0] == [("scale-1", 8, "ab" * 32)]


def listening(outbox, canteen):
    layout = parse(known()["weighings"])
    return Intake(outbox, layout, Target(canteen, Stream.PLATE, 0), Time(0.0, NOON))


def said(key, grams):
    return Heard("scale-1", str(key), key, Reading(Told.STABLE, grams), NOON)


def test_messages_of_one_name_reach_the_canteen_that_heard_them(opened):
    here, there = listening(opened(), HERE), listening(opened(), THERE)
    here.take([said(1, 500)], Time(1.0, NOON))
    there.take([said(1, 700), said(3, 900)], Time(1.0, NOON))  # 2 is waited for
    here.take([said(2, 600), said(2, 600)], Time(2.0, NOON))
    for after in (listening(opened(), HERE), listening(opened(), THERE)):
        for seconds in (60.0, 120.0):
            after.late(Time(seconds, NOON))
    outbox = opened()
    weights = [[one["gross_grams"] for one in of(outbox, at)[1]] for at in (HERE, THERE)]
    assert weights == [[500, 600], [700, 900]]
    assert is_whole(outbox, HERE)
    assert is_whole(outbox, THERE)
