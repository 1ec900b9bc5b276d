"""Rating on the phone, leftovers on the tablet, the queue at the desk, the public menu."""

import html
import json
import re
from datetime import timedelta

from support.gateway import ZONE, House, hidden

_SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


async def eaten_lunch(town: House) -> None:
    """Register the diner for today's lunch, and let it be over."""
    async with town.signed_in("diner") as browser:
        page = await browser.get("/m/")
        form = {
            "csrf": hidden(page.text), "canteen": town.town.canteen_id, "portion": "full",
            "day": str(town.clock.day), "meal": town.town.meals[0, "lunch"],
        }  # fmt: skip
        assert (await browser.post("/m/register", data=form)).status_code == 303
    town.clock.at = town.clock.at.astimezone(ZONE).replace(hour=14, minute=30)


async def test_a_diner_rates_without_a_script_and_only_once(town: House):
    await eaten_lunch(town)
    async with town.signed_in("diner") as browser:
        page = (await browser.get("/m/rate")).text
        names = re.findall(r'class="rated-name"[^>]*>([^<]+)<', page)
        assert names == ["红烧茄子", "清蒸鲈鱼", "番茄蛋花汤", "米饭"]
        fields = sorted(set(re.findall(r'name="(stars-[^"]+)"', page)))
        registration = re.search(r'name="registration" value="([^"]+)"', page)[1]
        form = {"csrf": hidden(page), "registration": registration}
        nothing = await browser.post("/m/rate", data=form)
        assert nothing.status_code == 422
        assert "请至少给一道菜打星" in nothing.text
        form |= {fields[0]: "4", fields[0].replace("stars", "tags"): ["good", "cold"]}
        sent = await browser.post("/m/rate", data=form)
        assert (sent.status_code, sent.headers["location"]) == (303, "/m/rate?said=rated")
        after = await browser.get(sent.headers["location"])
        assert "谢谢" in after.text
        assert "目前没有可评价的餐次" in after.text
        again = await browser.post("/m/rate", data=form)
        assert again.status_code == 409


async def test_a_hostile_form_is_a_refusal(town: House):
    await eaten_lunch(town)
    async with town.signed_in("diner") as browser:
        csrf = hidden((await browser.get("/m/rate")).text)
        for form in (
            {}, {"registration": "x"}, {"registration": town.town.canteen_id, "stars-x": "5"},
            {"registration": town.town.canteen_id, f"stars-{town.town.canteen_id}": "٣x"},
            {"registration": town.town.canteen_id, f"stars-{town.town.canteen_id}": "9" * 5000},
        ):  # fmt: skip
            answer = await browser.post("/m/rate", data={"csrf": csrf, **form})
            assert answer.status_code == 422, form
    async with town.signed_in("cook") as browser:
        csrf = hidden((await browser.get("/k/leftovers")).text)
        meal = town.town.meals[0, "lunch"]
        there = {"canteen": town.town.canteen_id, "meal": meal}
        for form in ({}, there | {"left-x": "1"}, there | {f"left-{meal}": "1e3"}):
            answer = await browser.post("/k/leftovers", data={"csrf": csrf, **form})
            assert answer.status_code == 422, form


async def test_a_cook_enters_leftovers_in_kilograms(town: House):
    await eaten_lunch(town)
    async with town.signed_in("cook") as browser:
        meal = town.town.meals[0, "lunch"]
        page = (await browser.get(f"/k/leftovers?meal={meal}")).text
        lefts = re.findall(r'name="left-([^"]+)"', page)
        assert len(lefts) == 4
        form = {"csrf": hidden(page), "canteen": town.town.canteen_id, "meal": meal}
        for dish, prepared, left in zip(
            lefts, ("10", "2.5", "3", "8"), ("1.25", "0", "3.1", ""), strict=True
        ):
            form |= {f"prepared-{dish}": prepared, f"left-{dish}": left}
        refused = await browser.post("/k/leftovers", data=form)
        assert refused.status_code == 422
        assert 'value="3.1"' in refused.text
        form[f"left-{lefts[2]}"] = "0,3"
        saved = await browser.post("/k/leftovers", data=form)
        assert saved.status_code == 303
        kept = (await browser.get(f"/api/v1/menu/meal-sessions/{meal}/leftovers")).json()["items"]
        assert [(one["prepared_grams"], one["left_grams"]) for one in kept[:3]] == [
            (10000, 1250), (2500, 0), (3000, 300),
        ]  # fmt: skip
        assert kept[3]["left_grams"] is None


async def test_a_manager_decides_and_diners_read_the_reply(town: House):
    async with town.signed_in("manager") as browser:
        dishes = await browser.get(
            "/api/v1/menu/dishes", params={"canteen_id": town.town.canteen_id}
        )
        dish = next(one["id"] for one in dishes.json()["items"] if one["name"] == "红烧茄子")
        page = await browser.get("/a/dish-queue")
        assert "目前没有需要决定的菜品" in page.text
        form = {
            "csrf": hidden(page.text), "canteen": town.town.canteen_id, "dish": dish,
            "decision": "adjust", "reply": "少放<油>。", "trial_until": "2026-01-01",
        }  # fmt: skip
        assert (await browser.post("/a/dish-queue", data=form | {"reply": ""})).status_code == 422
        assert (await browser.post("/a/dish-queue", data=form)).status_code == 303
        shown = html.unescape((await browser.get("/a/dish-queue")).text)
        assert "少放<油>。" in shown
        trial = form | {"decision": "trial", "trial_until": ""}
        assert (await browser.post("/a/dish-queue", data=trial)).status_code == 422
    async with town.signed_in("diner") as browser:
        sessions = await browser.get(
            "/api/v1/menu/meal-sessions",
            params={
                "canteen_id": town.town.canteen_id,
                "date_from": str(town.clock.day),
                "date_to": str(town.clock.day),
            },
        )
        replies = {one["name"]: one["reply"] for one in sessions.json()["items"][0]["dishes"]}
        assert replies["红烧茄子"] == "少放<油>。"
        assert (await browser.get("/a/dish-queue")).status_code == 403


async def test_a_retired_dish_is_not_offered_for_a_new_menu(town: House):
    async with town.signed_in("manager") as browser:
        dishes = await browser.get(
            "/api/v1/menu/dishes", params={"canteen_id": town.town.canteen_id}
        )
        dish = next(one["id"] for one in dishes.json()["items"] if one["name"] == "红烧茄子")
        box = f'name="dishes" value="{dish}"'
        page = await browser.get("/a/meals")
        assert box in page.text
        form = {
            "csrf": hidden(page.text), "canteen": town.town.canteen_id, "dish": dish,
            "decision": "retire", "reply": "不再供应。",
        }  # fmt: skip
        assert (await browser.post("/a/dish-queue", data=form)).status_code == 303
        assert box not in (await browser.get("/a/meals")).text
        planned = await browser.get(f"/a/meals/{town.town.meals[1, 'lunch']}")
        assert f'value="{dish}' in planned.text, "it stays on the menus that have it"


async def publish(town: House) -> None:
    async with town.signed_in("manager") as browser:
        page = await browser.get("/a/")
        answer = await browser.put(
            f"/api/v1/menu/canteens/{town.town.canteen_id}/settings",
            json={"is_menu_public": True, "no_show_grace": 2, "remind_minutes": 0},
            headers={"X-CSRF-Token": hidden(page.text)},
        )
        assert answer.status_code == 200, answer.text


async def test_a_public_menu_is_for_anybody_and_in_schema_org_words(town: House):
    address = f"/menu/{town.town.canteen_id}"
    async with town.browser() as nobody:
        assert (await nobody.get(address)).status_code == 404
        assert address not in (await nobody.get("/")).text
        await publish(town)
        assert f'href="{address}"' in (await nobody.get("/")).text
        page = await nobody.get(address)
        assert page.status_code == 200
        menu = json.loads(_SCRIPT.search(page.text)[1])
        assert (menu["@type"], menu["name"]) == ("Menu", "机关第一食堂菜单")
        section = menu["hasMenuSection"][0]
        assert section["name"].endswith("早餐")
        item = section["hasMenuItem"][0]
        assert (item["name"], item["description"]) == ("红烧茄子", "含：大豆")
        for feed in re.findall(r'href="(/api/v1/menu/feeds/[^"]+)"', page.text):
            assert (await nobody.get(feed)).status_code == 200


async def test_a_dishs_name_stays_a_name_in_the_page_and_its_data(town: House):
    evil = "</script><script>alert(1)</script>"
    async with town.signed_in("manager") as browser:
        token = {"X-CSRF-Token": hidden((await browser.get("/a/")).text)}
        place = {"canteen_id": town.town.canteen_id}
        dish = await browser.post(
            "/api/v1/menu/dishes", headers=token,
            json={**place, "name": evil, "kind": "soup", "portion_grams": 1},
        )  # fmt: skip
        day = town.clock.at.astimezone(ZONE) + timedelta(5)
        made = await browser.post(
            "/api/v1/menu/meal-sessions", headers=token,
            json={
                **place, "date": str(day.date()), "meal": "lunch", "capacity": 9,
                "cutoff_at": day.isoformat(), "dishes": [dish.json()["id"]],
            },
        )  # fmt: skip
        assert made.status_code == 201, made.text
    await publish(town)
    async with town.browser() as nobody:
        page = (await nobody.get(f"/menu/{town.town.canteen_id}")).text
    assert "<script>alert" not in page
    names = [
        item["name"]
        for section in json.loads(_SCRIPT.search(page)[1])["hasMenuSection"]
        for item in section["hasMenuItem"]
    ]
    assert evil in names


async def test_a_diner_makes_an_address_for_their_calendar(town: House):
    await eaten_lunch(town)
    async with town.signed_in("diner") as browser, town.browser() as nobody:
        page = await browser.get("/m/calendar")
        csrf = {"csrf": hidden(page.text)}
        made = (await browser.post("/m/calendar", data=csrf)).text
        address = re.search(r'id="address" value="([^"]+)"', made)[1]
        assert address.startswith("http://test/api/v1/menu/feeds/mine/")
        assert "午餐" in (await nobody.get(address)).text
        assert (await browser.post("/m/calendar/void", data=csrf)).status_code == 303
        assert (await nobody.get(address)).status_code == 404
