import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from support.identities import bearer
from support.menus import MENU, open_meal, register
from support.services import CANTEEN


async def send(service, method, meal, body=None, role="manager", suffix=""):
    return await service.client.request(
        method, f"{MENU}/meal-sessions/{meal['id']}{suffix}", json=body,
        headers=bearer(role, CANTEEN),
    )  # fmt: skip


async def dish(service, name):
    body = {"canteen_id": str(CANTEEN), "name": name, "kind": "soup", "portion_grams": 300}
    made = await service.client.post(
        f"{MENU}/dishes", json=body, headers=bearer("manager", CANTEEN)
    )
    return made.json()["id"]


def version(service, meal):
    with service.db.reading() as session:
        rows = session.connection().execute(text("SELECT id, version FROM meal_session"))
        return {uuid.UUID(str(row.id)): row.version for row in rows}[uuid.UUID(meal["id"])]


@pytest.mark.parametrize("registered", [True, False])
async def test_a_cutoff_is_not_moved_behind_the_back_of_who_is_registered(service, registered):
    meal = await open_meal(service)
    if registered:
        await register(service, meal)
    past = {"cutoff_at": (service.clock.at - timedelta(minutes=1)).isoformat()}
    moved = await send(service, "PATCH", meal, past)
    wanted = (409, "CutoffInThePast") if registered else (200, None)
    assert (moved.status_code, moved.json().get("type")) == wanted
    sooner = (service.clock.at + timedelta(minutes=1)).isoformat()
    moved = await send(service, "PATCH", meal, {"cutoff_at": sooner})
    assert datetime.fromisoformat(moved.json()["cutoff_at"]) == datetime.fromisoformat(sooner)


@pytest.mark.parametrize("registered", [True, False])
async def test_dishes_stay_after_the_cutoff_if_somebody_registered_for_them(service, registered):
    soup = await dish(service, "汤")
    meal = await open_meal(service, dishes=[soup])
    if registered:
        await register(service, meal)
    other = {"dishes": [{"dish_id": await dish(service, "饭")}]}
    before = version(service, meal)
    changed = await send(service, "PATCH", meal, other)
    assert [each["name"] for each in changed.json()["dishes"]] == ["饭"]
    assert version(service, meal) == before + 1
    late = await open_meal(
        service, dishes=[soup], meal="dinner",
        cutoff_at=(service.clock.at + timedelta(seconds=1)).isoformat(),
    )  # fmt: skip
    if registered:
        assert (await register(service, late)).status_code == 201
    service.clock.at += timedelta(seconds=1)
    refused = await send(service, "PATCH", late, other)
    wanted = (409, "CutoffPassed") if registered else (200, None)
    assert (refused.status_code, refused.json().get("type")) == wanted


async def test_sets_are_served_where_there_is_a_choice_and_stay_if_chosen(service):
    first, second = await dish(service, "面"), await dish(service, "饭")
    meal = await open_meal(service)
    menu = [{"dish_id": first, "choice": "A"}, {"dish_id": second, "choice": "B"}]
    none = await send(service, "PATCH", meal, {"dishes": menu})
    assert (none.status_code, none.json()["type"]) == (422, "ChoiceNotServed")
    both = await send(service, "PATCH", meal, {"dishes": menu, "service_mode": "choice"})
    assert [each["choice"] for each in both.json()["dishes"]] == ["A", "B"]
    assert (await register(service, meal, choice="B")).status_code == 201
    gone = await send(service, "PATCH", meal, {"dishes": menu[:1]})
    assert (gone.status_code, gone.json()["type"]) == (409, "ChoiceTaken")
    assert gone.json()["detail"] == "已有 1 人选了套餐 B，请保留其中的菜品。"
    swapped = [{"dish_id": first, "choice": "B"}, {"dish_id": second, "choice": "A"}]
    for change in ({"dishes": swapped}, {"service_mode": "buffet"}):
        other = await send(service, "PATCH", meal, change)
        assert (other.status_code, other.json()["type"]) == (409, "ChoiceTaken")
    other = await send(service, "PATCH", meal, {"dishes": menu[1:]})
    assert other.status_code == 200, other.text


async def test_sets_that_nobody_chose_become_a_buffet(service):
    meal = await open_meal(service, service_mode="choice")
    await send(
        service, "PATCH", meal, {"dishes": [{"dish_id": await dish(service, "面"), "choice": "A"}]}
    )
    buffet = await send(service, "PATCH", meal, {"service_mode": "buffet"})
    assert [each["choice"] for each in buffet.json()["dishes"]] == [None]


async def test_a_dish_that_people_chose_stays_on_the_menu(service):
    soup, rice = await dish(service, "汤"), await dish(service, "饭")
    meal = await open_meal(service, dishes=[soup, rice])
    for _ in range(2):
        chosen = await register(service, meal, dishes=[soup])
        assert chosen.status_code == 201, chosen.text
    assert (await register(service, meal)).status_code == 201
    gone = await send(service, "PATCH", meal, {"dishes": [{"dish_id": rice}]})
    assert (gone.status_code, gone.json()["type"]) == (409, "DishChosen")
    assert gone.json()["detail"] == "已有 2 人选了汤，请保留在菜单上。"
    kept = await send(service, "PATCH", meal, {"dishes": [{"dish_id": soup}]})
    assert [each["name"] for each in kept.json()["dishes"]] == ["汤"]


async def test_a_retired_dish_comes_on_no_menu_and_stays_where_it_was(service):
    old, new = await dish(service, "旧菜"), await dish(service, "新菜")
    before = await open_meal(service, dishes=[old])
    retired = await service.client.post(
        f"{MENU}/dishes/{old}/decisions", json={"decision": "retire", "reply": "谢谢。"},
        headers=bearer("manager", CANTEEN),
    )  # fmt: skip
    assert retired.status_code == 201, retired.text
    wanted = {
        key: before[key] for key in ("canteen_id", "date", "cutoff_at", "capacity")
    } | {"meal": "dinner"}  # fmt: skip
    for dishes, status in (([new, old], 409), ([new], 201)):
        opened = await service.client.post(
            f"{MENU}/meal-sessions", json=wanted | {"dishes": dishes},
            headers=bearer("manager", CANTEEN),
        )  # fmt: skip
        assert opened.status_code == status, opened.text
        if status == 409:
            assert opened.json()["type"] == "DishRetired"
            assert opened.json()["detail"] == "旧菜已不再供应。"
    menu = {"dishes": [{"dish_id": old}, {"dish_id": new}]}
    refused = await send(service, "PATCH", opened.json(), menu)
    assert (refused.status_code, refused.json()["type"]) == (409, "DishRetired")
    assert (await send(service, "PATCH", before, menu)).status_code == 200


async def test_what_is_left_out_stays_and_what_is_wrong_is_named(service):
    meal = await open_meal(service, dishes=[await dish(service, "汤")])
    day = meal["date"]
    hours = {"serves_from": f"{day}T03:30:00Z", "serves_until": f"{day}T05:00:00Z"}
    set_ = (await send(service, "PATCH", meal, hours)).json()
    assert {key: value for key, value in set_.items() if key not in hours} == {
        key: value for key, value in meal.items() if key not in hours
    }
    for body, status, code in (
        ({"serves_until": f"{day}T03:00:00Z"}, 422, "ServesBackwards"),
        ({"cutoff_at": f"{day}T16:00:00Z"}, 422, "CutoffTooLate"),
        ({"dishes": [{"dish_id": str(uuid.uuid4())}]}, 422, "UnknownDish"),
        ({"registered": 3}, 422, "Unprocessable"),
    ):
        answer = await send(service, "PATCH", meal, body)
        assert (answer.status_code, answer.json()["type"]) == (status, code), answer.text
    assert (await send(service, "PATCH", meal, {}, role="cook")).status_code == 403
    bare = await send(service, "PATCH", meal, {"serves_from": None, "serves_until": None})
    assert bare.json() == meal


async def test_a_meal_that_is_called_off_keeps_its_registrations_and_takes_none(service):
    meal = await open_meal(service)
    mine = await register(service, meal)
    before = version(service, meal)
    closed = await send(service, "POST", meal, {"reason": "停气"}, suffix=":close")
    assert (closed.status_code, closed.json()["closed_reason"]) == (200, "停气")
    assert closed.json()["registered"] == 1
    assert version(service, meal) == before + 1
    refused = await register(service, meal)
    assert (refused.status_code, refused.json()["type"]) == (409, "MealClosed")
    changed = await send(service, "PATCH", meal, {"service_mode": "set"})
    assert (changed.status_code, changed.json()["type"]) == (409, "MealClosed")
    again = await send(service, "POST", meal, suffix=":reopen")
    assert again.json()["closed_reason"] is None
    assert (await register(service, meal)).status_code == 201
    assert mine.status_code == 201
    assert (await send(service, "POST", meal, {"reason": "x"}, "cook", ":close")).status_code == 403


async def test_a_meal_is_called_off_until_it_ends(service):
    at = service.clock.at
    day = (at + timedelta(hours=8)).date()  # in Shanghai
    meal = await open_meal(
        service, date=day.isoformat(), cutoff_at=(at - timedelta(hours=1)).isoformat(),
        serves_from=(at - timedelta(minutes=30)).isoformat(),
        serves_until=(at + timedelta(seconds=1)).isoformat(),
    )  # fmt: skip
    assert (
        await send(service, "POST", meal, {"reason": "停电"}, suffix=":close")
    ).status_code == 200
    service.clock.at += timedelta(seconds=1)
    for suffix, body in ((":close", {"reason": "停水"}), (":reopen", None)):
        late = await send(service, "POST", meal, body, suffix=suffix)
        assert (late.status_code, late.json()["type"]) == (409, "MealOver")
