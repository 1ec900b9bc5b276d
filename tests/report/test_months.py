from datetime import date

import pytest

from cleanplate_report.domain.months import Month, change, ratio


@pytest.mark.parametrize(
    ("text", "last", "before", "year_before"),
    [
        ("2026-01", date(2026, 1, 31), "2025-12", "2025-01"),
        ("2026-12", date(2026, 12, 31), "2026-11", "2025-12"),
        ("2024-02", date(2024, 2, 29), "2024-01", "2023-02"),
        ("2026-02", date(2026, 2, 28), "2026-01", "2025-02"),
        ("2026-04", date(2026, 4, 30), "2026-03", "2025-04"),
        ("2000-01", date(2000, 1, 31), "1999-12", "1999-01"),
        ("2099-12", date(2099, 12, 31), "2099-11", "2098-12"),
    ],
)
def test_a_month_knows_its_days_and_the_months_it_is_held_against(text, last, before, year_before):
    month = Month.parse(text)
    assert str(month) == text
    assert (month.first, month.last) == (last.replace(day=1), last)
    assert (str(month.before), str(month.year_before)) == (before, year_before)


def test_what_is_not_a_month_is_refused():
    with pytest.raises(ValueError, match="month"):
        Month.parse("2026-13")


def test_a_ratio_without_a_whole_is_none():
    assert ratio(5, 0) is None
    assert ratio(0, 5) == 0.0
    assert ratio(1, 4) == 0.25


def test_a_change_needs_a_rate_on_both_sides_and_something_before():
    assert change(85.0, 100.0) == pytest.approx(-0.15)
    assert change(0.0, 100.0) == -1.0
    assert change(None, 100.0) is None
    assert change(85.0, None) is None
    assert change(85.0, 0.0) is None
