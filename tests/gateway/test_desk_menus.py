"""What the desk does with dishes, recipes, weeks, meals and rules; without any script."""

import re
from datetime import date, timedelta

import httpx

from cleanplate_shared.contracts.menu_weeks import CanteenSettings, MealRules
from support.gateway import House, fresh_id, hidden
from support.world import A_PICTURE

RULES = {
    "meal": ["breakfast", "lunch", "dinner"], "cutoff_days_before": ["1", "0", ""],
    "cutoff_time": ["20:00", "09:30", ""], "serves_from": ["07:00", "11:30", ""],
    "serves_until": ["08:30", "13:00", ""], "capacity": ["100", "300", ""],
    "service_mode": ["buffet", "choice", "buffet"],
}  # fmt: skip


async def send(browser: httpx.AsyncClient, path: str, files=None, **fields) -> httpx.Response:
    page = await browser.get("/a/calendar")
    return await browser.post(path, data={"csrf": hidden(page.text), **fields}, files=files)


async def dish_of(browser: httpx.AsyncClient, town: House, name: str = "肉末粉丝") -> str:
    made = await send(
        browser, "/a/dishes", canteen=town.town.canteen_id, name=name, kind="vegetable",
        portion_grams="180", half_grams="", small_grams="130",
    )  # fmt: skip
    assert made.status_code == 303, made.text
    page = (await browser.get(f"/a/dishes?q={name}")).text
    return re.search(r'href="/a/dishes/([0-9a-f-]{36})"', page)[1]


def workday_ahead(town: House, weeks: int) -> date:
    """Return a Wednesday some weeks ahead."""
    today = town.clock.day
    return today + timedelta(days=2 - today.weekday(), weeks=weeks)


async def make_workday(town: House, day: date) -> None:
    """Set a day to be worked, whatever the calendar says of it."""
    async with town.signed_in("admin") as browser:
        kept = await send(browser, "/a/calendar", day=str(day), worked="yes")
        assert kept.status_code == 303
    await town.suite.settle()


async def test_the_library_is_searched_by_name_and_kind(town: House):
    async with town.signed_in("manager") as browser:
        await dish_of(browser, town)
        found = (await browser.get("/a/dishes?q=粉丝")).text
        by_kind = (await browser.get("/a/dishes?q=素菜")).text
        none = (await browser.get("/a/dishes?q=没有的菜")).text
    assert "肉末粉丝" in found
    assert "肉末粉丝" in by_kind
    assert "肉末粉丝" not in none.replace('value="没有的菜"', "")


async def test_a_recipe_is_typed_in_grams_and_per_cent(town: House):
    async with town.signed_in("manager") as browser:
        dish = await dish_of(browser, town)
        card = {
            "ingredient": ["茄子", "油", ""], "net": ["160.5", "12", ""],
            "net_yield": ["90", "", ""], "cooking_yield": "82.5", "protein_mg": "2.5",
        }  # fmt: skip
        wrong = await send(browser, f"/a/dishes/{dish}/recipes", **card | {"net": ["x", "12", ""]})
        assert wrong.status_code == 422
        field = re.search(r'<input[^>]*aria-invalid="true"[^>]*>', wrong.text)[0]
        assert 'name="net"' in field
        assert 'value="x"' in field
        assert 'value="82.5"' in wrong.text
        kept = await send(browser, f"/a/dishes/{dish}/recipes", **card)
        assert kept.status_code == 303, kept.text
        answer = await browser.get(f"/api/v1/menu/dishes/{dish}/recipes")
        page = (await browser.get(f"/a/dishes/{dish}")).text
    (recipe,) = answer.json()["items"]
    parts = [(each["net_milligrams"], each["net_yield_permille"]) for each in recipe["ingredients"]]
    assert parts == [(160_500, 900), (12_000, 1000)]
    assert recipe["cooking_yield_permille"] == 825
    assert recipe["nutrition"]["protein_mg"] == 2_500
    assert "178.3 g" in page  # 160.5 g at a net yield of 90 %


async def test_a_photo_is_sent_seen_and_taken_away(town: House):
    async with town.signed_in("manager") as browser:
        dish = await dish_of(browser, town)
        place = f"/a/dishes/{dish}/photo"
        refused = await send(browser, place, files={"file": ("a.jpg", b"no picture")})
        assert refused.status_code == 422
        assert 'class="notice bad"' in refused.text
        kept = await send(browser, place, files={"file": ("a.png", A_PICTURE)})
        assert kept.status_code == 303, kept.text
        page = (await browser.get(f"/a/dishes/{dish}")).text
        source = re.search(r'src="(/a/dishes/[^"]*/photo[^"]*)"', page)[1]
        seen = await browser.get(source)
        assert seen.headers["content-type"] == "image/webp"
        assert "immutable" in seen.headers["cache-control"]
        again = await browser.get(source, headers={"If-None-Match": seen.headers["etag"]})
        assert again.status_code == 304
        assert (await send(browser, f"{place}/remove")).status_code == 303
        assert (await browser.get(source)).status_code == 404


async def test_a_week_is_copied_kept_and_planned_from_what_was_kept(town: House):
    canteen = town.town.canteen_id
    source, *others = (workday_ahead(town, weeks) for weeks in (3, 4, 5))
    for day in others:
        await make_workday(town, day)
    async with town.signed_in("manager") as browser:
        planned = await send(
            browser, "/a/meals", canteen=canteen, day=str(source), meal="lunch", capacity="77"
        )
        assert planned.status_code == 303, planned.text
        week = {"canteen": canteen, "week": str(others[0])}
        copied = await send(browser, "/a/meals/copy", **week, from_week=str(source))
        assert 'class="notice ok"' in copied.text
        again = await send(browser, "/a/meals/copy", **week, from_week=str(source))
        assert "已有该餐次" in again.text
        empty = await send(browser, "/a/meals/copy", **week, from_week="2020-01-06")
        assert empty.status_code == 422
        kept = await send(browser, "/a/meals/templates", **week, name="冬季")
        assert kept.status_code == 303, kept.text
        page = (await browser.get("/a/meals")).text
        template = re.search(r'<option value="([0-9a-f-]{36})">冬季', page)[1]
        week["week"] = str(others[1])
        applied = await send(browser, "/a/meals/templates/apply", **week, template=template)
        assert 'class="notice ok"' in applied.text
        assert "0 / 77" in applied.text
        await send(browser, "/a/meals/templates/remove", **week, template=template)
        assert ">冬季<" not in (await browser.get("/a/meals")).text


async def test_a_meal_gets_sets_and_is_called_off_and_held_after_all(town: House):
    meal = town.town.meals[2, "lunch"]
    async with town.signed_in("manager") as browser:
        dish = await dish_of(browser, town)
        place = f"/a/meals/{meal}"
        before = (await browser.get(f"/api/v1/menu/meal-sessions/{meal}")).json()
        times = {
            "cutoff": f"{before['date']}T08:15", "serves_from": "11:20", "serves_until": "13:10",
            "service_mode": "choice",
        }  # fmt: skip
        wrong = await send(browser, place, **times | {"serves_until": "11:00"})
        assert wrong.status_code == 422
        assert (
            'name="serves_until"'
            in re.search(r'<input[^>]*aria-invalid="true"[^>]*>', wrong.text)[0]
        )
        assert (await send(browser, place, **times)).status_code == 303
        assert (await send(browser, f"{place}/seats", capacity="88")).status_code == 303
        kept = await send(browser, f"{place}/menu", dishes=["", f"{dish}:B", ""])
        assert kept.status_code == 303, kept.text
        off = await send(browser, f"{place}/close", reason="停气")
        assert off.status_code == 303
        page = (await browser.get(place)).text
        now = (await browser.get(f"/api/v1/menu/meal-sessions/{meal}")).json()
        assert (now["capacity"], now["closed_reason"]) == (88, "停气")
        assert [(each["id"], each["choice"]) for each in now["dishes"]] == [(dish, "B")]
        assert now["serves_from"].startswith(f"{before['date']}T03:20")
        assert "停气" in page
        assert (await send(browser, f"{place}/reopen")).status_code == 303
        held = (await browser.get(f"/api/v1/menu/meal-sessions/{meal}")).json()
        assert held["closed_reason"] is None


async def test_rules_and_settings_are_set_and_a_wrong_cell_is_named(town: House):
    canteen = town.town.canteen_id
    async with town.signed_in("manager") as browser:
        wrong = await send(
            browser, "/a/rules", canteen=canteen, **RULES | {"serves_until": ["08:30", "11:00", ""]}
        )
        assert wrong.status_code == 422
        field = re.search(r'<input[^>]*aria-invalid="true"[^>]*>', wrong.text)[0]
        assert 'name="serves_until"' in field
        assert 'value="11:00"' in field
        kept = await send(browser, "/a/rules", canteen=canteen, **RULES)
        assert kept.status_code == 303, kept.text
        place = f"/api/v1/menu/canteens/{canteen}"
        rules = MealRules.model_validate_json((await browser.get(f"{place}/meal-rules")).content)
        assert [(rule.meal, rule.capacity) for rule in rules.rules] == [
            ("breakfast", 100), ("lunch", 300)
        ]  # fmt: skip
        settings = {"is_menu_public": "yes", "no_show_grace": "3", "remind_minutes": "45"}
        refused = await send(
            browser, "/a/rules/settings", canteen=canteen, **settings | {"no_show_grace": "99"}
        )
        assert refused.status_code == 422
        assert (
            await send(browser, "/a/rules/settings", canteen=canteen, **settings)
        ).status_code == 303
        now = CanteenSettings.model_validate_json((await browser.get(f"{place}/settings")).content)
    assert now == CanteenSettings(is_menu_public=True, no_show_grace=3, remind_minutes=45)


async def test_a_form_sent_twice_writes_one_version(town: House):
    async with town.signed_in("manager") as browser:
        dish = await dish_of(browser, town)
        card = {"ingredient": "茄子", "net": "160", "net_yield": "90", "once": fresh_id()}
        for _ in range(2):
            assert (await send(browser, f"/a/dishes/{dish}/recipes", **card)).status_code == 303
        versions = (await browser.get(f"/api/v1/menu/dishes/{dish}/recipes")).json()["items"]
    assert len(versions) == 1
