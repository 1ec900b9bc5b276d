from datetime import timedelta

import pytest

from support.services import CANTEEN, OTHER_CANTEEN
from waste.kitchen import (
    DAY,
    FOOD,
    a_session,
    a_weighing,
    all_food,
    cook,
    kept,
    manager,
    outcomes,
    send,
    summary,
    tell_sessions,
    told,
)

NEXT = DAY + timedelta(days=1)
STREAMS = f"/api/v1/waste/canteens/{CANTEEN}/required-streams"


def of(session, **changes):
    return {"meal_session_id": str(session.meal_session_id)} | changes


async def test_a_complete_day_is_grams_of_food_per_counted_diner(service):
    await tell_sessions(service, a_session(served=160), a_session(served=40, meal="dinner"))
    await send(service, *all_food(net=1234), a_weighing("plate", 800, 123))
    [day] = await summary(service)
    assert day == {
        "date": str(DAY), "meal": None, "stream": None, "net_grams": 5 * 1234 + 677,
        "served": 200, "grams_per_diner_meal": (5 * 1234 + 677) / 200, "complete": True,
        "missing": [], "days": 1,
    }  # fmt: skip


async def test_oil_and_what_is_no_food_are_outside_the_totals(service):
    await tell_sessions(service, a_session(served=100))
    await send(service, *all_food(), a_weighing("oil", 9000, 0), a_weighing("nonfood", 700, 0))
    [day] = await summary(service)
    assert (day["net_grams"], day["grams_per_diner_meal"]) == (5000, 50.0)
    by_stream = {item["stream"]: item["net_grams"] for item in await summary(service, "stream")}
    assert by_stream == dict.fromkeys(FOOD, 1000) | {"oil": 9000, "nonfood": 700}


async def test_the_denominator_is_not_the_number_of_weighings(service):
    await tell_sessions(service, a_session(served=100))
    await send(service, *all_food(), *(a_weighing("plate", 500, 500) for _ in range(50)))
    [day] = await summary(service)
    assert (day["served"], day["grams_per_diner_meal"]) == (100, 50.0)


async def test_a_stream_weighed_zero_is_covered_and_one_not_weighed_is_missing(service):
    await tell_sessions(service, a_session(served=100))
    *others, plate = all_food()
    await send(service, *others)
    [day] = await summary(service)
    assert (day["complete"], day["missing"], day["grams_per_diner_meal"]) == (
        False,
        ["plate"],
        None,
    )
    await send(service, plate | {"gross_grams": 500, "tare_grams": 500})
    [day] = await summary(service)
    assert (day["complete"], day["missing"], day["grams_per_diner_meal"]) == (True, [], 40.0)


@pytest.mark.parametrize("served", [None, 0])
async def test_a_day_without_diners_counted_has_no_rate(service, served):
    await tell_sessions(service, a_session(served=served, registered=10))
    await send(service, *all_food())
    [day] = await summary(service)
    assert (day["complete"], day["missing"], day["grams_per_diner_meal"]) == (False, [], None)
    assert (day["served"], day["net_grams"]) == (served, 5000)


async def test_a_day_is_incomplete_while_a_meal_with_registrations_is_not_counted(service):
    lunch, dinner = a_session(served=100), a_session(meal="dinner", registered=30)
    await tell_sessions(service, lunch, dinner)
    await send(service, *all_food())
    assert not (await summary(service))[0]["complete"]
    await tell_sessions(service, dinner.model_copy(update={"served": 25, "version": 2}))
    [day] = await summary(service)
    assert (day["complete"], day["grams_per_diner_meal"]) == (True, 40.0)


async def test_each_open_meal_needs_its_own_weighing_unless_the_day_has_one(service):
    lunch, dinner = a_session(served=100), a_session(served=50, meal="dinner")
    await tell_sessions(service, lunch, dinner, a_session(served=0, meal="breakfast"))
    await send(service, *all_food(**of(lunch)))
    [day] = await summary(service)
    assert (day["complete"], day["missing"]) == (False, list(FOOD))
    await send(service, *(a_weighing(s, 900, 0, **of(dinner)) for s in FOOD[:-1]))
    assert (await summary(service))[0]["missing"] == ["plate"]
    await send(service, a_weighing("plate", 300, 0))
    [day] = await summary(service)
    assert (day["complete"], day["net_grams"]) == (True, 5000 + 4 * 900 + 300)


async def test_by_meal_each_meal_stands_beside_what_belongs_to_the_day(service):
    lunch, dinner = a_session(served=100), a_session(served=50, meal="dinner")
    await tell_sessions(service, lunch, dinner)
    await send(
        service, *all_food(**of(lunch)), a_weighing("plate", 250, 0, **of(dinner)),
        a_weighing("spoilage", 70, 0),
    )  # fmt: skip
    items = await summary(service, "meal")
    found = [
        (i["meal"], i["net_grams"], i["served"], i["grams_per_diner_meal"], i["complete"])
        for i in items
    ]
    assert found == [
        ("lunch", 5000, 100, 50.0, True),
        ("dinner", 250, 50, None, False),
        (None, 70, 150, None, False),
    ]
    assert items[1]["missing"] == list(FOOD[:-1])
    assert sum(i["net_grams"] for i in items) == (await summary(service))[0]["net_grams"]


async def test_by_stream_a_ratio_of_sums_over_complete_days_only(service):
    day_3, day_4 = NEXT, NEXT + timedelta(days=1)
    await tell_sessions(
        service, a_session(served=100), a_session(served=300, day=day_3),
        a_session(served=500, day=day_4),
    )  # fmt: skip
    await send(service, *all_food(net=1000), *all_food(day_3, 2000), *all_food(day_4, 99)[:-1])
    items = await summary(service, "stream", last=day_4)
    assert [i["stream"] for i in items] == list(FOOD)
    for item in items:
        assert (item["net_grams"], item["served"], item["days"]) == (3000, 400, 2)
        assert (item["grams_per_diner_meal"], item["complete"]) == (7.5, True)


async def test_an_open_day_without_a_weighing_is_shown_and_told_as_incomplete(service):
    await tell_sessions(service, a_session(served=100), a_session(day=NEXT))
    [day] = await summary(service, last=NEXT)
    assert (day["date"], day["complete"], day["net_grams"]) == (str(DAY), False, 0)
    [heard] = told(service)
    assert (heard["date"], heard["served"], heard["complete"]) == (str(DAY), 100, False)
    assert [s["covered"] for s in heard["streams"]] == [False] * 5


async def test_days_are_told_as_totals_with_a_growing_version(service):
    await send(service, *all_food())
    await tell_sessions(service, a_session(served=80))
    await send(service, a_weighing("oil", 10, 0))
    days = told(service)
    assert [d["version"] for d in days] == [1, 2, 3]
    assert [d["complete"] for d in days] == [False, True, True]
    assert {s["stream"]: s["net_grams"] for s in days[-1]["streams"]} == dict.fromkeys(
        FOOD, 1000
    ) | {"oil": 10}


async def test_a_day_that_closes_again_is_told_too(service):
    lunch = a_session(served=80)
    await tell_sessions(service, lunch)
    await tell_sessions(service, lunch.model_copy(update={"served": 0, "version": 2}))
    assert [d["served"] for d in told(service)] == [80, 0]
    assert await summary(service) == []


async def test_a_stale_fact_changes_nothing(service):
    lunch = a_session(served=80, version=5)
    await tell_sessions(service, lunch)
    for version in (4, 5):
        await tell_sessions(service, lunch.model_copy(update={"served": 1, "version": version}))
    assert [d["served"] for d in told(service)] == [80]


async def test_of_two_facts_of_a_session_in_one_event_the_newest_counts(service):
    lunch = a_session(served=80, version=2)
    await tell_sessions(service, lunch, lunch.model_copy(update={"served": 7, "version": 1}))
    assert [d["served"] for d in told(service)] == [80]


async def test_registrations_alone_tell_nobody_anything(service):
    lunch = a_session(served=80, registered=10)
    await tell_sessions(service, lunch)
    await tell_sessions(service, lunch.model_copy(update={"registered": 11, "version": 2}))
    assert len(told(service)) == 1


async def test_a_weighing_waits_for_its_session_and_then_moves_to_its_day(service):
    """A session's day counts, not the instant: dinner's plates are weighed after midnight."""
    dinner = a_session(served=50, meal="dinner")
    late = {"weighed_at": f"{NEXT}T00:30:00+08:00"}
    assert set(await outcomes(service, *all_food(**of(dinner, **late)))) == {"created"}
    [day] = await summary(service, last=NEXT)
    assert (day["date"], day["missing"]) == (str(NEXT), list(FOOD))
    await tell_sessions(service, dinner)
    [day] = await summary(service, last=NEXT)
    assert (day["date"], day["grams_per_diner_meal"]) == (str(DAY), 100.0)
    last = {d["date"]: d for d in told(service)}
    assert sum(s["net_grams"] for s in last[str(NEXT)]["streams"]) == 0
    assert sum(s["net_grams"] for s in last[str(DAY)]["streams"]) == 5000
    assert kept(service) == (5, 5000)


async def test_a_moved_session_takes_its_weighings_along(service):
    dinner = a_session(served=50, meal="dinner")
    await tell_sessions(service, dinner)
    await send(service, *all_food(**of(dinner)))
    await tell_sessions(service, dinner.model_copy(update={"date": NEXT, "version": 2}))
    [day] = await summary(service, last=NEXT)
    assert (day["date"], day["complete"]) == (str(NEXT), True)
    assert {d["date"]: d["complete"] for d in told(service)} == {str(DAY): False, str(NEXT): True}


async def test_a_weighing_is_not_taken_along_by_another_canteens_session(service):
    foreign = a_session(served=50, canteen_id=OTHER_CANTEEN, day=NEXT)
    await send(service, a_weighing(**of(foreign)))
    await tell_sessions(service, foreign)
    [day] = await summary(service, last=NEXT)
    assert (day["date"], day["net_grams"], day["complete"]) == (str(DAY), 1000, False)


async def test_a_canteen_that_weighs_only_plates_is_complete_with_plates(service):
    await tell_sessions(service, a_session(served=100))
    await send(service, a_weighing("plate"))
    assert not (await summary(service))[0]["complete"]
    answer = await service.client.put(STREAMS, json={"streams": ["plate"]}, headers=manager())
    assert answer.json() == {"streams": ["plate"]}
    assert (await service.client.get(STREAMS, headers=cook())).json() == {"streams": ["plate"]}
    [day] = await summary(service)
    assert (day["complete"], day["grams_per_diner_meal"]) == (True, 10.0)
    assert told(service)[-1]["complete"]


@pytest.mark.parametrize("streams", [[], ["oil"], ["soup"], None])
async def test_required_streams_are_streams_of_food(service, streams):
    answer = await service.client.put(STREAMS, json={"streams": streams}, headers=manager())
    assert answer.status_code == 422


async def test_a_cook_does_not_set_what_must_be_weighed(service):
    answer = await service.client.put(STREAMS, json={"streams": ["plate"]}, headers=cook())
    assert answer.status_code == 403
