"""Who is wanted on a day, and what that changes."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cleanplate_menu.domain.planning import (
    OPT_OUT,
    PATTERN,
    Difference,
    Plan,
    Standing,
    There,
    difference,
    wanted,
)
from cleanplate_shared.workdays import day_kind

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
MONDAY = day_kind(date(2026, 3, 2))
PEOPLE = [uuid.UUID(int=n) for n in range(1, 6)]


def a_plan(person: uuid.UUID = PEOPLE[0], source: str = PATTERN, **changes: object) -> Plan:
    return replace(Plan(person, source, SINCE, "full", "normal"), **changes)


@pytest.mark.parametrize(
    ("day", "weekdays", "is_wanted"),
    [
        (date(2026, 3, 2), "1", True),
        (date(2026, 3, 2), "23456", False),
        (date(2026, 4, 6), "1", False),  # a Monday, and a holiday
        (date(2026, 5, 9), "6", True),  # a Saturday, worked for Tuesday 5 May
        (date(2026, 5, 9), "12345", False),  # and no weekday that it makes up for
        (date(2026, 5, 16), "6", False),  # a Saturday of rest
    ],
)
def test_a_plan_counts_on_workdays_by_their_own_weekday(day, weekdays, is_wanted):
    assert bool(wanted(day_kind(day), [a_plan(weekdays=weekdays)], set())) is is_wanted


def test_a_day_set_by_hand_counts_before_the_calendar():
    assert not wanted(day_kind(MONDAY.day, {MONDAY.day: False}), [a_plan()], set())


def test_a_plan_counts_from_its_first_day_to_its_last():
    days = [MONDAY.day + timedelta(n) for n in range(4)]
    plan = a_plan(first_day=days[1], last_day=days[2])
    assert [bool(wanted(day_kind(day), [plan], set())) for day in days] == [
        False, True, True, False,
    ]  # fmt: skip


def test_who_is_absent_is_not_wanted():
    plans = [a_plan(), a_plan(PEOPLE[1])]
    assert list(wanted(MONDAY, plans, {PEOPLE[0]})) == [PEOPLE[1]]


def test_a_wish_counts_before_a_pattern_and_a_pattern_before_the_unit():
    plans = [a_plan(source=OPT_OUT), a_plan(), a_plan(source="self", restores=uuid.uuid4())]
    for chosen in (plans, plans[::-1]):
        assert wanted(MONDAY, chosen, set())[PEOPLE[0]].source == "self"
        without = [plan for plan in chosen if plan.restores is None]
        assert wanted(MONDAY, without, set())[PEOPLE[0]].source == PATTERN


def test_what_was_chosen_by_hand_returns_on_any_day():
    sunday = day_kind(date(2026, 3, 1))
    assert wanted(sunday, [a_plan(source="self", restores=uuid.uuid4())], set())


def test_the_older_plan_comes_first():
    plans = {p: a_plan(p, since=SINCE - timedelta(n)) for n, p in enumerate(PEOPLE)}
    assert [plan.person_id for plan in difference(plans, {}).take] == PEOPLE[::-1]


def test_what_people_did_themselves_stays():
    seat, line, no = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    there = {
        PEOPLE[0]: There(seat, Standing.SEAT, None),
        PEOPLE[1]: There(line, Standing.LINE, None),
        PEOPLE[2]: There(no, Standing.DECLINED, PATTERN),
    }
    assert difference({}, there) == Difference()
    assert difference({person: a_plan(person) for person in PEOPLE[:3]}, there) == Difference()


def test_what_no_plan_wants_any_more_goes_and_what_another_wants_changes_hands():
    seat, line, other = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    kept = There(other, Standing.SEAT, OPT_OUT)
    there = {
        PEOPLE[0]: There(seat, Standing.SEAT, PATTERN),
        PEOPLE[1]: There(line, Standing.LINE, OPT_OUT),
        PEOPLE[2]: kept,
    }
    pattern = a_plan(PEOPLE[2])
    found = difference({PEOPLE[2]: pattern}, there)
    assert found == Difference(withdraw=[seat], leave=[line], relabel={kept: pattern})


def test_a_part_of_a_difference_frees_seats_before_it_takes_them():
    found = Difference(
        take=[a_plan(person) for person in PEOPLE],
        withdraw=[uuid.uuid4() for _ in range(3)],
        leave=[uuid.uuid4()],
    )
    some = found.first(6)
    assert (some.leave, some.withdraw, some.take) == (found.leave, found.withdraw, found.take[:2])
    assert found.first(9) is found
