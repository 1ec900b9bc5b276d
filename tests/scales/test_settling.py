import pytest

from cleanplate_gateway.scales import watching
from cleanplate_gateway.scales.findings import Finding, Outcome
from cleanplate_gateway.scales.settling import Settling
from cleanplate_gateway.scales.watching import Watch
from support.scales import NAMES, OVERLOAD, SAYS_WHETHER_STABLE, a_day, damaged, line, protocol

READINGS = 10_000


def told(spoken, lines, seconds=0.1):
    watch, findings = Watch(spoken, 0), []
    for number, one in enumerate(lines):
        middle = len(one) * (number % 7) // 7
        findings += watch.feed(one[:middle], number * seconds)
        findings += watch.feed(one[middle:], number * seconds)
    return findings


def weights(findings):
    return [one.grams for one in findings if one.outcome is Outcome.WEIGHED]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_of_10000_damaged_lines_exactly_what_was_put_on_is_taken(name, seed):
    day = a_day(name, READINGS, seed)
    findings = told(protocol(name), damaged(day.lines, seed))
    assert weights(findings) == day.put_on
    assert len(findings) == len(day.put_on) > 100


class Forgetful(Settling):
    """Takes whatever settles, as if the scale had moved."""

    def take(self, reading, at):
        self._resting = None
        return super().take(reading, at)


@pytest.mark.parametrize("name", NAMES)
def test_without_the_rule_that_the_scale_must_move_weights_are_taken_again(name, monkeypatch):
    """The negative control."""
    monkeypatch.setattr(watching, "Settling", Forgetful)
    day = a_day(name, READINGS, 1)
    assert len(weights(told(protocol(name), day.lines))) > 2 * len(day.put_on)


def test_if_one_line_were_enough_a_spliced_one_would_be_taken():
    """The negative control of two lines that agree."""
    day = a_day("continuous", READINGS, 1)
    hasty = protocol("continuous", readings_to_settle=1)
    assert weights(told(hasty, day.lines)) == day.put_on
    assert set(weights(told(hasty, damaged(day.lines, 1)))) - set(day.put_on)


def test_the_same_weight_is_taken_again_once_the_scale_was_empty():
    name = "continuous"
    load, empty = [line(name, 5200)] * 5, [line(name, 0)] * 5
    assert weights(told(protocol(name), load * 3)) == [5200]
    assert weights(told(protocol(name), load + empty + load)) == [5200, 5200]


def test_what_is_added_is_taken_and_creeping_is_not():
    name = "continuous"
    creeping = [line(name, 5200 + 5 * step) for step in range(20) for _ in range(5)]
    assert weights(told(protocol(name), creeping)) == [5200]
    added = [line(name, grams) for grams in (5200, 7300) for _ in range(5)]
    assert weights(told(protocol(name), added)) == [5200, 7300]


def test_without_a_word_from_the_scale_a_weight_has_to_last():
    name = "xk3190"
    assert weights(told(protocol(name), [line(name, 800)] * 9)) == []
    assert weights(told(protocol(name), [line(name, 800)] * 13)) == [800]
    assert weights(told(protocol(name), [line(name, 800)] * 13, seconds=3.1)) == []


@pytest.mark.parametrize("name", SAYS_WHETHER_STABLE)
def test_overload_is_told_once_and_is_no_weight(name):
    load, over = [line(name, 5200)] * 5, [OVERLOAD[name]] * 5
    found = told(protocol(name), load + over + load + over)
    assert [one.outcome for one in found] == [Outcome.WEIGHED, Outcome.OVERLOAD] * 2
    assert told(protocol(name), [*load, OVERLOAD[name], *load]) == [Finding(Outcome.WEIGHED, 5200)]


@pytest.mark.parametrize("name", ["a-and-d", "adam", "continuous", "xk3190"])
def test_a_weight_below_zero_is_told_as_such(name):
    assert told(protocol(name), [line(name, -1200)] * 30) == [Finding(Outcome.NEGATIVE)]
    assert told(protocol(name), [line(name, -5)] * 30) == []


def test_the_scale_itself_says_that_it_is_below_zero():
    assert told(protocol("toledo-8217"), [b"\x02?D\r"] * 9) == [Finding(Outcome.NEGATIVE)]


def test_silence_and_foreign_lines_are_told_once_and_after_a_while():
    spoken = protocol("continuous")
    watch = Watch(spoken, 0)
    assert [list(watch.feed(b"", at)) for at in (1, 2, 3, 4, 5)] == [
        [], [], [], [Finding(Outcome.SILENT)], [],
    ]  # fmt: skip
    foreign = told(spoken, [line("xk3190", 800)] * 100)
    assert foreign == [Finding(Outcome.UNREADABLE)]
