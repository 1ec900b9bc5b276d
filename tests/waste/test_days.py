import pytest

from cleanplate_shared.contracts.menu import MealSessionsChanged
from support.services import CANTEEN
from waste.kitchen import a_session, a_weighing, move_canteen, outcomes, send, summary


@pytest.mark.parametrize(
    ("time_zone", "at", "day"),
    [
        ("Asia/Shanghai", "2026-03-02T15:59:59Z", "2026-03-02"),
        ("Asia/Shanghai", "2026-03-02T16:00:00Z", "2026-03-03"),
        ("Asia/Shanghai", "2026-02-28T23:30:00-05:00", "2026-03-01"),
        # Paris: +1 before and +2 after the last Sunday of March
        ("Europe/Paris", "2026-03-28T22:59:59Z", "2026-03-28"),
        ("Europe/Paris", "2026-03-28T23:00:00Z", "2026-03-29"),
        ("Europe/Paris", "2026-03-29T21:59:59Z", "2026-03-29"),
        ("Europe/Paris", "2026-03-29T22:00:00Z", "2026-03-30"),
        ("Europe/Paris", "2025-10-26T22:59:59Z", "2025-10-26"),
        ("Europe/Paris", "2025-10-26T23:00:00Z", "2025-10-27"),
    ],
)
async def test_a_weighing_is_of_the_day_at_the_canteen(service, time_zone, at, day):
    move_canteen(service, time_zone)
    await send(service, a_weighing(weighed_at=at))
    items = await summary(service, first="2025-10-01", last="2026-04-01")
    assert [item["date"] for item in items] == [day]


async def test_an_instant_whose_day_is_before_2000_is_refused(service):
    move_canteen(service, "America/New_York")
    item = a_weighing(weighed_at="2000-01-01T01:00:00Z")
    assert await outcomes(service, item) == ["Unprocessable"]


async def test_500_sessions_in_one_event_are_500_days(service):
    facts = [
        a_session(served=10 + n, day=f"2025-{1 + n % 12:02}-{1 + n // 12 % 28:02}", meal=meal)
        for n in range(166)
        for meal in ("breakfast", "lunch", "dinner")
    ]
    assert await service.tell(MealSessionsChanged(sessions=facts)) == 1
    items = await summary(service, first="2025-01-01", last="2025-12-31")
    assert len(items) == 166
    assert sum(item["served"] for item in items) == 3 * sum(10 + n for n in range(166))
    assert all(fact.canteen_id == CANTEEN for fact in facts)
