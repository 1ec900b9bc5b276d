"""What to buy, over HTTP: a day by hand, ingredients and stock by table and by event."""

import asyncio
import io
from datetime import timedelta
from itertools import permutations

import pytest
from python_calamine import CalamineWorkbook

from cleanplate_shared.contracts.supply import (
    IngredientsChanged,
    Lot,
    Order,
    OrdersChanged,
    OrdersOfIngredient,
    StockChanged,
    StockOfIngredient,
)
from support.quantities import (
    TODAY,
    Kitchen,
    dish,
    dish_id,
    lunch,
    past_lunches,
    session_id,
    taken,
)
from support.services import CANTEEN, OTHER_CANTEEN

DAY = TODAY + timedelta(1)
MEAT, POTATOES, SOUP = "红烧肉", "土豆丝", "番茄蛋汤"
HERE = f"/canteens/{CANTEEN}"
INGREDIENTS = """食堂,食材,品类,供应商,包装克数,提前天数,保质天数,每公斤元,需采购,满足率%
机关第一食堂,猪肉,肉类,肉联厂,2500,1,3,30.50,true,
机关第一食堂,土豆,蔬菜,城南菜场,10000,1,30,4,true,
机关第一食堂,番茄,蔬菜,城南菜场,5000,2,3,,true,
机关第一食堂,鸡蛋,,,1000,1,20,,true,
机关第一食堂,水,,,1000,0,9,,false,
"""
STOCK = f"""食堂,食材,克数,到期日
机关第一食堂,猪肉,6000,{DAY}
机关第一食堂,猪肉,4000,{DAY + timedelta(1)}
机关第一食堂,土豆,3000,{DAY + timedelta(9)}
机关第一食堂,土豆,5000,{DAY + timedelta(3)}
机关第一食堂,鸡蛋,3000,{DAY + timedelta(9)}
"""


async def bring(kitchen, kind: str, text: str, *, status=200, role="manager", **params) -> dict:
    file = {"file": (f"{kind}.csv", text.encode(), "text/csv")}
    return await kitchen.send(
        "POST", f"/imports/{kind}", role=role, status=status, files=file, params=params
    )


async def ask(kitchen, first=DAY, last=DAY, status=200, **request) -> dict:
    days = {"canteen_id": str(CANTEEN), "date_from": f"{first}", "date_to": f"{last}"}
    return await kitchen.send("GET", "/purchase-plan", status=status, params=days, **request)


async def rows(kitchen, *days, **request) -> dict[str, dict]:
    return {row["ingredient"]: row for row in (await ask(kitchen, *days, **request))["items"]}


async def decide(kitchen, name: str, portions: int, day=DAY) -> None:
    path = f"/meal-sessions/{session_id(day)}/production-plan/{dish_id(name)}"
    await kitchen.send("PUT", path, json={"portions": portions, "reason": "已定"})


@pytest.fixture
async def kitchen(service) -> Kitchen:
    """Three dishes tomorrow, that share ingredients; the cook has decided how much."""
    made = Kitchen(service)
    made.at(TODAY)
    await made.tell_dishes(
        dish(MEAT, recipe={"猪肉": (120, 800), "土豆": (50, 1000), "水": (90, 1000)}),
        dish(POTATOES, "vegetable", recipe={"土豆": (150, 750)}),
        dish(SOUP, "soup", recipe={"番茄": (40, 800), "鸡蛋": (30, 1000)}),
    )
    menu = [
        taken(MEAT, undecided={"full": 100}),
        taken(POTATOES, undecided={"full": 50, "half": 50}),
        taken(SOUP, undecided={"full": 100}),
    ]
    await made.tell_meals(lunch(DAY, *menu, rice={"normal": 100}))
    for name, portions in ((MEAT, 100), (POTATOES, 60), (SOUP, 80)):
        await decide(made, name, portions)
    return made


@pytest.fixture
async def day(kitchen) -> dict:
    """Return the plan of the day D, which is by hand:

    As bought, per whole portion (net / net yield):
      red-braised pork: pork 120 / 0.80 = 150 g, potatoes 50 / 1.00 = 50 g
      shredded potatoes: potatoes 150 / 0.75 = 200 g
      tomato and egg soup: tomatoes 40 / 0.80 = 50 g, eggs 30 / 1.00 = 30 g

    Decided: pork 100 portions, potatoes 60, soup 80. Half of those who take potatoes take a half
    portion (100 of 200 g), so that 60 portions are 30 + 30 x 0.5 = 45 whole ones.
      pork:     100 x 150                = 15,000 g
      potatoes: 100 x 50 + 45 x 200      = 14,000 g
      tomatoes: 80 x 50                  =  4,000 g
      eggs:     80 x 30                  =  2,400 g
      water is not bought.

    In store, usable if it expires after D:
      pork: 6,000 g expire on D and do not count, 4,000 g do; 2,000 g more arrive on D, and 5,000 g
            on the day after, too late: 15,000 - 4,000 - 2,000 = 9,000 g short
            -> 4 packs of 2,500 = 10,000 g, 1,000 g of it by rounding; 10 kg x 30.50 = 305.00 yuan
      potatoes: 5,000 + 3,000 usable: 6,000 g short -> 1 pack of 10,000, 4,000 by rounding; 40 yuan
      tomatoes: none: 4,000 short -> 1 pack of 5,000, 1,000 by rounding; nobody knows the price
      eggs: 3,000 usable: nothing to buy.
    """
    await bring(kitchen, "ingredients", INGREDIENTS)
    await bring(kitchen, "stock", STOCK)
    orders = [
        Order(grams=2000, arrives_on=DAY),
        Order(grams=5000, arrives_on=DAY + timedelta(1)),
    ]
    item = OrdersOfIngredient(canteen_id=CANTEEN, ingredient="猪肉", orders=orders, version=1)
    await kitchen.service.tell(OrdersChanged(items=[item]))
    return await ask(kitchen)


async def test_a_day_of_three_dishes_equals_a_calculation_by_hand(day):
    found = {
        row["ingredient"]: [
            row[key]
            for key in (
                "needed_grams", "on_hand_grams", "on_order_grams", "to_buy_grams", "packs",
                "rounding_grams", "cost_fen",
            )
        ]
        for row in day["items"]
    }  # fmt: skip
    assert found == {
        "猪肉": [15_000, 4_000, 2_000, 10_000, 4, 1_000, 30_500],
        "土豆": [14_000, 8_000, 0, 10_000, 1, 4_000, 4_000],
        "番茄": [4_000, 0, 0, 5_000, 1, 1_000, None],
        "鸡蛋": [2_400, 3_000, 0, 0, 0, 0, None],
    }
    assert {row["safety_grams"] for row in day["items"]} == {0}  # the cook decided


async def test_that_day_is_summed_by_supplier_and_says_when_to_order(day):
    assert [row["ingredient"] for row in day["items"]] == ["土豆", "番茄", "猪肉", "鸡蛋"]
    assert day["sums"] == [
        {
            "supplier": "城南菜场", "category": "蔬菜", "ingredients": 2, "to_buy_grams": 15_000,
            "cost_fen": None,
        },
        {
            "supplier": "肉联厂", "category": "肉类", "ingredients": 1, "to_buy_grams": 10_000,
            "cost_fen": 30_500,
        },
    ]  # fmt: skip
    pork, tomatoes = day["items"][2], day["items"][1]
    (delivery,) = pork["deliveries"]
    assert (delivery["deliver_on"], delivery["order_by"]) == (f"{DAY}", f"{TODAY}")
    assert (delivery["is_late"], tomatoes["deliveries"][0]["is_late"]) == (False, True)
    assert pork["reason"] == ("按 80% 分位需 15 kg；库存可供 4 kg，在途 2 kg；购 4 × 2.5 kg。")


async def test_the_recipe_that_is_valid_on_the_day_counts(kitchen):
    before = await rows(kitchen)
    later = dish(SOUP, "soup", recipe={"番茄": (80, 800)}, version=2)
    new = later.recipes[0].model_copy(update={"number": 2, "valid_from": DAY + timedelta(1)})
    old = dish(SOUP, "soup", recipe={"番茄": (40, 800), "鸡蛋": (30, 1000)}).recipes[0]
    await kitchen.tell_dishes(later.model_copy(update={"recipes": [new, old]}))
    assert await rows(kitchen) == before
    on_time = new.model_copy(update={"valid_from": DAY})
    await kitchen.tell_dishes(later.model_copy(update={"recipes": [on_time, old], "version": 3}))
    after = await rows(kitchen)
    assert (after["番茄"]["needed_grams"], "鸡蛋" in after) == (8_000, False)


async def test_what_is_used_before_the_first_day_is_not_there_any_more(kitchen):
    await bring(kitchen, "ingredients", INGREDIENTS)
    await bring(kitchen, "stock", STOCK)
    next_day = DAY + timedelta(1)
    await kitchen.tell_meals(lunch(next_day, taken(SOUP, undecided={"full": 100})))
    await decide(kitchen, SOUP, 80, next_day)
    eggs = (await rows(kitchen, next_day, next_day))["鸡蛋"]
    assert (eggs["on_hand_grams"], eggs["to_buy_grams"]) == (600, 2_000)


async def test_without_a_decision_the_quantile_of_all_dishes_together_is_bought(service):
    kitchen = Kitchen(service)
    kitchen.at(TODAY)
    await kitchen.tell_dishes(
        dish(MEAT, recipe={"土豆": (50, 1000)}), dish(POTATOES, recipe={"土豆": (150, 1000)})
    )
    await kitchen.tell_meals(
        *past_lunches(50, {MEAT: 0.5, POTATOES: 0.5}), lunch(DAY, taken(MEAT), taken(POTATOES))
    )
    row = (await rows(kitchen))["土豆"]
    assert row["is_known"] is False
    assert row["safety_grams"] > 0
    alone = 0
    for name in (MEAT, POTATOES):
        await kitchen.tell_meals(
            lunch(DAY, taken(name), version=2 + (name == POTATOES), registered=100)
        )
        alone += (await rows(kitchen))["土豆"]["safety_grams"]
    assert row["safety_grams"] < alone  # adding quantiles would buy more


async def test_perishables_are_delivered_for_as_many_days_as_they_keep(kitchen):
    await bring(kitchen, "ingredients", INGREDIENTS)
    for day in (DAY + timedelta(1), DAY + timedelta(3)):
        await kitchen.tell_meals(lunch(day, taken(SOUP, undecided={"full": 100})))
        await decide(kitchen, SOUP, 80, day)
    tomatoes = (await rows(kitchen, DAY, DAY + timedelta(3)))["番茄"]
    assert [
        (one["deliver_on"], one["last_day"], one["grams"]) for one in tomatoes["deliveries"]
    ] == [
        (f"{DAY}", f"{DAY + timedelta(2)}", 10_000),
        (f"{DAY + timedelta(3)}", f"{DAY + timedelta(3)}", 5_000),
    ]


async def test_dry_goods_are_bought_up_to_their_level_when_they_fall_below_it(kitchen):
    terms = {
        "ingredient": "番茄", "pack_grams": 1000, "shelf_days": 300,
        "reorder_grams": 2000, "upto_grams": 9000,
    }  # fmt: skip
    await kitchen.send("PUT", f"{HERE}/ingredients", role="manager", json={"items": [terms]})

    async def bought(in_store: int) -> int:
        lot = Lot(grams=in_store, expires_on=DAY + timedelta(99))
        version = in_store
        item = StockOfIngredient(canteen_id=CANTEEN, ingredient="番茄", lots=[lot], version=version)
        await kitchen.service.tell(StockChanged(items=[item]))
        return (await rows(kitchen))["番茄"]["to_buy_grams"]

    # 4,000 g are needed: what is left after them is below 2,000 or not
    assert await bought(5_900) == 8_000  # 1,900 left: 7,100 up to 9,000, in packs of 1,000
    assert await bought(6_000) == 0


async def test_ingredients_and_stock_come_from_tables_all_or_nothing_and_once(kitchen):
    tried = await bring(kitchen, "ingredients", INGREDIENTS, dry_run="true")
    assert (tried["created"], tried["dry_run"]) == (5, True)
    assert (await kitchen.send("GET", f"{HERE}/ingredients"))["items"] == []
    await bring(kitchen, "ingredients", INGREDIENTS)
    again = await bring(kitchen, "ingredients", INGREDIENTS)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 5)
    changed = await bring(kitchen, "ingredients", INGREDIENTS.replace("30.50", "31.50"))
    assert (changed["updated"], changed["unchanged"]) == (1, 4)
    listed = (await kitchen.send("GET", f"{HERE}/ingredients"))["items"]
    assert {one["ingredient"]: one["price_fen_per_kg"] for one in listed}["猪肉"] == 3150
    bad = STOCK + f"机关第一食堂,猪肉,-1,{DAY}\n没有的食堂,猪肉,1,{DAY}\n"
    refused = await bring(kitchen, "stock", bad, status=422)
    assert [(one["row"], one["column"]) for one in refused["errors"]] == [
        (7, "grams"), (8, "canteen")
    ]  # fmt: skip
    assert (await kitchen.send("GET", f"{HERE}/stock"))["items"] == []
    assert (await bring(kitchen, "stock", STOCK))["created"] == 5
    assert (await bring(kitchen, "stock", STOCK))["unchanged"] == 5
    less = f"食堂,食材,克数,到期日\n机关第一食堂,猪肉,0,{DAY}\n"
    assert (await bring(kitchen, "stock", less))["updated"] == 1
    lots = (await kitchen.send("GET", f"{HERE}/stock"))["items"]
    assert [lot["ingredient"] for lot in lots] == ["土豆", "土豆", "鸡蛋"]


@pytest.mark.parametrize("kind", ["columns", "ingredients", "stock"])
async def test_a_template_can_be_imported(kitchen, kind):
    answer = await kitchen.service.client.get(
        f"/api/v1/forecast/imports/{kind}/template",
        headers=kitchen.headers("manager"),
    )
    assert (await bring(kitchen, kind, answer.content.decode("utf-8-sig")))["created"] == 1


async def test_what_supply_tells_takes_the_place_of_what_was_given_by_hand(kitchen):
    terms = {"ingredient": "番茄", "pack_grams": 7, "shelf_days": 3, "level": 0.9}
    await kitchen.send("PUT", f"{HERE}/ingredients", role="manager", json={"items": [terms]})
    offer = {
        "canteen_id": CANTEEN, "ingredient": "番茄", "category": "蔬菜", "supplier": None,
        "pack_grams": 6000, "lead_days": 1, "shelf_days": 4, "price_fen_per_kg": 650, "version": 1,
    }  # fmt: skip
    await kitchen.service.tell(IngredientsChanged(items=[offer]))
    row = (await rows(kitchen))["番茄"]
    assert (row["pack_grams"], row["cost_fen"], row["quantile"]) == (6000, 3900, 0.9)


async def test_news_of_the_stock_in_any_order_leave_the_newest(kitchen):
    told = [
        StockChanged(
            items=[
                StockOfIngredient(
                    canteen_id=CANTEEN,
                    ingredient="番茄",
                    version=version,
                    lots=[Lot(grams=version * 100, expires_on=DAY + timedelta(5))],
                )
            ]
        )
        for version in (1, 2, 3)
    ]
    for order in permutations(told):
        await kitchen.service.tell(*order)
        assert (await rows(kitchen))["番茄"]["on_hand_grams"] == 300


async def test_the_plan_names_what_it_cannot_know(kitchen):
    await kitchen.tell_dishes(dish(SOUP, "soup", version=2))
    day = DAY + timedelta(1)
    await kitchen.tell_meals(
        lunch(day, taken(MEAT), cutoff_at=f"{day}T23:00:00Z"),
    )
    plan = await ask(kitchen, DAY, day)
    assert (plan["meals"], plan["without_recipe"], plan["without_forecast"]) == (2, [SOUP], 1)
    assert plan["cards_to_check"] == [POTATOES, MEAT]  # 260 and 150 g for 200 g
    await ask(kitchen, DAY, DAY + timedelta(40), status=422)


async def test_the_workbook_holds_the_plan_and_no_formula(kitchen):
    terms = {"ingredient": "番茄", "supplier": "=1+1", "pack_grams": 5000, "shelf_days": 3}
    await kitchen.send("PUT", f"{HERE}/ingredients", role="manager", json={"items": [terms]})
    answer = await kitchen.service.client.get(
        "/api/v1/forecast/purchase-plan.xlsx",
        params={"canteen_id": str(CANTEEN), "date_from": f"{DAY}", "date_to": f"{DAY}"},
        headers=kitchen.headers("cook") | {"Accept-Language": "en"},
    )
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    header, first, *_ = book.get_sheet_by_index(0).to_python()
    assert header[:4] == ["Supplier", "Category", "Ingredient", "Packs"]
    assert first[:6] == ["=1+1", "", "番茄", 1, 5, 5]


async def test_each_ingredient_is_named_once(kitchen):
    twice = [{"ingredient": "盐", "pack_grams": 500, "shelf_days": 400}] * 2
    path = f"{HERE}/ingredients"
    refused = await kitchen.send("PUT", path, role="manager", status=422, json={"items": twice})
    assert refused["type"] == "NamedTwice"
    await kitchen.send("PUT", path, role="cook", status=403, json={"items": twice[:1]})
    kept = await kitchen.send("PUT", path, role="manager", json={"items": twice[:1]})
    assert kept["items"] == (await kitchen.send("GET", path))["items"]
    assert kept["items"][0]["shelf_days"] == 400
    away = f"/canteens/{OTHER_CANTEEN}/ingredients"
    await kitchen.send("GET", away, status=404)


async def test_ingredients_are_not_replaced_unseen(kitchen):
    path, salt = f"{HERE}/ingredients", {"ingredient": "盐", "pack_grams": 500, "shelf_days": 400}
    client = kitchen.service.client
    address = f"/api/v1/forecast{path}"
    first = await client.get(address, headers=kitchen.headers("cook"))
    tag = {"If-Match": first.headers["etag"]}
    same = kitchen.headers("cook") | {"If-None-Match": first.headers["etag"]}
    assert (await client.get(address, headers=same)).status_code == 304
    one = {"role": "manager", "json": {"items": [salt]}}
    await kitchen.send("PUT", path, headers=tag, **one)
    assert (await client.get(address, headers=same)).status_code == 200
    sugar = {"role": "manager", "json": {"items": [salt | {"ingredient": "糖"}]}}
    refused = await kitchen.send("PUT", path, headers=tag, status=412, **sugar)
    assert refused["type"] == "Outdated"
    assert [item["ingredient"] for item in (await kitchen.send("GET", path))["items"]] == ["盐"]
    now = await client.get(address, headers=kitchen.headers("cook"))
    await kitchen.send("PUT", path, headers={"If-Match": now.headers["etag"]}, **sugar)
    await kitchen.send("PUT", path, headers={"If-Match": "*"}, **one)


async def test_of_many_who_replace_the_same_one_does(kitchen):
    path = f"{HERE}/ingredients"
    seen = await kitchen.service.client.get(
        f"/api/v1/forecast{path}", headers=kitchen.headers("cook")
    )

    async def put(name: str) -> int:
        answer = await kitchen.service.client.put(
            f"/api/v1/forecast{path}",
            json={"items": [{"ingredient": name, "pack_grams": 500, "shelf_days": 4}]},
            headers=kitchen.headers("manager") | {"If-Match": seen.headers["etag"]},
        )
        return answer.status_code

    done = await asyncio.gather(*(put(f"菜{n}") for n in range(8)))
    assert sorted(done) == [200] + [412] * 7
