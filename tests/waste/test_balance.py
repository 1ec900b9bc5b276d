import itertools
import uuid

import pytest

from cleanplate_shared.contracts.menu import CookedTotals, SessionFacts
from support.identities import bearer
from support.services import CANTEEN, OTHER_CANTEEN
from waste.kitchen import DAY, a_session, a_weighing, cook, manager, send, tell_sessions
from waste.weeks import BASE, ask

MENU = ["红烧肉", "白菜"]
NOT_KNOWN = (None, "not_known")


def cooked(prepared=55_000, left=4_000, dishes=2):
    return CookedTotals(dishes=dishes, prepared_grams=prepared, left_grams=left)


def a_lunch(told=None, served=100, **more):
    return a_session(served=served, dishes=MENU, cooked=told, **more)


async def weigh(service, session, **grams):
    """Weigh streams at a meal."""
    at = {"meal_session_id": str(session.meal_session_id)}
    items = [a_weighing(stream, net, 0, **at) for stream, net in grams.items()]
    if items:
        await send(service, *items)


async def balances(service):
    return (await ask(service, "mass-balances", DAY, DAY))["items"]


def terms(balance):
    return {line["term"]: (line["grams"], line["source"]) for line in balance["lines"]}


async def test_a_meal_is_balanced_from_the_store_to_the_plate(service):
    lunch = a_lunch(cooked())
    await tell_sessions(service, lunch)
    await weigh(
        service, lunch,
        spoilage=300, prep_avoidable=400, prep_unavoidable=600, unserved=3_000, plate=2_000,
    )  # fmt: skip
    [found] = await balances(service)
    assert terms(found) == {
        "issued": NOT_KNOWN, "spoilage": (300, "weighed"), "prep": (1_000, "weighed"),
        "produced": (55_000, "told"), "left": (4_000, "told"), "unserved": (3_000, "weighed"),
        "taken": (51_000, "computed"), "plate": (2_000, "weighed"), "eaten": (49_000, "computed"),
    }  # fmt: skip
    assert found["gap"] == {"grams": 1_000, "share": 1_000 / 55_000, "closes": True}
    assert found["eaten_grams_per_diner"] == 490.0


@pytest.mark.parametrize(
    ("left", "unserved", "gap", "closes"),
    [
        (4_000, 1_250, 2_750, True),
        (4_000, 1_249, 2_751, False),
        (1_000, 3_750, -2_750, True),
        (1_000, 3_751, -2_751, False),
        (0, 0, 0, True),
    ],
)
async def test_what_is_over_a_twentieth_does_not_close(service, left, unserved, gap, closes):
    lunch = a_lunch(cooked(left=left))
    await tell_sessions(service, lunch)
    await weigh(service, lunch, unserved=unserved, plate=0)
    [found] = await balances(service)
    assert (found["gap"]["grams"], found["gap"]["closes"]) == (gap, closes)


async def test_more_on_the_plates_than_was_taken_does_not_close(service):
    lunch = a_lunch(cooked(2_000, 1_000))
    await tell_sessions(service, lunch)
    await weigh(service, lunch, unserved=1_000, plate=1_001)
    [found] = await balances(service)
    assert terms(found)["eaten"] == (-1, "computed")
    assert found["gap"] == {"grams": 0, "share": 0.0, "closes": False}


@pytest.mark.parametrize("weighed", [{}, {"plate": 2_000}, {"prep_avoidable": 1, "plate": 2}])
async def test_what_nobody_weighed_is_not_zero(service, weighed):
    lunch = a_lunch(cooked())
    await tell_sessions(service, lunch)
    await weigh(service, lunch, **weighed)
    [found] = await balances(service)
    assert found["gap"] is None
    assert terms(found)["unserved"] == NOT_KNOWN
    assert terms(found)["prep"] == ((None, "partly") if "prep_avoidable" in weighed else NOT_KNOWN)
    assert terms(found)["eaten"][1] == ("computed" if weighed else "not_known")


async def test_what_nobody_told_is_not_zero(service):
    lunch = a_lunch()
    await tell_sessions(service, lunch)
    await weigh(service, lunch, unserved=3_000, plate=2_000)
    [found] = await balances(service)
    for term in ("produced", "left", "taken", "eaten"):
        assert terms(found)[term] == NOT_KNOWN
    assert (found["gap"], found["eaten_grams_per_diner"]) == (None, None)


async def test_some_of_the_dishes_are_not_the_meal(service):
    lunch = a_lunch(cooked(dishes=1))
    await tell_sessions(service, lunch)
    await weigh(service, lunch, unserved=3_000, plate=2_000)
    [found] = await balances(service)
    assert (found["menu_dishes"], found["told_dishes"]) == (2, 1)
    assert (terms(found)["produced"], terms(found)["taken"]) == ((None, "partly"), NOT_KNOWN)
    assert found["gap"] is None


async def test_what_was_weighed_for_the_whole_day_is_of_no_meal(service):
    lunch = a_lunch(cooked())
    await tell_sessions(service, lunch)
    await weigh(service, lunch, unserved=3_000, spoilage=100)
    await send(service, a_weighing("plate", 9_000, 0), a_weighing("spoilage", 50, 0))
    [found] = await balances(service)
    assert terms(found)["plate"] == terms(found)["spoilage"] == (None, "of_day")
    assert found["gap"]["grams"] == 1_000


async def test_meals_stand_in_their_order_and_one_may_only_have_been_cooked(service):
    dinner = a_lunch(cooked(), meal="dinner", served=None)
    await tell_sessions(service, dinner, a_lunch(), a_lunch(served=None, meal="breakfast"))
    found = await balances(service)
    assert [one["meal"] for one in found] == ["lunch", "dinner"]
    assert (found[1]["served"], terms(found[1])["taken"]) == (None, (51_000, "computed"))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_in_any_order_and_told_twice_the_newest_holds(service, order):
    key = uuid.uuid4()
    said = (None, cooked(1_000, 1), cooked(9_000, 9))
    for number in order:
        one = a_lunch(said[number], meal_session_id=key, version=number + 1)
        await tell_sessions(service, one, one)
        await tell_sessions(service, one)
    [found] = await balances(service)
    assert (terms(found)["produced"], terms(found)["left"]) == ((9_000, "told"), (9, "told"))


async def test_what_is_told_no_more_is_not_known_any_more(service):
    key = uuid.uuid4()
    await tell_sessions(service, a_lunch(cooked(), meal_session_id=key))
    await tell_sessions(service, a_lunch(meal_session_id=key, version=2))
    assert terms((await balances(service))[0])["produced"] == NOT_KNOWN


async def test_an_event_from_before_is_still_valid(service):
    old = a_lunch().model_dump(mode="json")
    del old["cooked"]
    await tell_sessions(service, SessionFacts.model_validate(old))
    [found] = await balances(service)
    assert (found["menu_dishes"], found["told_dishes"]) == (2, 0)


async def test_the_largest_meals_fit(service):
    most = 60 * 100_000_000
    await tell_sessions(service, a_lunch(cooked(most, most)))
    assert terms((await balances(service))[0])["left"] == (most, "told")


@pytest.mark.parametrize(
    ("caller", "status"),
    [
        (manager(), 200), (cook(), 200), (bearer("overseer", CANTEEN), 200),
        (bearer("diner", CANTEEN), 403), (manager(OTHER_CANTEEN), 404), ({}, 401),
    ],
)  # fmt: skip
async def test_only_who_reads_a_canteens_figures_sees_its_balances(service, caller, status):
    answer = await service.client.get(
        f"{BASE}/mass-balances",
        params={"canteen_id": str(CANTEEN), "date_from": str(DAY), "date_to": str(DAY)},
        headers=caller,
    )
    assert answer.status_code == status
