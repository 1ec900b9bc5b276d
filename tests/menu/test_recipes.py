from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from support.identities import bearer
from support.menus import MENU, import_file, open_meal
from support.services import CANTEEN, OTHER_CANTEEN

TOMATO = {"name": "番茄", "net_milligrams": 110_000, "net_yield_permille": 950}
EGG = {"name": "鸡蛋", "net_milligrams": 60_000, "net_yield_permille": 880}
SHEET = "canteen,dish,ingredient,net_grams,net_yield,cooking_yield,fat_grams,method\n"
CARD = "机关第一食堂,番茄炒蛋,番茄,110,95,85,10.5,合炒\n机关第一食堂,番茄炒蛋,鸡蛋,60,88,,,\n"


async def add_dish(service, canteen=CANTEEN, **changes):
    wanted = {"canteen_id": str(canteen), "name": "番茄炒蛋", "kind": "vegetable"}
    answer = await service.client.post(
        f"{MENU}/dishes",
        json=wanted | {"portion_grams": 180} | changes,
        headers=bearer("manager", canteen),
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def signed_in(role, canteen=CANTEEN):
    """Return the header of somebody whose sign-in outlasts a test that sets the clock on."""
    return bearer(role, canteen, exp=(datetime.now(UTC) + timedelta(days=30)).timestamp())


async def write(service, dish, role="manager", canteen=CANTEEN, **changes):
    return await service.client.post(
        f"{MENU}/dishes/{dish['id']}/recipes",
        json={"ingredients": [TOMATO, EGG], "cooking_yield_permille": 850} | changes,
        headers=signed_in(role, canteen),
    )


async def get(service, path, role="cook", canteen=CANTEEN):
    return await service.client.get(f"{MENU}/{path}", headers=signed_in(role, canteen))


async def cooked_by(service, meal):
    (dish,) = (await get(service, f"meal-sessions/{meal['id']}/recipes")).json()["items"]
    return dish["recipe"] and dish["recipe"]["number"]


async def test_a_recipe_says_what_to_buy_and_what_is_served(service):
    written = await write(service, await add_dish(service), nutrition={"energy_kj": 620})
    assert written.status_code == 201, written.text
    recipe = written.json()
    assert [part["gross_milligrams"] for part in recipe["ingredients"]] == [115_789, 68_182]
    assert (recipe["net_milligrams"], recipe["served_milligrams"]) == (170_000, 144_500)
    assert recipe["nutrition"]["energy_kj"] == 620
    assert recipe["nutrition"]["fat_mg"] is None


async def test_past_days_keep_their_recipe(service):
    dish = await add_dish(service)
    today = service.clock.at = (service.clock.at + timedelta(days=1)).replace(hour=4)  # noon there
    assert (await write(service, dish)).json()["number"] == 1
    meals = [
        await open_meal(
            service,
            date=(today + timedelta(days)).date().isoformat(),
            cutoff_at=today.isoformat(),
            dishes=[dish["id"]],
        )
        for days in (0, 1, 5)
    ]
    later = (today + timedelta(5)).date()
    assert (await write(service, dish, valid_from=f"{later:%Y-%m-%d}")).json()["number"] == 2
    assert [await cooked_by(service, meal) for meal in meals] == [1, 1, 2]
    service.clock.at += timedelta(days=1)
    assert (await write(service, dish, ingredients=[TOMATO])).json()["number"] == 3
    assert [await cooked_by(service, meal) for meal in meals] == [1, 3, 3]
    versions = (await get(service, f"dishes/{dish['id']}/recipes")).json()["items"]
    assert [(each["number"], len(each["ingredients"])) for each in versions] == [
        (3, 1), (2, 2), (1, 2)
    ]  # fmt: skip


async def test_a_recipe_is_not_written_for_the_past_of_its_canteen(service):
    dish = await add_dish(service)
    tomorrow = service.clock.at + timedelta(days=1)  # tokens of now hold then
    service.clock.at = tomorrow.replace(hour=17, minute=0)  # the day after in Shanghai
    utc_day = service.clock.at.date()
    refused = await write(service, dish, valid_from=utc_day.isoformat())
    assert (refused.status_code, refused.json()["type"]) == (422, "RecipeInThePast")
    made = await write(service, dish, valid_from=(utc_day + timedelta(1)).isoformat())
    assert made.status_code == 201


async def test_recipes_are_written_by_managers_and_read_by_the_kitchen(service):
    dish = await add_dish(service)
    for role, canteen, status in (
        ("cook", CANTEEN, 403), ("manager", OTHER_CANTEEN, 404), ("manager", CANTEEN, 201),
    ):  # fmt: skip
        assert (await write(service, dish, role, canteen)).status_code == status
    path = f"dishes/{dish['id']}/recipes"
    for role, status in (("diner", 403), ("cook", 200), ("supervisor", 200)):
        assert (await get(service, path, role)).status_code == status


async def test_two_versions_at_once_are_two_versions(service):
    dish = await add_dish(service)
    numbers = [(await write(service, dish)).json()["number"] for _ in range(3)]
    assert numbers == [1, 2, 3]


async def test_a_file_of_recipes_twice_changes_nothing(service):
    dish = await add_dish(service)
    first = await import_file(service, "recipes", (SHEET + CARD).encode())
    assert first.json()["created"] == 2, first.text
    again = await import_file(service, "recipes", (SHEET + CARD).encode())
    assert (again.json()["unchanged"], again.json()["updated"]) == (2, 0)
    less = SHEET + CARD.replace(",110,", ",100,").replace("合炒", "").replace("10.5", "")
    changed = await import_file(service, "recipes", less.encode())
    assert changed.json()["updated"] == 2
    newest, oldest = (await get(service, f"dishes/{dish['id']}/recipes")).json()["items"]
    assert [part["net_milligrams"] for part in newest["ingredients"]] == [100_000, 60_000]
    assert (newest["method"], newest["nutrition"]["fat_mg"]) == ("合炒", 10_500)
    assert oldest["ingredients"][0]["net_milligrams"] == 110_000


async def test_every_bad_cell_of_a_recipe_is_named_and_nothing_is_written(service):
    dish = await add_dish(service)
    bad = (
        "机关第一食堂,番茄炒蛋,番茄,1,100,90,,\n"  # twice, and another yield
        "机关第一食堂,没有的菜,水,1,100,,,\n"
        "别处的食堂,番茄炒蛋,水,1,100,,,\n"
        "机关第一食堂,番茄炒蛋,油,0,100,,,\n"
        "机关第一食堂,番茄炒蛋,糖,1.0001,100,,,\n"
    )
    refused = await import_file(service, "recipes", (SHEET + CARD + bad).encode())
    assert refused.status_code == 422
    cells = {(error["row"], error["column"]) for error in refused.json()["errors"]}
    assert cells == {
        (4, "ingredient"), (4, "cooking_yield"), (5, "dish"), (6, "canteen"), (7, "net_grams"),
        (8, "net_grams"),
    }  # fmt: skip
    assert (await get(service, f"dishes/{dish['id']}/recipes")).json()["items"] == []


async def test_a_renamed_dish_is_told_of_in_meals_to_come_alone(service):
    dish = await add_dish(service)
    yesterday = (service.clock.at - timedelta(days=2)).date().isoformat()
    gone = {"date": yesterday, "cutoff_at": f"{yesterday}T00:00:00Z"}
    past = await open_meal(service, dishes=[dish["id"]], **gone)
    to_come = await open_meal(service, dishes=[dish["id"]])

    def versions():
        with service.db.reading() as session:
            rows = session.connection().execute(text("SELECT id, version FROM meal_session"))
            return {str(row.id).replace("-", ""): row.version for row in rows}

    before = versions()
    renamed = await service.client.patch(
        f"{MENU}/dishes/{dish['id']}",
        json={"name": "西红柿炒鸡蛋"},
        headers=bearer("manager", CANTEEN),
    )
    assert renamed.status_code == 200, renamed.text
    after = versions()
    grown = {key for key in after if after[key] > before[key]}
    assert grown == {to_come["id"].replace("-", "")}
    assert past["id"].replace("-", "") in before


async def test_a_dish_keeps_what_is_left_out_and_no_part_outweighs_the_whole(service):
    dish = await add_dish(service, half_grams=100)
    assert (dish["half_grams"], dish["small_grams"], dish["given_sizes"]) == (100, 126, ["half"])
    await add_dish(service, name="米饭")
    place = f"{MENU}/dishes/{dish['id']}"
    for body, status, code in (
        ({"name": "米饭"}, 409, "DishExists"),
        ({"small_grams": 181}, 422, "PortionTooLarge"),
        ({"portion_grams": 99}, 422, "PortionTooLarge"),
        ({"kind": "cake"}, 422, "Unprocessable"),
    ):
        answer = await service.client.patch(place, json=body, headers=bearer("manager", CANTEEN))
        assert (answer.status_code, answer.json()["type"]) == (status, code), answer.text
    changed = await service.client.patch(
        place, json={"half_grams": None, "portion_grams": 200}, headers=bearer("manager", CANTEEN)
    )
    wanted = {"portion_grams": 200, "half_grams": 100, "small_grams": 140, "given_sizes": []}
    assert changed.json() == dish | wanted
    for role, canteen, status in (("cook", CANTEEN, 403), ("manager", OTHER_CANTEEN, 404)):
        refused = await service.client.patch(place, json={}, headers=signed_in(role, canteen))
        assert refused.status_code == status


async def test_a_dishes_file_keeps_a_retired_dish_retired_and_given_portions(service):
    dish = await add_dish(service, half_grams=100)
    with service.db.transaction() as session:
        session.connection().execute(text("UPDATE dish SET state = 'retired'"))
    head = "canteen,name,kind,portion_grams,half_grams,small_grams\n"
    for row, counted in (
        ("机关第一食堂,番茄炒蛋,vegetable,180,,\n", "unchanged"),
        ("机关第一食堂,番茄炒蛋,vegetable,180,,120\n", "updated"),
    ):
        done = await import_file(service, "dishes", (head + row).encode())
        assert done.json()[counted] == 1, done.text
    now = (await get(service, f"dishes/{dish['id']}")).json()
    assert (now["half_grams"], now["small_grams"]) == (100, 120)
    with service.db.reading() as session:
        assert session.connection().execute(text("SELECT state FROM dish")).scalar() == "retired"
    large = await import_file(
        service, "dishes", (head + "机关第一食堂,汤,soup,180,181,\n").encode()
    )
    assert large.json()["errors"][0]["column"] == "half_grams"
