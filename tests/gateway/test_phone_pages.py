import re
from datetime import date, timedelta

import httpx

from support.gateway import House, hidden
from support.weeks import serve_next_week, today_of


async def _post(browser: httpx.AsyncClient, page: str, path: str, **data: object) -> httpx.Response:
    return await browser.post(path, data={"csrf": hidden(page), **data})


async def _followed(browser: httpx.AsyncClient, answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return (await browser.get(answer.headers["location"])).text


def _toast(page: str) -> dict[str, list[str]]:
    """Return the fields of the form in the toast."""
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', page.split('id="toasts"')[1]):
        fields.setdefault(name, []).append(value)
    return fields


async def _days(browser: httpx.AsyncClient, first: date) -> set[str]:
    answer = await browser.get(
        "/api/v1/menu/registrations/mine",
        params={"date_from": str(first), "date_to": str(first + timedelta(days=6))},
    )
    return {one["date"] for one in answer.json()["items"]}


async def test_a_standing_registration_is_set_removed_and_undone(town: House):
    lunches = await serve_next_week(town)
    monday, canteen = min(lunches), town.town.canteen_id
    async with town.signed_in("diner") as browser:
        page = (await browser.get("/m/standing", params={"canteen": canteen})).text
        wanted = {"canteen": canteen, "meal": "lunch", "weekday": [1, 3], "portion": "half"}
        shown = await _followed(browser, await _post(browser, page, "/m/standing/set", **wanted))
        assert "固定报餐已设定" in shown
        both = {str(monday), str(monday + timedelta(days=2))}
        assert await _days(browser, monday) == both
        shown = await _followed(browser, await _post(browser, page, "/m/standing/remove", **wanted))
        assert await _days(browser, monday) == set()
        again = await browser.post("/m/standing/set", data=_toast(shown))
        assert "半份" in await _followed(browser, again)
        assert await _days(browser, monday) == both


async def test_days_away_cancel_and_coming_back_registers_again(town: House):
    lunches = await serve_next_week(town)
    monday, canteen = min(lunches), town.town.canteen_id
    async with town.signed_in("diner") as browser:
        page = (await browser.get("/m/standing", params={"canteen": canteen})).text
        lunch = {"canteen": canteen, "meal": "lunch", "weekday": [1, 2, 3, 4, 5]}
        await _post(browser, page, "/m/standing/set", **lunch)
        away = {
            "canteen": canteen, "first": monday, "last": monday + timedelta(days=1), "kind": "trip",
        }  # fmt: skip
        shown = await _followed(browser, await _post(browser, page, "/m/standing/away", **away))
        assert "已取消 2 餐" in shown
        assert len(await _days(browser, monday)) == 3
        shown = await _followed(browser, await browser.post("/m/standing/back", data=_toast(shown)))
        assert len(await _days(browser, monday)) == 5
        shown = await _followed(browser, await browser.post("/m/standing/away", data=_toast(shown)))
        assert len(await _days(browser, monday)) == 3


async def test_an_absence_that_ends_before_it_begins_is_told_on_the_page(town: House):
    today, canteen = today_of(town), town.town.canteen_id
    async with town.signed_in("diner") as browser:
        page = (await browser.get("/m/standing", params={"canteen": canteen})).text
        answer = await _post(
            browser, page, "/m/standing/away",
            canteen=canteen, first=today + timedelta(days=2), last=today,
        )  # fmt: skip
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<html" in answer.text


async def test_a_report_about_the_canteen_is_sent_once_and_shown(town: House):
    lunch = town.town.meals[0, "lunch"]
    async with town.signed_in("diner") as browser:
        page = (await browser.get("/m/", params={"canteen": town.town.canteen_id})).text
        form = {"canteen": town.town.canteen_id, "meal": lunch}
        await _post(browser, page, "/m/register", **form)
        town.clock.at += timedelta(hours=5)
        page = (await browser.get("/m/me")).text
        registration = re.search(r'name="registration" value="([^"]+)"', page)[1]
        report = {"registration": registration, "kind": "sold_out", "note": "十二点就没有了"}
        shown = await _followed(browser, await _post(browser, page, "/m/me/report", **report))
        assert "饭菜售罄" in shown
        assert "十二点就没有了" in shown
        again = await _post(browser, shown, "/m/me/report", **report)
    assert again.status_code == 409
    assert 'role="alert"' in again.text


async def test_somebody_elses_meal_is_neither_reported_nor_disputed(town: House):
    lunch = town.town.meals[0, "lunch"]
    async with town.signed_in("diner") as browser, town.signed_in("cook") as other:
        page = (await browser.get("/m/", params={"canteen": town.town.canteen_id})).text
        await _post(browser, page, "/m/register", canteen=town.town.canteen_id, meal=lunch)
        page = (await browser.get("/m/me")).text
        registration = re.search(r'name="registration" value="([^"]+)"', page)[1]
        theirs = (await other.get("/m/me")).text
        for about in ("report", "dispute", "explain"):
            answer = await _post(
                other, theirs, f"/m/me/{about}",
                registration=registration, kind="closed", note="x",
            )  # fmt: skip
            assert answer.status_code == 404
