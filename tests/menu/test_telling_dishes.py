"""What other services learn of dishes, recipes, wishes and leftovers."""

import uuid
from datetime import timedelta

from sqlalchemy import select

from cleanplate_menu.models import LeftoverRow, MealSessionRow
from cleanplate_shared.contracts.menu import CookedTotals, MealSessionsChanged, SessionFacts
from cleanplate_shared.contracts.menu_recipes import DishesChanged
from cleanplate_shared.tables import OutboxRow
from support.identities import bearer
from support.menus import MENU, open_meal, register
from support.services import CANTEEN
from support.survey import add_dish, eaten_lunch

EGG = {"name": "鸡蛋", "net_milligrams": 75_000, "net_yield_permille": 880}


async def told(service, event):
    """Return the events of a kind that the forecast is told next."""
    service.run_jobs()
    with service.db.transaction() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.subscriber == "forecast")).all()
        found = [event.model_validate_json(row.payload) for row in rows if row.name == event.name]
        for row in session.scalars(select(OutboxRow)):
            session.delete(row)
    return found


async def dishes_told(service):
    return [dish for event in await told(service, DishesChanged) for dish in event.dishes]


async def menu_told(service):
    (event,) = await told(service, MealSessionsChanged)
    return event.sessions[-1]


async def write_recipe(service, dish, **more) -> None:
    body = {"ingredients": [EGG], "cooking_yield_permille": 850, **more}
    path = f"{MENU}/dishes/{dish['id']}/recipes"
    made = await service.client.post(path, json=body, headers=bearer("manager", CANTEEN))
    assert made.status_code == 201, made.text


async def test_a_dish_is_told_once_and_again_when_it_changes(service):
    dish = await add_dish(service, "番茄炒蛋")
    (first,) = await dishes_told(service)
    assert (first.name, first.half_grams, first.recipes) == ("番茄炒蛋", 100, [])
    assert await dishes_told(service) == []
    change = {"portion_grams": 300}
    path = f"{MENU}/dishes/{dish['id']}"
    await service.client.patch(path, json=change, headers=bearer("manager", CANTEEN))
    (second,) = await dishes_told(service)
    assert (second.portion_grams, second.half_grams) == (300, 150)
    assert second.version > first.version


async def test_only_recipes_that_can_still_be_cooked_by_are_told(service):
    dish = await add_dish(service, "番茄炒蛋")
    today = service.clock.day
    later = today + timedelta(20)
    for day in (None, later, today + timedelta(10), later + timedelta(5)):
        await write_recipe(service, dish, valid_from=day.isoformat() if day else None)
    (known,) = await dishes_told(service)
    assert [recipe.number for recipe in known.recipes] == [4, 3, 1]
    assert known.recipes[0].ingredients[0].net_milligrams == 75_000
    assert known.recipes[0].cooking_yield_permille == 850


async def test_stars_are_told_when_the_menu_shows_new_ones(service):
    eaten = await eaten_lunch(service, people=6)
    eaten.at(20)
    assert {dish.stars for dish in await dishes_told(service)} == {None}
    for person in eaten.seats:
        assert (await eaten.rate(person, 5)).status_code == 201
    rated = await dishes_told(service) or await dishes_told(service)
    assert [(dish.name, dish.stars) for dish in rated] == [("红烧肉", 5.0)]
    assert await dishes_told(service) == []


async def test_wishes_are_told_by_dish_and_portion(service):
    meat, cabbage = [await add_dish(service, name) for name in ("红烧肉", "白菜")]
    meal = await open_meal(service, dishes=[meat["id"], cabbage["id"]])
    await register(service, meal, dishes=[meat["id"]], rice="less")
    await register(service, meal, portion="half", dishes=[meat["id"], cabbage["id"]])
    await register(service, meal)
    fact = await menu_told(service)
    assert [
        (str(dish.dish_id), dish.taking, dish.undecided, dish.prepared_grams) for dish in fact.menu
    ] == [
        (meat["id"], {"full": 1, "half": 1}, {"full": 1}, None),
        (cabbage["id"], {"half": 1}, {"full": 1}, None),
    ]
    assert fact.rice == {"less": 1, "normal": 2}


async def test_who_chose_a_set_takes_its_dishes_and_no_other_sets(service):
    meat, fish, soup = [await add_dish(service, name) for name in ("红烧肉", "鲈鱼", "汤")]
    meal = await open_meal(
        service, dishes=[meat["id"], fish["id"], soup["id"]], service_mode="choice"
    )
    places = [
        {"dish_id": dish["id"], "choice": choice}
        for dish, choice in ((meat, "A"), (fish, "B"), (soup, None))
    ]
    path = f"{MENU}/meal-sessions/{meal['id']}"
    put = await service.client.patch(
        path, json={"dishes": places}, headers=bearer("manager", CANTEEN)
    )
    assert put.status_code == 200, put.text
    for choice in ("A", "A", "B"):
        assert (await register(service, meal, choice=choice)).status_code == 201
    fact = await menu_told(service)
    assert [(dish.choice, dish.taking, dish.undecided) for dish in fact.menu] == [
        ("A", {"full": 2}, {}),
        ("B", {"full": 1}, {}),
        (None, {}, {"full": 3}),
    ]


async def test_what_was_left_is_told(service):
    eaten = await eaten_lunch(service)
    await told(service, MealSessionsChanged)
    dish = eaten.dishes[0]["id"]
    answer = await service.client.put(
        f"{MENU}/meal-sessions/{eaten.meal['id']}/leftovers",
        json={"items": [{"dish_id": dish, "prepared_grams": 9000, "left_grams": 1800}]},
        headers=eaten.bearer("cook"),
    )
    assert answer.status_code == 200
    fact = await menu_told(service)
    assert [(one.prepared_grams, one.left_grams) for one in fact.menu] == [
        (9000, 1800),
        (None, None),
    ]
    assert fact.cooked == CookedTotals(dishes=1, prepared_grams=9000, left_grams=1800)


async def test_what_was_cooked_is_told_as_sums_until_it_is_taken_back(service):
    eaten = await eaten_lunch(service)
    assert (await menu_told(service)).cooked is None
    path = f"{MENU}/meal-sessions/{eaten.meal['id']}/leftovers"
    weighed = [
        {"dish_id": dish["id"], "prepared_grams": prepared, "left_grams": left}
        for dish, prepared, left in zip(eaten.dishes, (9000, 500), (1800, 0), strict=True)
    ]
    for items, sums in ((weighed, (2, 9500, 1800)), (weighed[1:], (1, 500, 0)), ([], None)):
        body = {"items": items}
        answer = await service.client.put(path, json=body, headers=eaten.bearer("cook"))
        assert answer.status_code == 200
        said = (await menu_told(service)).cooked
        assert (said and (said.dishes, said.prepared_grams, said.left_grams)) == sums


async def test_what_was_cooked_is_still_told_when_names_are_forgotten(service):
    eaten = await eaten_lunch(service)
    await told(service, MealSessionsChanged)
    with service.db.transaction() as session:
        meal = uuid.UUID(eaten.meal["id"])
        dish = uuid.UUID(eaten.dishes[0]["id"])
        session.add(
            LeftoverRow(meal_session_id=meal, dish_id=dish, prepared_grams=9000, left_grams=1800)
        )
        row = session.get_one(MealSessionRow, meal)
        row.is_forgotten, row.version = True, row.version + 1
    fact = await menu_told(service)
    assert (fact.menu, fact.cooked.prepared_grams) == (None, 9000)


def test_facts_told_before_there_were_menus_can_still_be_read():
    old = {
        "meal_session_id": str(uuid.uuid4()), "canteen_id": str(CANTEEN), "date": "2026-06-08",
        "meal": "lunch", "cutoff_at": "2026-06-08T01:00:00Z", "capacity": 9, "registered": 1,
        "portions": {"full": 1}, "served": None, "no_shows": 0, "walk_ins": 0, "dishes": ["汤"],
        "version": 3,
    }  # fmt: skip
    read = SessionFacts.model_validate(old)
    assert (read.menu, read.rice, read.cooked) == (None, {}, None)
