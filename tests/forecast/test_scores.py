"""How good forecasts were, over HTTP."""

from datetime import timedelta

import pytest

from support.quantities import TODAY, Kitchen, dish, dish_id, lunch, past_lunches, session_id, taken
from support.services import CANTEEN

MEAT = "红烧肉"


@pytest.fixture
async def kitchen(service) -> Kitchen:
    """Fifty lunches before today; a forecast of today's was published."""
    made = Kitchen(service)
    made.at(TODAY)
    await made.tell_dishes(dish(MEAT))
    await made.tell_meals(*past_lunches(50, {MEAT: 0.5}), lunch(TODAY, taken(MEAT)))
    await made.send("GET", f"/meal-sessions/{made.meal}")
    return made


async def scores(kitchen: Kitchen, back: int = 20, ahead: int = 0, **more):
    days = {
        "date_from": str(TODAY - timedelta(back)), "date_to": str(TODAY + timedelta(ahead)),
        "canteen_id": str(CANTEEN),
    }  # fmt: skip
    return await kitchen.send("GET", "/scores", params=days, **more)


async def test_forecasts_stand_beside_who_came_and_beside_the_naive_one(kitchen):
    found = await scores(kitchen)
    assert len(found["items"]) == 21
    one = next(item for item in found["items"] if item["date"] == str(TODAY - timedelta(3)))
    assert (one["served"], one["naive"]) == (70 + 3 * 17 % 61, 70 + 10 * 17 % 61)
    assert one["quantiles"]["0.1"] <= one["quantiles"]["0.5"] <= one["quantiles"]["0.9"]
    known = found["items"][:-1]
    inside = sum(
        one["quantiles"]["0.1"] <= one["served"] <= one["quantiles"]["0.9"] for one in known
    )
    total = found["total"]
    assert (total["meals"], total["compared"], total["inside"]) == (20, 20, inside)
    assert total["coverage80"] == pytest.approx(inside / 20)
    away = sum(abs(one["naive"] - one["served"]) for one in known)
    assert total["naive_error"] == pytest.approx(away / sum(one["served"] for one in known))
    away = sum(abs(one["quantiles"]["0.5"] - one["served"]) for one in known)
    assert total["error"] == pytest.approx(away / sum(one["served"] for one in known))


async def test_months_are_scored_apart_and_come_to_the_whole(kitchen):
    found = await scores(kitchen)
    assert [(one["month"], one["meal"], one["meals"]) for one in found["months"]] == [
        ("2026-06", "lunch", 7), ("2026-05", "lunch", 13)
    ]  # fmt: skip
    assert sum(one["inside"] for one in found["months"]) == found["total"]["inside"]


async def test_a_day_that_is_not_over_is_not_scored(kitchen):
    await kitchen.tell_meals(lunch(TODAY, taken(MEAT), served=44, version=2))
    today = (await scores(kitchen))["items"][-1]
    assert (today["date"], today["served"]) == (str(TODAY), None)
    kitchen.at(TODAY + timedelta(1))
    found = await scores(kitchen)
    assert found["items"][-1]["served"] == 44
    assert found["total"]["meals"] == 21


async def test_only_a_forecast_that_was_published_counts_as_published(kitchen):
    kitchen.at(TODAY + timedelta(1))
    await kitchen.tell_meals(lunch(TODAY, taken(MEAT), served=44, version=2))
    found = await scores(kitchen)
    assert [one["is_published"] for one in found["items"]] == [False] * 20 + [True]
    assert found["total"]["published"] == 1


async def test_a_forecast_worked_out_afterwards_does_not_know_its_day(kitchen):
    before = await scores(kitchen)
    changed = [
        lunch(TODAY - timedelta(n), taken(MEAT), served=1, version=2) for n in range(1, 4)
    ]  # fmt: skip
    await kitchen.tell_meals(*changed)
    after = await scores(kitchen)
    assert [one["mean"] for one in after["items"][:-3]] == [
        one["mean"] for one in before["items"][:-3]
    ]
    assert after["items"][-2]["served"] == 1
    assert after["items"][-2]["mean"] != before["items"][-2]["mean"]  # the two days before count


async def test_at_most_a_hundred_days(kitchen):
    await scores(kitchen, back=99)
    assert (await scores(kitchen, back=100, status=422))["type"] == "ScoresTooLong"


async def test_a_stretch_without_meals_has_no_scores(kitchen):
    found = await scores(kitchen, back=-10, ahead=20)
    assert (found["items"], found["months"]) == ([], [])
    assert found["total"] == {
        "meals": 0, "published": 0, "inside": 0, "coverage80": None, "compared": 0, "error": None,
        "naive_error": None,
    }  # fmt: skip


async def test_decisions_are_looked_back_at_without_a_name(kitchen):
    await kitchen.plan()
    wanted = {"portions": 60, "reason": "会议"}
    path = f"/meal-sessions/{kitchen.meal}/production-plan/{dish_id(MEAT)}"
    await kitchen.send("PUT", path, json=wanted)
    days = {"date_from": str(TODAY), "date_to": str(TODAY), "canteen_id": str(CANTEEN)}
    assert (await kitchen.send("GET", "/decisions", params=days))["items"] == []
    kitchen.at(TODAY + timedelta(1))
    weighed = taken(MEAT, prepared_grams=60 * 180, left_grams=10 * 180)
    await kitchen.tell_meals(lunch(TODAY, weighed, served=90, version=2))
    answer = await kitchen.send("GET", "/decisions", params=days)
    (one,) = answer["items"]
    assert (one["date"], one["name"], one["reason"], one["asked_portions"]) == (
        str(TODAY), MEAT, "会议", 50
    )  # fmt: skip
    assert answer["known"] == 1
    assert answer["cooked_fen"] == one["cooked"]["cost_fen"] > 0
    assert "made_by" not in one
    other = {**days, "date_from": str(TODAY + timedelta(1)), "date_to": str(TODAY + timedelta(1))}
    assert (await kitchen.send("GET", "/decisions", params=other))["items"] == []


async def test_a_batch_noted_by_mistake_is_taken_back(kitchen):
    path, body = f"/meal-sessions/{kitchen.meal}/refills", {"dish_id": str(dish_id(MEAT))}
    await kitchen.plan()
    for portions in (10, 5):
        noted = await kitchen.send("POST", path, status=201, json=body | {"portions": portions})
    assert (await kitchen.planned())[MEAT]["refilled_portions"] == 15
    for _ in range(2):
        await kitchen.send("DELETE", f"{path}/{noted['id']}", status=204)
    assert (await kitchen.planned())[MEAT]["refilled_portions"] == 10
    other = f"/meal-sessions/{session_id(TODAY - timedelta(1))}/refills/{noted['id']}"
    refused = await kitchen.send("DELETE", other, status=409)
    assert refused["type"] == "NotServedToday"
