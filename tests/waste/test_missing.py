from datetime import timedelta

import pytest

from support.identities import bearer
from support.services import CANTEEN, OTHER_CANTEEN
from waste.kitchen import a_session, a_weighing, cook, manager, send, tell_sessions

PATH = "/api/v1/waste/missing"
REQUIRED = f"/api/v1/waste/canteens/{CANTEEN}/required-streams"
HOUR = timedelta(hours=1)


async def ask(service, caller=None):
    return await service.client.get(
        PATH,
        params={"canteen_id": str(CANTEEN), "date": str(service.clock.day)},
        headers=caller or cook(),
    )


async def missing(service):
    answer = await ask(service)
    assert answer.status_code == 200, answer.text
    return [(one["meal"], one["streams"]) for one in answer.json()["items"]]


async def weigh(service, stream, **changes):
    at = service.clock().isoformat()
    await send(service, a_weighing(stream, **({"weighed_at": at} | changes)))


@pytest.fixture
async def over(service):
    """A lunch that ended an hour ago; unserved and plate have to be weighed."""
    wanted = {"streams": ["unserved", "plate"]}
    await service.client.put(REQUIRED, json=wanted, headers=manager())
    facts = a_session(
        registered=80, day=service.clock.day, serves_until=service.clock() - HOUR, meal="lunch"
    )
    await tell_sessions(service, facts)
    return facts


async def test_a_meal_that_is_over_is_missed_until_each_stream_was_weighed(service, over):
    assert await missing(service) == [("lunch", ["unserved", "plate"])]
    of_lunch = {"meal_session_id": str(over.meal_session_id)}
    await weigh(service, "plate", **of_lunch)
    assert await missing(service) == [("lunch", ["unserved"])]
    await weigh(service, "unserved", gross=0, tare=0, **of_lunch)
    assert await missing(service) == []


async def test_what_was_weighed_for_the_whole_day_counts_and_another_meal_does_not(service, over):
    dinner = a_session(registered=9, meal="dinner", day=over.date)
    await tell_sessions(service, dinner)
    await weigh(service, "plate", meal_session_id=str(dinner.meal_session_id))
    assert await missing(service) == [("lunch", ["unserved", "plate"])]
    await weigh(service, "plate")
    assert await missing(service) == [("lunch", ["unserved"])]


async def test_a_meal_that_goes_on_or_that_nobody_wanted_is_not_missed(service, over):
    later = {"day": over.date, "meal_session_id": over.meal_session_id}
    goes_on = a_session(registered=80, version=2, serves_until=service.clock() + HOUR, **later)
    await tell_sessions(service, goes_on)
    assert await missing(service) == []
    nobody = a_session(version=3, serves_until=over.serves_until, **later)
    await tell_sessions(service, nobody)
    assert await missing(service) == []
    walk_ins = a_session(served=3, version=4, serves_until=over.serves_until, **later)
    await tell_sessions(service, walk_ins)
    assert await missing(service) == [("lunch", ["unserved", "plate"])]


async def test_only_the_kitchen_asks(service, over):
    assert (await ask(service, cook(OTHER_CANTEEN))).status_code == 404
    assert (await ask(service, bearer("diner", CANTEEN))).status_code == 403
