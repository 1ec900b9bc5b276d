from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate_menu import domain

COUNTS = st.integers(0, 2000)


@given(COUNTS, COUNTS, COUNTS, st.none() | COUNTS)
def test_attendance_always_adds_up(registered, came, walk_ins, counted):
    came = min(came, registered)
    shown = domain.turnout(registered, came, walk_ins, counted)
    assert shown.served == shown.registered - shown.no_shows + shown.walk_ins
    assert min(shown.served, shown.no_shows, shown.walk_ins) >= 0
    assert shown.no_shows <= registered
    if counted is None:
        assert (shown.no_shows, shown.walk_ins) == (registered - came, walk_ins)
    else:
        assert shown.served == counted


def test_a_day_ends_in_the_canteens_zone_also_when_the_clocks_change():
    rome, shanghai = ZoneInfo("Europe/Rome"), ZoneInfo("Asia/Shanghai")
    assert domain.end_of_day(date(2026, 3, 29), rome) == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert domain.end_of_day(date(2026, 10, 25), rome) == datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert domain.end_of_day(date(2026, 3, 2), shanghai) == datetime(2026, 3, 2, 16, tzinfo=UTC)
    cutoff = domain.default_cutoff(date(2026, 3, 2), shanghai)
    assert cutoff == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_pickup_codes_have_no_letters_to_misread():
    codes = {domain.pickup_code() for _ in range(1000)}
    assert len(codes) > 990
    assert all(len(code) == 6 and not set(code) & set("ILOU") for code in codes)


@pytest.mark.parametrize(
    ("cutoff", "wanted"),
    [
        ("20:00", "19:00"),
        ("08:00", "07:00"),
        ("23:30", "21:30"),
        ("06:00", "21:30"),
        ("23:00", "21:30"),
    ],
)
def test_a_reminder_comes_an_hour_before_or_on_the_evening_before(cutoff, wanted):
    here = ZoneInfo("Asia/Shanghai")
    at = datetime.combine(datetime(2026, 3, 4, tzinfo=UTC).date(), time.fromisoformat(cutoff), here)
    found = domain.remind_at(at, 60, here)
    assert found.astimezone(here).strftime("%H:%M") == wanted
    assert found <= at - timedelta(hours=1)
