"""A return where a hundred trays pass in a minute."""

import json
import random

from cleanplate_gateway.scales.readings import Reading, Told
from cleanplate_gateway.scales.trays import Trays, TrayTare, least_grams
from cleanplate_gateway.scales.watching import Watch
from support.scales import damaged, line, protocol

DIVISION, TRAY = 5, 450
SCALE = "continuous"


def an_hour(trays, seed):
    """Return what a scale sends while trays pass, ten times a second, and the rests on them."""
    chance, shown, rests = random.Random(seed), [], []  # noqa: S311
    for _ in range(trays):
        rest = 0 if chance.random() < 0.4 else 5 * chance.randint(1, 80)
        whole = TRAY + rest
        flickers = chance.randrange(12)
        resting = [whole + DIVISION * (place == flickers) for place in range(4)]
        shown += [chance.randint(10, 140), *resting]
        shown += [0] * chance.randint(1, 2)
        rests.append(rest)
    return [*shown, 0, 0], rests


def weighed(shown, given=None):
    passing, tare = Trays(DIVISION, least_grams(given)), TrayTare(DIVISION, given)
    found = []
    for grams in shown:
        if finding := passing.take(Reading(Told.WEIGHT_ONLY, grams), 0.0):
            found += tare.rests(finding.grams)
    return found


def test_of_an_hour_at_a_hundred_a_minute_every_tray_is_told_once_with_its_rest():
    shown, rests = an_hour(6000, seed=5)
    assert weighed(shown) == rests
    assert weighed(shown, given=TRAY) == rests


def test_a_wrong_tare_is_not_right_by_chance():
    shown, rests = an_hour(100, seed=6)
    assert weighed(shown, given=TRAY - 20) != rests


def test_lines_of_a_bad_cable_lose_no_tray():
    shown, rests = an_hour(2000, seed=7)
    spoken = protocol(SCALE)
    watch = Watch(spoken, 0.0, Trays(DIVISION, least_grams(TRAY)))
    found = []
    lines = [line(SCALE, grams) for grams in shown for _ in range(5)]  # fifty a second
    for number, one in enumerate(damaged(lines, seed=8)):
        for finding in watch.feed(one, number / 50):
            found += [finding.grams - TRAY] if finding.grams is not None else []
    assert found == rests


def test_a_tray_that_stays_is_told_when_it_leaves_and_once():
    assert weighed([0, *[460] * 50], given=TRAY) == []
    assert weighed([0, *[460] * 50, 0, 0], given=TRAY) == [10]


def test_a_hand_on_the_scale_is_no_tray():
    assert weighed([0, 40, 45, 60, 60, 0], given=TRAY) == []
    assert weighed([0, 300, 700, 340, 0], given=TRAY) == []


def test_nothing_is_told_before_the_tray_is_known_and_nothing_is_lost_then():
    shown, rests = an_hour(19, seed=9)
    assert weighed(shown) == []
    more, later = an_hour(30, seed=10)
    assert json.dumps(weighed(shown + more)) == json.dumps(rests + later)
