import itertools
import uuid
from datetime import date, timedelta

import pytest

from cleanplate_shared.contracts.menu import MealSessionsChanged
from cleanplate_shared.contracts.waste import DaysWeighed
from support.facts import a_day, a_session, held, weighed
from support.services import CANTEEN

VERSIONS = [(1, 1000), (2, 3000), (3, 2000)]


@pytest.mark.parametrize("order", list(itertools.permutations(VERSIONS)))
async def test_the_newest_version_counts_in_whatever_order_it_comes(service, monthly, order):
    session_id = uuid.uuid4()
    for version, grams in order:
        told = weighed(a_day("2026-06-01", 100, version=version, plate=grams))
        fact = a_session("2026-06-01", served=grams, version=version, session_id=session_id)
        assert await service.tell(told, held(fact)) == 2
        assert await service.tell(told, held(fact)) == 2  # at least once
    figures = (await monthly())["figures"]
    assert figures["net_grams"] == 2000
    assert figures["served"] == 2000
    assert figures["days_complete"] == 1


async def test_a_day_twice_in_one_event_counts_once_in_its_newest_version(service, monthly):
    newer, older = a_day("2026-06-01", version=2, plate=700), a_day("2026-06-01", plate=900)
    await service.tell(weighed(newer, older, newer))
    assert (await monthly())["figures"]["net_grams"] == 700


async def test_a_stream_that_the_newest_version_does_not_name_no_longer_counts(service, monthly):
    await service.tell(weighed(a_day("2026-06-01", version=1, plate=700, unserved=300)))
    assert (await monthly())["figures"]["net_grams"] == 1000
    await service.tell(weighed(a_day("2026-06-01", version=2, plate=700)))
    assert (await monthly())["figures"]["net_grams"] == 700


async def test_the_same_version_with_other_numbers_changes_nothing(service, monthly):
    await service.tell(weighed(a_day("2026-06-01", plate=700)))
    await service.tell(weighed(a_day("2026-06-01", plate=900)))
    assert (await monthly())["figures"]["net_grams"] == 700


async def test_a_corrected_day_can_become_incomplete_again(service, monthly):
    await service.tell(weighed(a_day("2026-06-01", version=1)))
    await service.tell(weighed(a_day("2026-06-01", complete=False, version=2)))
    figures = (await monthly())["figures"]
    assert (figures["days_open"], figures["days_complete"], figures["net_grams"]) == (1, 0, 0)


async def test_a_meal_session_that_moved_to_another_day_counts_there(service, monthly):
    fact = a_session("2026-05-31")
    await service.tell(held(fact))
    moved = fact.model_copy(update={"date": date(2026, 6, 1), "version": 2})
    await service.tell(held(moved))
    report = await monthly()
    assert (report["figures"]["served"], report["last_month"]["served"]) == (100, 0)


async def test_days_of_a_canteen_not_yet_known_wait_for_it(service, monthly):
    """Events of two services come in no order: waste may be told before the canteen."""
    unknown = uuid.uuid4()
    assert await service.tell(weighed(a_day("2026-06-01", canteen_id=unknown))) == 1
    assert (await monthly())["figures"]["net_grams"] == 0


async def test_full_events_are_kept_whole(service, monthly):
    first = date(2025, 2, 6)
    days = [
        a_day((first + timedelta(days=n)).isoformat(), 10, plate=n, unserved=1) for n in range(500)
    ]
    await service.tell(DaysWeighed(days=days))
    await service.tell(
        MealSessionsChanged(sessions=[a_session(day.date.isoformat()) for day in days])
    )
    in_june = [n for n in range(500) if (first + timedelta(days=n)).isoformat()[:7] == "2026-06"]
    figures = (await monthly())["figures"]
    assert figures["net_grams"] == sum(in_june) + len(in_june)
    assert figures["days_complete"] == len(in_june) == 20
    assert figures["served"] == 100 * 20
    assert days[0].canteen_id == CANTEEN
