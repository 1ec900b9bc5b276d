from datetime import timedelta

import pytest
from sqlmodel import select

from cleanplate_menu.models import DishDecisionRow
from support.identities import bearer
from support.menus import MENU, open_meal
from support.services import CANTEEN, OTHER_CANTEEN
from support.survey import add_dish, write_leftovers, write_ratings

LIKED, DISLIKED = (4, 5, 4, 5, 4), (2, 3, 2, 2, 3)


def today(service):
    """The day at the canteen."""
    return (service.clock.at + timedelta(hours=8)).date()


async def kitchen(service):
    """A kitchen of three meat dishes: one disliked and left, one liked, one with little known."""
    bad, good, new = [await add_dish(service, name) for name in ("苦瓜肉", "红烧肉", "新菜")]
    day = today(service)
    for back in range(2, 8):
        write_ratings(service, bad, day - timedelta(back), *DISLIKED, tags="salty")
        write_ratings(service, good, day - timedelta(back), *LIKED)
        write_leftovers(service, bad, (day - timedelta(back), 10_000, 4_000))
        write_leftovers(service, good, (day - timedelta(back), 10_000, 500))
    write_ratings(service, new, day - timedelta(2), 1, 1, 1, 1, 1)
    write_leftovers(service, new, (day - timedelta(2), 1_000, 900))
    return bad, good, new


async def queue(service, role="cook"):
    answer = await service.client.get(
        f"{MENU}/canteens/{CANTEEN}/dish-queue", headers=forward(service, role)
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def forward(service, role="cook", canteen=CANTEEN):
    """A sign-in that holds whatever the clock was set to."""
    now = service.clock.at
    return bearer(role, canteen, iat=now.timestamp(), exp=(now + timedelta(hours=1)).timestamp())


async def decide(service, dish, decision, status=201, **more):
    answer = await service.client.post(
        f"{MENU}/dishes/{dish['id']}/decisions",
        json={"decision": decision, "reply": "我们少放盐。"} | more,
        headers=forward(service),
    )
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_the_queue_says_which_dish_and_why(service):
    bad, *_ = await kitchen(service)
    (one,) = await queue(service)
    assert (one["name"], one["why"], one["dish_id"]) == ("苦瓜肉", "figures", bad["id"])
    # 30 ratings of 2.4; the kind: 30 of 2.4, 30 of 4.4, 5 of 1 = 209 / 65; shrunk (72 + 32.15) / 40
    assert (one["ratings"], one["stars"], one["kind_stars"]) == (30, 2.6, 3.2)
    # the kind: 24,000 + 3,000 + 900 of 121,000
    assert (one["meals"], one["left_share"], one["kind_left_share"]) == (6, 0.4, 0.231)
    assert one["score"] == pytest.approx((5 - (72 + 10 * 209 / 65) / 40) / 4 * 0.4, abs=0.0006)
    assert one["tags"] == {"salty": 30}
    assert (one["decided"], one["comparison"]) == (None, None)


async def test_a_decision_takes_a_dish_out_until_new_figures_are_bad_too(service):
    bad, *_ = await kitchen(service)
    made = await decide(service, bad, "adjust")
    assert (made["stars"], made["ratings"], made["left_share"]) == (2.6, 30, 0.4)
    assert await queue(service) == []
    service.clock.at += timedelta(10)
    day = today(service)
    for back in range(1, 4):
        write_ratings(service, bad, day - timedelta(back), *DISLIKED)
        write_leftovers(service, bad, (day - timedelta(back), 10_000, 4_000))
    (again,) = await queue(service)
    assert (again["ratings"], again["decided"]["id"]) == (15, made["id"])
    compared = again["comparison"]
    assert compared["before"] == {"ratings": 30, "stars": 2.4, "meals": 6, "left_share": 0.4}
    assert compared["stars_change"]["low"] < 0 < compared["stars_change"]["high"]
    assert compared["left_change"]["value"] == 0


async def test_a_trial_comes_back_when_it_is_over_whatever_its_figures(service):
    bad, *_ = await kitchen(service)
    until = today(service) + timedelta(7)
    await decide(service, bad, "trial", trial_until=str(until))
    service.clock.at += timedelta(7)
    day = today(service)
    for back in range(1, 4):
        write_ratings(service, bad, day - timedelta(back), *LIKED)
        write_leftovers(service, bad, (day - timedelta(back), 10_000, 500))
    assert await queue(service) == []
    service.clock.at += timedelta(1)
    (back,) = await queue(service)
    assert (back["why"], back["state"]) == ("trial_over", "trial")
    change = back["comparison"]["stars_change"]
    assert change["value"] == 2.0
    assert 0 < change["low"] < 2 < change["high"]
    await decide(service, bad, "keep")
    assert await queue(service) == []


async def test_a_trial_without_ratings_says_that_nothing_can_be_said(service):
    bad, *_ = await kitchen(service)
    await decide(service, bad, "trial", trial_until=str(today(service) + timedelta(1)))
    service.clock.at += timedelta(3)
    (back,) = await queue(service)
    assert (back["score"], back["stars"], back["ratings"]) == (None, None, 0)
    assert (back["comparison"]["stars_change"], back["comparison"]["left_change"]) == (None, None)


@pytest.mark.parametrize("days", [None, 0, 61])
async def test_a_trial_has_a_last_day_within_sixty(service, days):
    dish = await add_dish(service, "汤", "soup")
    until = {} if days is None else {"trial_until": str(today(service) + timedelta(days))}
    refused = await decide(service, dish, "trial", 422, **until)
    assert refused["type"] == "TrialNeedsAnEnd"
    other = await decide(service, dish, "keep", 422, trial_until=str(today(service) + timedelta(1)))
    assert other["type"] == "TrialNeedsAnEnd"
    await decide(service, dish, "trial", trial_until=str(today(service) + timedelta(60)))


async def test_the_reply_is_on_the_menu_and_a_retired_dish_is_out_of_the_queue(service):
    bad, *_ = await kitchen(service)
    meal = await open_meal(service, dishes=[bad["id"]])
    await decide(service, bad, "keep")
    service.clock.at += timedelta(minutes=1)
    await decide(service, bad, "retire", reply="这道菜不再供应。")
    shown = await service.client.get(
        f"{MENU}/meal-sessions/{meal['id']}", headers=forward(service, "diner")
    )
    assert [dish["reply"] for dish in shown.json()["dishes"]] == ["这道菜不再供应。"]
    assert await queue(service) == []
    scores = await service.client.get(
        f"{MENU}/canteens/{CANTEEN}/dish-scores", headers=forward(service, "diner")
    )
    states = {one["name"]: one["state"] for one in scores.json()["items"]}
    assert states == {"苦瓜肉": "retired", "红烧肉": "offered", "新菜": "offered"}


async def test_decisions_are_the_kitchens_and_name_nobody(service):
    bad, *_ = await kitchen(service)
    for role, canteen, status in (
        ("diner", CANTEEN, 403), ("supervisor", CANTEEN, 403), ("cook", OTHER_CANTEEN, 404),
    ):  # fmt: skip
        answer = await service.client.post(
            f"{MENU}/dishes/{bad['id']}/decisions",
            json={"decision": "keep", "reply": "x"},
            headers=forward(service, role, canteen),
        )
        assert answer.status_code == status
        listed = await service.client.get(
            f"{MENU}/canteens/{CANTEEN}/dish-decisions", headers=forward(service, role, canteen)
        )
        assert listed.status_code == status
    await decide(service, bad, "keep")
    listed = await service.client.get(
        f"{MENU}/canteens/{CANTEEN}/dish-decisions", headers=forward(service)
    )
    (one,) = listed.json()["items"]
    assert one["name"] == "苦瓜肉"
    with service.db.reading() as session:
        (row,) = session.exec(select(DishDecisionRow)).all()
    assert str(row.decided_by) not in listed.text


async def test_scores_show_no_tag_before_the_stars(service):
    dish = await add_dish(service, "汤", "soup")
    day = today(service)

    async def score():
        answer = await service.client.get(
            f"{MENU}/canteens/{CANTEEN}/dish-scores", headers=forward(service, "diner")
        )
        (one,) = answer.json()["items"]
        return one["ratings"], one["stars"], one["tags"]

    write_ratings(service, dish, day, 3, 3, 3, 3, tags="too_much cold")
    assert await score() == (4, None, {})
    write_ratings(service, dish, day, 3)
    assert await score() == (5, 3.0, {"too_much": 4, "cold": 4})
