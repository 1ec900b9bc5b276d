"""What to cook, over HTTP: suggested, decided by the cook, refilled, looked back at."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select

from cleanplate_forecast.models import OverrideRow, ProductionPlanRow
from cleanplate_shared.contracts.menu_recipes import DishesChanged
from support.quantities import TODAY, Kitchen, dish, dish_id, lunch, past_lunches, session_id, taken
from support.services import CANTEEN

MEAT, SOUP, NEW = "红烧肉", "冬瓜汤", "新菜"


@pytest.fixture
async def kitchen(service) -> Kitchen:
    """Fifty lunches at which half of the diners took meat, and nearly all took soup."""
    made = Kitchen(service)
    made.at(TODAY)
    await made.tell_dishes(dish(MEAT), dish(SOUP, "soup"))
    await made.tell_meals(
        *past_lunches(50, {MEAT: 0.5, SOUP: 0.9}),
        lunch(TODAY, taken(MEAT), taken(SOUP), registered=90),
    )
    return made


def kept_plans(kitchen) -> list[int]:
    with kitchen.service.db.reading() as session:
        return [row.number for row in session.exec(select(ProductionPlanRow))]


async def test_a_plan_follows_the_past_and_says_why(kitchen):
    plan = await kitchen.plan(headers={"Accept-Language": "en"})
    assert (plan["date"], plan["meal"], plan["registered"]) == (TODAY.isoformat(), "lunch", 90)
    meat, soup = plan["dishes"]
    assert meat["expected_portions"] == pytest.approx(0.5 * plan["diners"], rel=0.1)
    assert soup["expected_portions"] == pytest.approx(0.9 * plan["diners"], rel=0.1)
    assert meat["low_portions"] < meat["expected_portions"] < meat["high_portions"]
    assert meat["quantile"] == 0.85
    assert meat["reason"] == (
        "The 85 % quantile: a portion short costs 25.5 yuan, one left 4.5 yuan."
    )
    assert meat["first_portions"] % 10 == 0
    batches = meat["refills"]["at_most"] * meat["refills"]["portions"]
    assert meat["portions"] == meat["suggested_portions"] == meat["first_portions"] + batches
    assert meat["sizes"] == {
        "full": meat["portions"] * 8 // 10, "half": meat["portions"] * 2 // 10
    }  # fmt: skip
    assert meat["grams"] == meat["sizes"]["full"] * 200 + meat["sizes"]["half"] * 100


async def test_the_reason_is_told_in_chinese(kitchen):
    assert (await kitchen.plan())["dishes"][0]["reason"] == (
        "按 85% 分位：缺 1 份损失 25.5 元，多 1 份损失 4.5 元。"
    )


async def test_the_same_is_suggested_and_kept_once_however_often_it_is_asked(kitchen):
    plans = await asyncio.gather(*(kitchen.plan() for _ in range(5)))
    assert all(plan["dishes"] == plans[0]["dishes"] for plan in plans)
    assert kept_plans(kitchen) == [1]


async def test_what_the_registered_chose_counts_before_the_past(kitchen):
    chosen = [
        taken(MEAT, taking={"full": 80}),
        taken(SOUP, undecided={}, taking={"full": 10}),
    ]
    await kitchen.tell_meals(lunch(TODAY, *chosen, registered=100, rice={"normal": 100}, version=2))
    dishes = await kitchen.planned()
    assert dishes[MEAT]["taking"] == 80
    assert dishes[MEAT]["expected_portions"] > 70
    assert dishes[SOUP]["expected_portions"] < 30


async def test_a_new_dish_is_planned_as_its_kind_is_and_less_surely(kitchen):
    await kitchen.tell_dishes(dish(NEW))
    await kitchen.tell_meals(lunch(TODAY, taken(NEW), taken(SOUP), registered=90, version=2))
    new = (await kitchen.planned())[NEW]
    await kitchen.tell_meals(lunch(TODAY, taken(MEAT), taken(SOUP), registered=90, version=3))
    known = (await kitchen.planned())[MEAT]
    assert new["expected_portions"] == pytest.approx(known["expected_portions"], rel=0.15)
    wide = new["high_portions"] - new["low_portions"]
    assert wide > 1.2 * (known["high_portions"] - known["low_portions"])


async def test_a_canteens_own_costs_move_the_quantity(kitchen):
    before = (await kitchen.planned())[MEAT]
    path = "/canteens/00000000-0000-4000-8000-0000000000c1/quantity-rules"
    shown = await kitchen.send("GET", path)
    assert (shown["kinds"], shown["dishes"]) == ({}, {})
    assert shown["effective"]["meat"]["shortage_fen"] == 2550
    rules = {
        "kinds": {"meat": {"shortage_fen": 100, "surplus_fen": 400}},
        "dishes": {str(dish_id(SOUP)): {"pot_portions": 7, "refill_portions": 0}},
    }
    await kitchen.send("PUT", path, json=rules, status=403)
    kept = await kitchen.send("PUT", path, role="manager", json=rules)
    assert kept["effective"]["meat"]["surplus_fen"] == 400
    assert await kitchen.send("GET", path) == kept
    after = await kitchen.planned()
    assert after[MEAT]["quantile"] == 0.2
    assert after[MEAT]["portions"] < before["portions"]
    assert (after[SOUP]["first_portions"] % 7, after[SOUP]["refills"]) == (0, None)
    unknown = {"dishes": {str(dish_id("无")): {}}}
    await kitchen.send("PUT", path, role="manager", json=unknown, status=422)


async def test_the_cook_decides_with_a_reason_and_every_decision_stays(kitchen):
    suggested = (await kitchen.planned())[MEAT]["portions"]
    path = f"/meal-sessions/{kitchen.meal}/production-plan/{dish_id(MEAT)}"
    await kitchen.send("PUT", path, json={"portions": 99}, status=422)  # no reason
    first = await kitchen.send("PUT", path, json={"portions": 99, "reason": "有会议"})
    again = await kitchen.send("PUT", path, json={"portions": 99, "reason": "有会议"})
    assert (first["number"], first["suggested_portions"]) == (1, suggested)
    assert again == first
    meat = (await kitchen.planned())[MEAT]
    assert (meat["portions"], meat["suggested_portions"]) == (99, suggested)
    assert sum(meat["sizes"].values()) == 99
    assert meat["override"]["made_by"] is not None
    unnamed = await kitchen.plan(role="supervisor")
    assert unnamed["dishes"][0]["override"]["made_by"] is None
    back = await kitchen.send("PUT", path, json={"portions": None, "reason": "会议取消"})
    assert back["number"] == 2
    days = {"canteen_id": str(CANTEEN), "date_from": f"{TODAY}", "date_to": f"{TODAY}"}
    await kitchen.send("GET", "/production-overrides", role="supervisor", params=days, status=403)
    listed = (await kitchen.send("GET", "/production-overrides", params=days))["items"]
    assert [(one["dish"], one["number"], one["portions"], one["reason"]) for one in listed] == [
        (MEAT, 2, None, "会议取消"), (MEAT, 1, 99, "有会议")
    ]  # fmt: skip
    assert (await kitchen.planned())[MEAT]["portions"] == suggested


async def test_only_dishes_of_the_menu_are_decided_and_only_until_the_day_is_over(kitchen):
    body = {"portions": 5, "reason": "试"}
    path = f"/meal-sessions/{kitchen.meal}/production-plan"
    refused = await kitchen.send("PUT", f"{path}/{dish_id('无')}", json=body, status=422)
    assert refused["type"] == "NotOnTheMenu"
    kitchen.at(TODAY + timedelta(1))
    refused = await kitchen.send("PUT", f"{path}/{dish_id(MEAT)}", json=body, status=409)
    assert refused["type"] == "MealIsOver"


async def test_refills_are_noted_once_while_the_meal_is_served(kitchen):
    path, body = f"/meal-sessions/{kitchen.meal}/refills", {"dish_id": str(dish_id(MEAT))}
    same = {"headers": {"Idempotency-Key": "one"}, "status": 201}
    first = await kitchen.send("POST", path, json=body | {"portions": 10}, **same)
    again = await kitchen.send("POST", path, json=body | {"portions": 10}, **same)
    assert again == first
    await kitchen.send("POST", path, json=body | {"portions": 5}, status=201)
    assert (await kitchen.planned())[MEAT]["refilled_portions"] == 15
    kitchen.at(TODAY - timedelta(1))
    refused = await kitchen.send("POST", path, json=body | {"portions": 5}, status=409)
    assert refused["type"] == "NotServedToday"


async def test_the_record_shows_what_each_would_have_cost_and_nobodys_name(kitchen):
    meat = (await kitchen.planned())[MEAT]
    path = f"/meal-sessions/{kitchen.meal}/production-plan/{dish_id(MEAT)}"
    await kitchen.send("PUT", path, json={"portions": 120, "reason": "有会议"})
    # 120 portions of 180 g (4 of 5 whole, 1 of 5 half) were cooked, and 60 of them were taken
    weighed = taken(MEAT, prepared_grams=21_600, left_grams=10_800)
    sold_out = taken(SOUP, prepared_grams=9_000, left_grams=0)
    await kitchen.tell_meals(lunch(TODAY, weighed, sold_out, served=95, registered=90, version=2))
    kitchen.at(TODAY + timedelta(1))
    record = await kitchen.send("GET", f"/meal-sessions/{kitchen.meal}/production-record")
    told, soup = record["dishes"]
    assert (told["asked_portions"], told["sold_out"]) == (60, False)
    assert told["cooked"] == {"portions": 120, "cost_fen": 60 * 450}
    batch = meat["refills"]["portions"]
    batches = min(max(-(-(60 - meat["first_portions"]) // batch), 0), meat["refills"]["at_most"])
    suggested = meat["first_portions"] + batches * batch
    cost = (suggested - 60) * 450 if suggested >= 60 else (60 - suggested) * 2550
    assert told["suggestion"] == {"portions": suggested, "cost_fen": cost}
    assert told["difference_fen"] == 60 * 450 - cost
    assert (told["overrides"], told["reason"]) == (1, "有会议")
    assert (soup["sold_out"], soup["cooked"]["cost_fen"], soup["difference_fen"]) == (
        True, None, None
    )  # fmt: skip
    assert (record["suggestion_fen"], record["cooked_fen"]) == (cost, 60 * 450)
    assert "made_by" not in str(record)


async def test_nothing_that_is_weighed_on_the_day_changes_its_plan(kitchen):
    before = await kitchen.planned()
    weighed = [
        taken(MEAT, prepared_grams=90_000, left_grams=10),
        taken(SOUP, prepared_grams=90_000, left_grams=10),
    ]
    await kitchen.tell_meals(lunch(TODAY, *weighed, registered=90, served=1, version=2))
    after = await kitchen.planned()
    assert {name: one["portions"] for name, one in after.items()} == {
        name: one["portions"] for name, one in before.items()
    }


async def test_a_meal_without_history_has_no_plan_but_can_be_decided(service):
    kitchen = Kitchen(service)
    kitchen.at(TODAY, 0)
    await kitchen.tell_dishes(dish(MEAT))
    await kitchen.tell_meals(lunch(TODAY, taken(MEAT)))
    assert (await kitchen.plan(status=409))["type"] == "NoHistory"
    path = f"/meal-sessions/{kitchen.meal}/production-plan/{dish_id(MEAT)}"
    kept = await kitchen.send("PUT", path, json={"portions": 30, "reason": "开业"})
    assert (kept["portions"], kept["suggested_portions"]) == (30, None)


async def test_older_news_of_a_dish_changes_nothing(kitchen):
    newer, older = dish(MEAT, name="红烧牛肉", version=3), dish(MEAT, version=2)
    await kitchen.service.tell(DishesChanged(dishes=[newer]), DishesChanged(dishes=[older]))
    assert "红烧牛肉" in await kitchen.planned()


async def test_a_stranger_finds_no_meal(kitchen):
    kitchen.meal = session_id(TODAY + timedelta(99))
    assert (await kitchen.plan(status=404))["type"] == "NotFound"


async def test_a_plan_is_kept_after_the_cut_off_though_nobody_asked(kitchen):
    kitchen.at(TODAY, 0)
    kitchen.service.run_jobs()
    assert kept_plans(kitchen) == []  # the cut-off is at one
    kitchen.at(TODAY, 2)
    kitchen.service.run_jobs()
    kitchen.service.run_jobs()
    assert kept_plans(kitchen) == [1]
    shown = await kitchen.send("GET", f"/meal-sessions/{kitchen.meal}/production-record")
    assert [dish["name"] for dish in shown["dishes"]] == [MEAT, SOUP]


async def test_who_decided_is_forgotten_after_ninety_days_and_why_stays(kitchen):
    path = f"/meal-sessions/{kitchen.meal}/production-plan/{dish_id(MEAT)}"
    await kitchen.send("PUT", path, json={"portions": 99, "reason": "有会议"})

    def makers() -> list[tuple]:
        with kitchen.service.db.reading() as session:
            rows = session.exec(select(OverrideRow))
            return [(row.made_by_name is None, row.made_by is None, row.reason) for row in rows]

    for days, forgotten in ((89, False), (91, True)):
        kitchen.at(TODAY + timedelta(days))
        kitchen.service.run_jobs()
        assert makers() == [(forgotten, forgotten, "有会议")]


async def test_less_rice_is_cooked_where_more_people_want_less_of_it(kitchen):
    rice = "米饭"
    await kitchen.tell_dishes(dish(rice, "staple"))
    usual = {"normal": 90, "less": 10}
    await kitchen.tell_meals(*past_lunches(50, {rice: 0.9}, rice=usual, version=2))
    wanted = []
    for version, said in enumerate((usual, {"normal": 20, "none": 80}), 3):
        menu = taken(rice, undecided={"full": 100})
        await kitchen.tell_meals(lunch(TODAY, menu, rice=said, registered=100, version=version))
        wanted.append((await kitchen.planned())[rice]["expected_portions"])
    assert wanted[1] < 0.5 * wanted[0]


async def test_sets_share_the_diners(kitchen):
    await kitchen.tell_dishes(dish(NEW))
    menu = [
        taken(MEAT, choice="A", taking={"full": 60}, undecided={"full": 20}),
        taken(NEW, choice="B", taking={"half": 20}, undecided={"full": 20}),
        taken(SOUP, undecided={"full": 80, "half": 20}),
    ]
    await kitchen.tell_meals(lunch(TODAY, *menu, rice={"normal": 100}, registered=100, version=2))
    plan = await kitchen.plan()
    first, second, _ = plan["dishes"]
    assert (first["choice"], second["choice"]) == ("A", "B")
    both = first["expected_portions"] + second["expected_portions"]
    assert both == pytest.approx(plan["dishes"][2]["expected_portions"] / 0.9, rel=0.1)
    assert 2.2 < first["expected_portions"] / second["expected_portions"] < 3.8
    assert set(second["sizes"]) == {"full", "half"}


async def test_better_stars_raise_what_is_expected_of_a_new_dish(kitchen):
    await kitchen.tell_dishes(dish(MEAT, stars=3.0, version=2), dish(NEW, stars=5.0))
    await kitchen.tell_meals(lunch(TODAY, taken(MEAT), taken(NEW), registered=90, version=2))
    starred = (await kitchen.planned())[NEW]["expected_portions"]
    await kitchen.tell_dishes(dish(NEW, stars=1.0, version=2))
    assert (await kitchen.planned())[NEW]["expected_portions"] < starred


async def test_what_was_sold_out_raises_what_is_expected(kitchen):
    before = (await kitchen.planned())[MEAT]["expected_portions"]
    empty = [
        fact.model_copy(
            update={
                "version": 2,
                "menu": [
                    one.model_copy(
                        update={
                            "prepared_grams": one.prepared_grams - one.left_grams,
                            "left_grams": 0,
                        }
                    )
                    if one.dish_id == dish_id(MEAT)
                    else one
                    for one in fact.menu
                ],
            }
        )
        for number, fact in enumerate(past_lunches(50, {MEAT: 0.5, SOUP: 0.9}))
        if number % 2
    ]
    await kitchen.tell_meals(*empty)
    assert (await kitchen.planned())[MEAT]["expected_portions"] > before + 0.5
