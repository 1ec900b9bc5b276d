import asyncio
import re
from datetime import timedelta

import httpx
import pytest

from support.gateway import House, fresh_id, hidden
from support.weeks import serve_next_week


def _day(town: House, offset: int) -> str:
    return str(town.clock.day + timedelta(days=offset))


async def _week(town: House, browser: httpx.AsyncClient, **query: object) -> str:
    page = await browser.get("/m/", params={"canteen": town.town.canteen_id, **query})
    assert page.status_code == 200, page.text
    return page.text


async def _mine(town: House, browser: httpx.AsyncClient) -> dict[str, dict]:
    answer = await browser.get(
        "/api/v1/menu/registrations/mine",
        params={"date_from": _day(town, 0), "date_to": _day(town, 14)},
    )
    return {one["meal_session_id"]: one for one in answer.json()["items"]}


def _form(town: House, page: str, meals: list[str], **more: object) -> dict:
    once = re.search(r'name="once" value="([^"]+)"', page)[1]
    return {
        "csrf": hidden(page),
        "once": once,
        "canteen": town.town.canteen_id,
        "meal": meals,
        "portion": "half",
        "rice": "less",
        **more,
    }


def _row(page: str, meal: str) -> str:
    return page.split(f'id="meal-{meal}"')[1].split("</li>", maxsplit=1)[0]


def _lunches(town: House) -> list[str]:
    return [town.town.meals[offset, "lunch"] for offset in (0, 1, 2)]


async def test_a_week_is_registered_with_one_form(town: House):
    async with town.signed_in("diner") as browser:
        page = await _week(town, browser)
        answer = await browser.post("/m/register", data=_form(town, page, _lunches(town)))
        assert answer.status_code == 303, answer.text
        shown = (await browser.get(answer.headers["location"])).text
        mine = await _mine(town, browser)
    assert set(mine) == set(_lunches(town))
    assert {(one["portion"], one["rice"]) for one in mine.values()} == {("half", "less")}
    assert "已报 3 餐" in shown
    for meal, one in mine.items():
        assert one["pickup_code"] in _row(shown, meal)


async def test_one_meal_that_is_refused_leaves_the_others_alone(town: House):
    full, lunch = town.town.meals[1, "dinner"], town.town.meals[1, "lunch"]
    passed = town.town.meals[0, "breakfast"]
    async with town.signed_in("diner") as browser:
        page = await _week(town, browser)
        answer = await browser.post("/m/register", data=_form(town, page, [full, lunch, passed]))
        assert set(await _mine(town, browser)) == {lunch}
    assert answer.status_code == 409
    assert "30 分钟前截止" in _row(answer.text, passed)
    assert 'role="alert"' in _row(answer.text, full)
    assert "已报餐" in _row(answer.text, lunch)
    assert 'role="alert"' not in _row(answer.text, lunch)


async def test_undo_of_a_week_cancels_it_and_undo_of_that_registers_the_same_again(town: House):
    async with town.signed_in("diner") as browser:
        page = await _week(town, browser)
        answer = await browser.post("/m/register", data=_form(town, page, _lunches(town)))
        page = (await browser.get(answer.headers["location"])).text
        answer = await browser.post("/m/cancel", data=_toast(page))
        page = (await browser.get(answer.headers["location"])).text
        assert await _mine(town, browser) == {}
        assert "已取消 3 餐" in page
        answer = await browser.post("/m/register", data=_toast(page))
        mine = await _mine(town, browser)
    assert answer.status_code == 303
    assert {(one["portion"], one["rice"]) for one in mine.values()} == {("half", "less")}
    assert len(mine) == 3


def _toast(page: str) -> dict[str, list[str]]:
    """Return the fields of the form in the toast."""
    toast = page.split('id="toasts"')[1]
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', toast):
        fields.setdefault(name, []).append(value)
    return fields


async def test_a_form_sent_twice_at_once_registers_once(town: House):
    async with town.signed_in("diner") as browser:
        page = await _week(town, browser)
        form = _form(town, page, _lunches(town))
        answers = await asyncio.gather(*(browser.post("/m/register", data=form) for _ in range(4)))
        mine = await _mine(town, browser)
    assert {answer.status_code for answer in answers} == {303}
    assert len(mine) == 3


async def test_a_form_whose_answer_was_lost_changes_nothing_when_it_is_sent_again(town: House):
    """The network drops after the services accepted; the diner reloads, then sends once more."""
    async with town.signed_in("diner") as browser, town.signed_in("cook") as other:
        page = await _week(town, browser)
        form = _form(town, page, _lunches(town))
        await browser.post("/m/register", data=form)  # whose answer the phone never sees
        before = await _mine(town, browser)
        reloaded = await _week(town, browser)
        assert all("已报餐" in _row(reloaded, meal) for meal in before)
        answer = await browser.post("/m/register", data=form)
        assert await _mine(town, browser) == before
        assert await _mine(town, other) == {}
    assert answer.status_code == 303


async def test_an_old_form_sent_again_after_a_cancellation_claims_nothing(town: House):
    lunch = town.town.meals[1, "lunch"]
    async with town.signed_in("diner") as browser:
        page = await _week(town, browser)
        form = _form(town, page, [lunch])
        answer = await browser.post("/m/register", data=form)
        page = (await browser.get(answer.headers["location"])).text
        await browser.post("/m/cancel", data=_toast(page))
        again = await browser.post("/m/register", data=form)
        shown = (await browser.get(again.headers["location"])).text
        registered = lunch in await _mine(town, browser)
    assert ("已报餐" in _row(shown, lunch)) is registered
    assert ('class="toast"' in shown) is registered


async def test_nothing_picked_is_told(town: House):
    async with town.signed_in("diner") as browser:
        page = await _week(town, browser)
        answer = await browser.post("/m/register", data=_form(town, page, []))
        shown = await browser.get(answer.headers["location"])
    assert "请先选择餐次" in shown.text


async def test_all_lunches_of_a_week_are_ticked_by_one_link_and_unticked_by_it(town: House):
    lunches = await serve_next_week(town)
    async with town.signed_in("diner") as browser:
        page = await _week(town, browser)
        monday = min(lunches)
        address = _chip(page, f"lunch.{monday}")
        ticked = (await browser.get(address)).text
        assert _ticked(ticked) == set(lunches.values())
        assert _ticked((await browser.get(_chip(ticked, f"lunch.{monday}"))).text) == set()


def _chip(page: str, key: str) -> str:
    addresses = re.findall(r'class="chip[^"]*" href="([^"]+)"', page)
    return next(one for one in addresses if f"={key}" in one).replace("&amp;", "&")


def _ticked(page: str) -> set[str]:
    return set(re.findall(r'class="tick"[^>]* value="([^"]+)"[^>]* checked', page))


async def test_what_one_usually_takes_is_preselected_and_what_one_avoids_is_warned_of(town: House):
    async with town.signed_in("diner") as browser:
        page = await browser.get("/m/preferences")
        saved = await browser.post(
            "/m/preferences",
            data={"csrf": hidden(page.text), "portion": "small", "rice": "none", "avoid": "fish"},
        )
        assert saved.status_code == 303
        week = await _week(town, browser)
        day = await _week(town, browser, day=_day(town, 1))
    for page in (week, day):
        assert re.search(r'name="portion" value="small" checked', page)
        assert re.search(r'name="rice" value="none" checked', page)
        assert "含您忌口的：鱼类" in page


async def test_a_meal_is_changed_in_place(town: House):
    lunch = town.town.meals[1, "lunch"]
    async with town.signed_in("diner") as browser:
        page = await _week(town, browser)
        await browser.post("/m/register", data=_form(town, page, [lunch]))
        before = (await _mine(town, browser))[lunch]
        form = _form(town, page, [lunch], registration=before["id"], portion="full", rice="none")
        answer = await browser.post("/m/change", data=form | {"day": _day(town, 1)})
        after = (await _mine(town, browser))[lunch]
    assert answer.status_code == 303
    assert (after["portion"], after["rice"]) == ("full", "none")
    assert after["pickup_code"] == before["pickup_code"]


async def test_a_full_meal_is_waited_for_and_left(town: House):
    dinner = town.town.meals[1, "dinner"]
    async with town.signed_in("diner") as browser:
        page = await _week(town, browser)
        form = _form(town, page, [dinner], day=_day(town, 1))
        answer = await browser.post("/m/wait", data=form)
        shown = (await browser.get(answer.headers["location"])).text
        assert "您排在第一位" in shown
        town.clock.at += timedelta(minutes=1)
        async with town.signed_in("cook") as second:
            theirs = await _week(town, second)
            answer = await second.post("/m/wait", data=_form(town, theirs, [dinner]))
            assert answer.status_code == 303, answer.text
            assert "前面 1 人" in _row(await _week(town, second), dinner)
        answer = await browser.post("/m/leave", data=form)
        shown = (await browser.get(answer.headers["location"])).text
        assert "您排在第一位" not in shown
        assert "/m/wait" in shown


async def test_after_the_cut_off_a_meal_goes_to_a_colleague(town: House):
    lunch = town.town.meals[0, "lunch"]
    async with town.signed_in("diner") as browser, town.signed_in("cook") as colleague:
        page = await _week(town, browser)
        await browser.post("/m/register", data=_form(town, page, [lunch]))
        registration = (await _mine(town, browser))[lunch]["id"]
        town.clock.at += timedelta(hours=3)
        day = await _week(town, browser, day=_day(town, 0))
        assert "/m/give" in day
        assert "/m/cancel" not in day.split(f'id="meal-{lunch}"')[1].split("</article>")[0]
        form = _form(town, day, [lunch], registration=registration, day=_day(town, 0))
        nobody = await browser.post("/m/give", data=form | {"number": "N-nobody"})
        assert nobody.status_code == 404
        assert 'role="alert"' in nobody.text
        given = await browser.post("/m/give", data=form | {"number": "N-cook"})
        assert given.status_code == 303
        assert "已转给同事" in (await browser.get(given.headers["location"])).text
        assert await _mine(town, browser) == {}
        await _week(town, colleague)
        assert lunch in await _mine(town, colleague)


async def test_after_the_cut_off_a_meal_is_offered_and_taken_back(town: House):
    lunch = town.town.meals[0, "lunch"]
    async with town.signed_in("diner") as browser:
        page = await _week(town, browser)
        await browser.post("/m/register", data=_form(town, page, [lunch]))
        registration = (await _mine(town, browser))[lunch]["id"]
        town.clock.at += timedelta(hours=3)
        form = _form(town, page, [lunch], registration=registration, day=_day(town, 0))
        offered = await browser.post("/m/offer", data=form)
        assert "/m/keep" in (await browser.get(offered.headers["location"])).text
        kept = await browser.post("/m/keep", data=form)
        shown = (await browser.get(kept.headers["location"])).text
    assert "已收回" in shown
    assert "/m/offer" in shown


@pytest.mark.parametrize("form", ["register", "cancel", "give", "leave"])
async def test_the_address_of_a_form_leads_back_to_the_week(town: House, form):
    async with town.signed_in("diner") as browser:
        answer = await browser.get(f"/m/{form}")
    assert answer.headers["location"] == "/m/"


@pytest.mark.parametrize(
    "field", [{"meal": "x"}, {"meal": "1:full:normal:E"}, {"portion": "huge"}, {"canteen": "1"}]
)
async def test_a_garbled_form_is_told_as_a_page(town: House, field):
    async with town.signed_in("diner") as browser:
        page = await _week(town, browser)
        answer = await browser.post("/m/register", data=_form(town, page, []) | field)
    assert answer.status_code == 422
    assert "<html" in answer.text


async def test_somebody_elses_registration_is_not_cancelled(town: House):
    lunch = town.town.meals[1, "lunch"]
    async with town.signed_in("diner") as browser, town.signed_in("cook") as other:
        page = await _week(town, browser)
        await browser.post("/m/register", data=_form(town, page, [lunch]))
        registration = (await _mine(town, browser))[lunch]["id"]
        theirs = await _week(town, other)
        for wrong in (registration, fresh_id()):
            form = _form(town, theirs, [lunch], registration=wrong)
            assert (await other.post("/m/cancel", data=form)).status_code == 404
        assert lunch in await _mine(town, browser)
