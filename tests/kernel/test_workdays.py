from datetime import date

import pytest

from cleanplate_shared.workdays import day_kind, workdays


@pytest.mark.parametrize(
    ("day", "is_workday", "is_make_up"),
    [
        (date(2026, 10, 10), True, True),  # a Saturday worked for the National Day week
        (date(2026, 10, 1), False, True),  # a Thursday, National Day
        (date(2026, 10, 8), True, False),
        (date(2026, 10, 17), False, False),
        (date(2026, 11, 20), True, False),
    ],
)
def test_days_of_a_published_year(day, is_workday, is_make_up):
    kind = day_kind(day)
    assert (kind.is_workday, kind.is_make_up, kind.announced) == (is_workday, is_make_up, True)


def test_a_holiday_has_its_name():
    assert "国庆" in day_kind(date(2026, 10, 1)).holiday
    assert day_kind(date(2026, 11, 20)).holiday is None


def test_a_year_not_announced_says_so_and_falls_back_to_weekdays():
    assert not day_kind(date(2031, 3, 3)).announced
    assert day_kind(date(2031, 3, 3)).is_workday
    assert not day_kind(date(2031, 3, 2)).is_workday
    assert not day_kind(date(2031, 10, 1)).is_workday  # fixed by law


def test_a_day_set_by_hand_wins_and_is_certain():
    day = date(2031, 3, 2)
    kind = day_kind(day, {day: True})
    assert (kind.is_workday, kind.is_make_up, kind.announced) == (True, True, True)
    assert day_kind(date(2026, 11, 20), {date(2026, 11, 20): False}).is_workday is False


def test_workdays_count_make_up_days_and_leave_holidays_out():
    found = workdays(date(2026, 10, 1), date(2026, 10, 11))
    assert found == [date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 10)]
