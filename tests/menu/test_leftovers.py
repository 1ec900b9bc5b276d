import uuid

from support.menus import MENU
from support.survey import eaten_lunch


async def put(eaten, *items, role="cook", status=200):
    """Send leftovers: (dish, prepared, left)."""
    said = [
        {"dish_id": dish, "prepared_grams": prepared, "left_grams": left}
        for dish, prepared, left in items
    ]
    answer = await eaten.service.client.put(
        f"{MENU}/meal-sessions/{eaten.meal['id']}/leftovers",
        json={"items": said},
        headers=eaten.bearer(role),
    )
    assert answer.status_code == status, answer.text
    return answer.json()


async def get(eaten):
    answer = await eaten.service.client.get(
        f"{MENU}/meal-sessions/{eaten.meal['id']}/leftovers", headers=eaten.bearer("cook")
    )
    return [
        (one["name"], one["prepared_grams"], one["left_grams"]) for one in answer.json()["items"]
    ]


async def test_until_it_is_weighed_what_the_portions_come_to_is_offered(service):
    eaten = await eaten_lunch(service, people=2, portion="half")
    assert await get(eaten) == [("红烧肉", 200, None), ("白菜", 200, None)]


async def test_what_is_sent_takes_the_place_of_what_was_said(service):
    eaten = await eaten_lunch(service)
    meat, cabbage = (dish["id"] for dish in eaten.dishes)
    await put(eaten, (meat, 9000, 1800), (cabbage, 5000, 0))
    assert await get(eaten) == [("红烧肉", 9000, 1800), ("白菜", 5000, 0)]
    await put(eaten, (meat, 9000, 900))
    assert await get(eaten) == [("红烧肉", 9000, 900), ("白菜", 200, None)]
    await put(eaten)
    assert await get(eaten) == [("红烧肉", 200, None), ("白菜", 200, None)]


async def test_the_menu_says_the_share_left(service):
    eaten = await eaten_lunch(service)
    await put(eaten, (eaten.dishes[0]["id"], 9000, 1800))
    answer = await service.client.get(
        f"{MENU}/meal-sessions/{eaten.meal['id']}", headers=eaten.bearer()
    )
    assert [dish["left_share"] for dish in answer.json()["dishes"]] == [0.2, None]


async def test_what_cannot_be_is_refused(service):
    eaten = await eaten_lunch(service)
    dish = eaten.dishes[0]["id"]
    assert (await put(eaten, (dish, 900, 901), status=422))["type"] == "MoreLeftThanPrepared"
    assert (await put(eaten, (dish, 0, 0), status=422))["type"] == "Unprocessable"
    assert (await put(eaten, (str(uuid.uuid4()), 9, 1), status=422))["type"] == "UnknownDish"
    assert (await put(eaten, (dish, 900, 1), role="diner", status=403))["type"] == "Forbidden"
    eaten.at(23, days=-1)
    assert (await put(eaten, (dish, 900, 1), status=409))["type"] == "MealToCome"
    eaten.at(0)
    await put(eaten, (dish, 900, 900))
