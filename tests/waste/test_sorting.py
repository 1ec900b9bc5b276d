import uuid
from datetime import timedelta

import pytest

from support.services import CANTEEN, OTHER_CANTEEN
from waste.kitchen import a_session, a_weighing, cook, manager, send, tell_sessions
from waste.weeks import BASE, MONDAY, ask

PLANS, BINS = f"{BASE}/sorting/plans", f"{BASE}/sorting/bins"


async def plan(service, one_in=1, week=MONDAY, caller=None, **changes):
    body = {
        "canteen_id": str(CANTEEN), "week": str(week), "seed": 7,
        "streams": [{"stream": "plate", "one_in": one_in}], **changes,
    }  # fmt: skip
    return await service.client.post(PLANS, json=body, headers=caller or manager())


async def drawn(service, **params):
    return (await ask(service, "sorting/bins", caller=cook(), **params))["items"]


def parts(edible=600, inedible=400, nonfood=0, food="rice_noodles"):
    return {
        "parts": [{"food": food, "edible_grams": edible, "inedible_grams": inedible}],
        "nonfood_grams": nonfood,
    }


async def sort(service, weighing_id, body=None, caller=None):
    return await service.client.put(
        f"{BINS}/{weighing_id}", json=body or parts(), headers=caller or cook()
    )


async def test_the_same_seed_draws_the_same_bins_in_whatever_order_they_come(service):
    bins = [a_weighing(gross=1_500 + n) for n in range(60)]
    await send(service, *bins[:30])
    assert (await plan(service, one_in=4)).status_code == 201
    first = {one["weighing_id"] for one in await drawn(service)}
    await send(service, *reversed(bins[30:]))
    whole = {one["weighing_id"] for one in await drawn(service)}
    assert first <= whole
    assert 5 <= len(whole) <= 26
    [told] = (await ask(service, "sorting/plans"))["items"]
    assert told["streams"] == [
        {"stream": "plate", "one_in": 4, "bins": 60, "drawn": len(whole), "sorted": 0}
    ]


async def test_a_week_is_drawn_once(service):
    assert (await plan(service, week=MONDAY + timedelta(days=3))).json()["week"] == str(MONDAY)
    again = await plan(service, seed=8)
    assert (again.status_code, again.json()["type"]) == (409, "WeekAlreadyPlanned")


async def test_without_a_seed_one_is_drawn_and_told(service):
    made = (await plan(service, seed=None)).json()
    assert 0 <= made["seed"] < 2**31


@pytest.mark.parametrize(
    "streams",
    [[], [{"stream": "oil", "one_in": 2}], [{"stream": "plate", "one_in": 0}],
     [{"stream": "plate", "one_in": 2}] * 2],
)  # fmt: skip
async def test_a_plan_names_food_streams_once_each(service, streams):
    assert (await plan(service, streams=streams)).status_code == 422


async def test_what_a_bin_held_is_entered_and_may_be_entered_again(service):
    await send(service, bin_ := a_weighing())
    await plan(service)
    answer = await sort(service, bin_["id"], parts(600, 380, 40))
    assert answer.status_code == 200, answer.text
    again = (await sort(service, bin_["id"], parts(700, 300, food="fish_seafood"))).json()
    assert again["sorted"]["parts"] == [
        {"food": "fish_seafood", "edible_grams": 700, "inedible_grams": 300}
    ]
    [listed] = await drawn(service)
    assert listed == again


@pytest.mark.parametrize(("grams", "status"), [(900, 200), (899, 422), (1_100, 200), (1_101, 422)])
async def test_the_parts_must_add_up_to_the_bin(service, grams, status):
    await send(service, bin_ := a_weighing())
    await plan(service)
    answer = await sort(service, bin_["id"], parts(grams, 0))
    assert answer.status_code == status
    assert status == 200 or answer.json()["type"] == "PartsDoNotAddUp"


async def test_a_bin_that_was_not_drawn_cannot_be_sorted(service):
    await send(service, chosen := a_weighing("unserved"), a_weighing())
    assert (await sort(service, chosen["id"])).json()["type"] == "NotDrawn"
    await plan(service)
    assert (await sort(service, chosen["id"])).json()["type"] == "NotDrawn"
    assert (await sort(service, str(uuid.uuid4()))).status_code == 404


async def test_a_corrected_bin_stays_drawn_and_sorted_and_a_withdrawn_one_is_no_bin(service):
    await send(service, first := a_weighing())
    await plan(service)
    await sort(service, first["id"])
    await send(service, fixed := a_weighing(gross=1_540, corrects=first["id"], sequence=2))
    [listed] = await drawn(service)
    assert (listed["weighing_id"], listed["bin_grams"]) == (first["id"], 1_040)
    assert listed["sorted"]
    gone = a_weighing(gross=0, tare=0, corrects=fixed["id"], withdraws=True, sequence=3)
    await send(service, gone)
    assert await drawn(service) == []


async def test_ten_sorted_bins_make_an_estimate_and_nine_say_what_is_missing(service):
    await tell_sessions(service, a_session(served=50))
    bins = [a_weighing(gross=1_500 + 10 * n) for n in range(30)]
    await send(
        service, *bins, a_weighing("spoilage", 500), a_weighing("unserved", 500),
        a_weighing("prep_avoidable", 1_500), a_weighing("prep_unavoidable", 2_500),
    )  # fmt: skip
    await plan(service, one_in=2)
    waiting = await drawn(service)
    for number, one in enumerate(waiting[:9]):
        edible = one["bin_grams"] * (50 + number) // 100
        await sort(service, one["weighing_id"], parts(edible, one["bin_grams"] - edible))
    found = await ask(service, "sorting/estimates")
    plate = next(one for one in found["streams"] if one["stream"] == "plate")
    assert (plate["basis"], plate["sorted"], plate["missing_bins"]) == ("too_few", 9, 1)
    assert (plate["materials"], found["missing"]) == ([], ["plate"])
    assert found["edible_grams_per_diner_meal"] is None
    grams = waiting[9]["bin_grams"]
    await sort(service, waiting[9]["weighing_id"], parts(0, grams - 20, 20))
    found = await ask(service, "sorting/estimates")
    plate = next(one for one in found["streams"] if one["stream"] == "plate")
    shares = {one["material"]: one["share"] for one in plate["materials"]}
    assert sum(share["value"] for share in shares.values()) == pytest.approx(1)
    assert shares["edible"]["low"] < shares["edible"]["value"] < shares["edible"]["high"]
    assert {one["food"] for one in plate["foods"] if one["share"]["value"]} == {"rice_noodles"}
    rate = found["edible_grams_per_diner_meal"]
    weighed = sum(one["gross_grams"] - 500 for one in bins)
    assert rate["value"] == pytest.approx((shares["edible"]["value"] * weighed + 1_000) / 50)
    assert rate["standard_error"] == pytest.approx(
        shares["edible"]["standard_error"] * weighed / 50
    )
    assert rate["low"] < rate["value"] < rate["high"]


async def test_sorting_is_the_kitchens_and_drawing_the_managers(service):
    await send(service, bin_ := a_weighing())
    assert (await plan(service, caller=cook())).status_code == 403
    assert (await plan(service, caller=manager(OTHER_CANTEEN))).status_code == 404
    await plan(service)
    assert (await sort(service, bin_["id"], caller=cook(OTHER_CANTEEN))).status_code == 404
