import re
from datetime import timedelta

import httpx
import pytest

from support.gateway import House, fresh_id, hidden

HTMX = {"HX-Request": "true"}


def _day(town: House, offset: int) -> str:
    return str(town.clock.day + timedelta(days=offset))


async def _page(town: House, browser: httpx.AsyncClient, offset: int) -> str:
    page = await browser.get(
        "/m/", params={"canteen": town.town.canteen_id, "day": _day(town, offset)}
    )
    assert page.status_code == 200
    return page.text


def _order(town: House, page: str, offset: int, meal: str, **more: str) -> dict:
    return {
        "csrf": hidden(page),
        "canteen": town.town.canteen_id,
        "day": _day(town, offset),
        "meal": town.town.meals[offset, meal],
        **more,
    }


def _card(page: str, meal_id: str) -> str:
    return page.split(f'id="meal-{meal_id}"')[1].split("</article>", maxsplit=1)[0]


async def _registered(town: House, browser: httpx.AsyncClient) -> tuple[str, str]:
    """Register for tomorrow's lunch; return the page after, and the registration's id."""
    page = await _page(town, browser, 1)
    await browser.post("/m/register", data=_order(town, page, 1, "lunch", portion="half"))
    page = await _page(town, browser, 1)
    return page, re.search(r'name="registration" value="([^"]+)"', page)[1]


async def test_without_javascript_a_diner_orders_and_gets_a_code(town: House):
    async with town.signed_in("diner") as browser:
        page = await _page(town, browser, 1)
        answer = await browser.post(
            "/m/register", data=_order(town, page, 1, "lunch", portion="half")
        )
        assert answer.status_code == 303
        shown = await browser.get(answer.headers["location"])
        card = _card(shown.text, town.town.meals[1, "lunch"])
        assert "已报餐" in card
        assert "半份" in card
        mine = await browser.get(
            "/api/v1/menu/registrations/mine",
            params={"date_from": _day(town, 1), "date_to": _day(town, 1)},
        )
        assert mine.json()["items"][0]["pickup_code"] in card
        assert "<svg" in card


async def test_without_javascript_a_diner_cancels_and_takes_it_back(town: House):
    async with town.signed_in("diner") as browser:
        page, registration = await _registered(town, browser)
        order = _order(town, page, 1, "lunch", registration=registration)
        order["meal"] += ":half:less:"
        cancelled = await browser.post("/m/cancel", data=order)
        assert cancelled.status_code == 303
        shown = (await browser.get(cancelled.headers["location"])).text
        toast = shown.split('id="toasts"')[1]
        assert "撤销" in toast
        assert f'name="meal" value="{order["meal"]}"' in toast
        again = await browser.post("/m/register", data=order)
        shown = (await browser.get(again.headers["location"])).text
        assert "半份 · 米饭少量" in _card(shown, town.town.meals[1, "lunch"])


async def test_htmx_gets_the_content_and_a_toast_and_nothing_else(town: House):
    async with town.signed_in("diner") as browser:
        page = await _page(town, browser, 1)
        answer = await browser.post(
            "/m/register", data=_order(town, page, 1, "lunch"), headers=HTMX
        )
        assert answer.status_code == 200
        assert "<html" not in answer.text
        assert answer.text.count("<main") == 1
        assert 'hx-swap-oob="innerHTML"' in answer.text


async def test_a_second_tap_changes_nothing_and_scolds_nobody(town: House):
    async with town.signed_in("diner") as browser:
        page = await _page(town, browser, 1)
        order = _order(town, page, 1, "lunch")
        for _ in range(2):
            answer = await browser.post("/m/register", data=order, headers=HTMX)
            assert answer.status_code == 200
            assert 'role="alert"' not in answer.text


@pytest.mark.parametrize("headers", [{}, HTMX])
async def test_too_late_is_told_in_the_card(town: House, headers):
    async with town.signed_in("diner") as browser:
        page = await _page(town, browser, 0)
        order = _order(town, page, 0, "lunch", portion="small")
        town.clock.at += timedelta(hours=4)
        answer = await browser.post("/m/register", data=order, headers=headers)
        assert answer.status_code == 409
        assert 'role="alert"' in _card(answer.text, town.town.meals[0, "lunch"])


async def test_full_and_closed_are_told_in_words(town: House):
    async with town.signed_in("diner") as browser:
        today = await _page(town, browser, 0)
        assert "已截止" in _card(today, town.town.meals[0, "breakfast"])
        tomorrow = await _page(town, browser, 1)
        full = _card(tomorrow, town.town.meals[1, "dinner"])
        assert "已满" in full
        assert "/m/register" not in full
        assert "/m/wait" in full


async def test_the_cut_off_is_a_time_and_what_is_left_of_it(town: House):
    async with town.signed_in("diner") as browser:
        card = _card(await _page(town, browser, 0), town.town.meals[0, "lunch"])
    assert "今天 10:30" in card
    assert "还剩 2 小时 30 分钟" in card


async def test_allergens_are_words_in_both_languages(town: House):
    async with town.signed_in("diner") as browser:
        assert "含：鱼类、大豆" in await _page(town, browser, 1)
        await browser.get("/language/en")
        assert "Contains: fish, soy" in await _page(town, browser, 1)


async def test_every_button_has_a_name_of_its_own(town: House):
    async with town.signed_in("diner") as browser:
        page, _ = await _registered(town, browser)
    names = [
        re.sub(r"<[^>]+>", "", button).strip()
        for button in re.findall(r"<button[^>]*>(.*?)</button>", page, re.DOTALL)
    ]
    assert len(names) == len(set(names)) >= 2


async def test_an_eaten_meal_says_so(town: House):
    async with town.signed_in("diner") as browser:
        await _registered(town, browser)
        async with town.signed_in("cook") as cook:
            token = hidden((await cook.get("/password")).text)
            me = (await browser.get("/api/v1/directory/me")).json()
            item = {
                "id": fresh_id(),
                "meal_session_id": town.town.meals[1, "lunch"],
                "person_id": me["id"],
                "at": town.clock.at.isoformat(),
            }
            done = await cook.post(
                "/api/v1/menu/check-ins:batch",
                json={"items": [item]},
                headers={"X-CSRF-Token": token},
            )
            assert done.json()["results"][0]["outcome"] == "created", done.text
        card = _card(await _page(town, browser, 1), town.town.meals[1, "lunch"])
    assert "已用餐" in card
    assert "/m/cancel" not in card


async def test_several_canteens_are_offered_by_name(town: House):
    async with town.signed_in("diner") as browser:
        page = await browser.get("/m/", params={"canteen": town.town.other_canteen_id})
    assert "机关第一食堂" in page.text
    assert "市民中心食堂" in page.text
    assert "这两周还没有安排供餐" in page.text


async def test_another_canteen_than_ones_own_is_not_found(town: House):
    async with town.signed_in("diner") as browser:
        answer = await browser.get("/m/", params={"canteen": fresh_id()})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "query", [{"day": "yesterday"}, {"canteen": "1"}, {"said": "<b>"}, {"portion": "huge"}]
)
async def test_a_garbled_address_is_told_as_a_page(town: House, query):
    async with town.signed_in("diner") as browser:
        answer = await browser.get("/m/", params=query)
    assert answer.status_code == 422
    assert "<html" in answer.text


async def test_a_day_outside_the_strip_shows_the_week(town: House):
    async with town.signed_in("diner") as browser:
        page = await browser.get(
            "/m/", params={"canteen": town.town.canteen_id, "day": "2001-01-01"}
        )
    assert page.status_code == 200
    assert 'class="submit-bar"' in page.text


async def test_what_one_has_ordered_stands_under_mine(town: House):
    async with town.signed_in("diner") as browser:
        assert "还没有报餐" in (await browser.get("/m/me")).text
        await _registered(town, browser)
        assert "半份" in (await browser.get("/m/me")).text


async def test_a_session_that_ended_sends_htmx_to_the_sign_in_page(town: House):
    async with town.signed_in("diner") as browser:
        page = await _page(town, browser, 1)
        token = hidden(page)
        await browser.post("/sign-out", data={"csrf": token})
        fresh = hidden((await browser.get("/sign-in")).text)
        order = _order(town, page, 1, "lunch") | {"csrf": fresh}
        answer = await browser.post("/m/register", data=order, headers=HTMX)
    assert answer.headers["hx-redirect"] == "/sign-in?next=%2Fm%2F"


async def test_the_page_of_a_diner_is_small(town: House):
    async with town.signed_in("diner") as browser:
        page = await browser.get("/m/")
        addresses = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page.text))
        files = [await browser.get(address) for address in addresses]
        assert all(file.status_code == 200 for file in files)
        bytes_on_the_wire = sum(int(one.headers["content-length"]) for one in (page, *files))
    assert len(addresses) + 1 <= 5
    assert bytes_on_the_wire <= 40 * 1024
