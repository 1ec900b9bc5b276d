"""Messages out of order, doubled, lost, and from a counter that began anew."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from cleanplate_gateway.scales.mqtt.layout import Heard, known, parse, understand
from cleanplate_gateway.scales.mqtt.ordering import Ordering
from cleanplate_gateway.scales.readings import Reading, Told

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


def heard(number, at=None):
    return Heard("a", str(number), number, Reading(Told.STABLE, number), at)


def numbers(found):
    return [one.sequence for one in found]


def taken(order, messages, now=0.0):
    return [one.sequence for message in messages for one in order.add(message, now)]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_shuffled_and_doubled_within_the_window_comes_out_once_in_order(seed):
    chance, order = random.Random(seed), Ordering()  # noqa: S311
    sent = sorted(
        [*range(500), *chance.sample(range(500), 80)], key=lambda n: n + 40 * chance.random()
    )
    found = taken(order, map(heard, sent))
    assert found + numbers(order.late(100.0)) == list(range(500))


def test_a_lost_message_is_waited_for_a_while_only():
    order = Ordering()
    assert taken(order, [heard(1)]) == []
    assert numbers(order.late(6.0)) == [1]
    assert taken(order, [heard(3), heard(4)], now=10.0) == []
    assert numbers(order.late(14.0)) == []
    assert numbers(order.late(16.0)) == [3, 4]
    assert taken(order, [heard(2)], now=17.0) == []  # too late to be in order


def test_while_the_broker_is_away_nobody_is_late():
    order = Ordering()
    order.resume(heard(1))
    assert taken(order, [heard(3)], now=10.0) == []
    order.be_patient(60.0)
    assert numbers(order.late(61.0)) == []
    assert taken(order, [heard(2)], now=62.0) == [2, 3]


def test_a_counter_that_begins_anew_is_known_by_its_clock_and_by_how_far_behind_it_is():
    order = Ordering()
    order.resume(heard(300, NOON))
    assert taken(order, [heard(7, NOON - timedelta(minutes=1))]) == []  # an old message, doubled
    assert taken(order, [heard(0, NOON + timedelta(minutes=1))], now=0.0) == []
    assert numbers(order.late(6.0)) == [0]
    without_clock = Ordering()
    without_clock.resume(heard(5000))
    assert taken(without_clock, [heard(4500)]) == []
    assert taken(without_clock, [heard(0)]) == []
    assert numbers(without_clock.late(6.0)) == [0]


WHOLE = b'{"sequence": 7, "grams": 5200, "stable": true, "at": "2026-06-01T12:00:00.1+08:00"}'


def test_a_message_is_understood_whole_or_not_at_all():
    layout = parse(known()["readings"])
    good = understand(layout, "scales/kitchen-1/reading", WHOLE)
    assert (good.device, good.sequence, good.reading) == (
        "kitchen-1",
        7,
        Reading(Told.STABLE, 5200),
    )
    for end in range(len(WHOLE)):
        assert understand(layout, "scales/kitchen-1/reading", WHOLE[:end]) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b"7",
        b"\xff",
        b"[" * 4000,
        b"x" * 5000,
        WHOLE.replace(b"5200", b"NaN"),
        WHOLE.replace(b"5200", b"1e999999999"),
        WHOLE.replace(b"5200", b'"5200"'),
        WHOLE.replace(b"5200", b"true"),
        WHOLE.replace(b"7", b"-1"),
        WHOLE.replace(b"7", b"1.5"),
        WHOLE.replace(b"true", b'"yes"'),
        WHOLE.replace(b"2026-06-01T12", b"soon"),
        WHOLE.replace(b'"2026-06-01T12:00:00.1+08:00"', b"1e300"),
    ],
)
def test_what_is_no_message_is_none(payload):
    assert understand(parse(known()["readings"]), "scales/kitchen-1/reading", payload) is None


def test_a_clock_that_was_never_set_is_no_clock_and_the_weight_counts():
    never = WHOLE.replace(b'"2026-06-01T12:00:00.1+08:00"', b"12")
    found = understand(parse(known()["readings"]), "scales/kitchen-1/reading", never)
    assert (found.at, found.reading.grams) == (None, 5200)
