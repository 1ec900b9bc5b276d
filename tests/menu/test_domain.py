from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

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
