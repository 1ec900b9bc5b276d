"""Registering for others, guests and channels through the pages, without JavaScript."""

import io
import re
from datetime import timedelta

import pytest

from cleanplate_shared.notices import Notifier
from support.gateway import House, hidden, today_at

TEMPLATE = "date,canteen,meal,number,portion,rice\n"


@pytest.fixture
async def office(town: House) -> House:
    """The town, whose diner is the secretary of the unit that everybody is of."""
    async with town.signed_in("manager") as browser:
        path = f"/api/v1/menu/canteens/{town.town.canteen_id}"
        units = (await browser.get(f"{path}/offices")).json()["items"]
        csrf = hidden((await browser.get("/m/me")).text)
        named = await browser.put(
            f"{path}/units/{units[0]['unit_id']}/secretaries",
            json={"numbers": ["N-diner"]},
            headers={"X-CSRF-Token": csrf},
        )
        assert named.status_code == 200, named.text
    return town


def page_of(town: House, path: str) -> str:
    return f"{path}?canteen={town.town.canteen_id}"


def boxes(page: str) -> dict[str, bool]:
    """Return the boxes of the table, and whether each is ticked."""
    found = re.findall(r'name="on" value="([^"]+)"( checked)?', page)
    return {value: bool(ticked) for value, ticked in found}


def fields(page: str, *names: str) -> dict[str, str]:
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in names}


async def test_a_secretary_ticks_the_week_of_the_unit_and_unticks_it(office: House):
    async with office.signed_in("diner") as browser:
        assert "/m/unit" in (await browser.get("/m/me")).text
        there = f"{page_of(office, '/m/unit')}&week={today_at(9).date() + timedelta(days=1)}"
        page = (await browser.get(there)).text  # tomorrow's week: today may be a Sunday
        assert set(boxes(page).values()) == {False}
        sent = {"csrf": hidden(page), **fields(page, "canteen", "unit", "week", "start", "was")}
        lunch, full = office.town.meals[1, "lunch"], office.town.meals[1, "dinner"]
        chosen = [box for box in boxes(page) if box.endswith((lunch, full))]
        assert len(chosen) == 6
        saved = await browser.post("/m/unit", data=sent | {"on": chosen})
        assert saved.status_code == 200
        assert "已报 3 份，取消 0 份" in saved.text
        assert "有 3 项未能办理" in saved.text
        ticked = [box for box, is_ticked in boxes(saved.text).items() if is_ticked]
        assert sorted(ticked) == sorted(box for box in chosen if box.endswith(lunch))
        sent |= fields(saved.text, "was")
        again = await browser.post("/m/unit", data=sent | {"on": ticked[:2]})
        assert "已报 0 份，取消 1 份" in again.text
        assert sum(boxes(again.text).values()) == 2


async def test_a_secretary_ticks_the_weekdays_of_the_units_people(office: House):
    names = ("canteen", "unit", "meal", "start", "was")
    async with office.signed_in("diner") as browser:
        page = (await browser.get(page_of(office, "/m/unit/standing"))).text
        assert len(boxes(page)) == 3 * 7
        assert set(boxes(page).values()) == {False}
        first, second = list(boxes(page))[:2], list(boxes(page))[7:9]
        sent = {"csrf": hidden(page), **fields(page, *names)}
        saved = await browser.post("/m/unit/standing", data=sent | {"on": first + second})
        assert saved.status_code == 200
        assert "已更改 2 人" in saved.text
        page = (await browser.get(page_of(office, "/m/unit/standing"))).text
        assert [box for box, is_ticked in boxes(page).items() if is_ticked] == first + second
        dinner = (await browser.get(page_of(office, "/m/unit/standing") + "&meal=dinner")).text
        assert set(boxes(dinner).values()) == {False}
        sent = {"csrf": hidden(page), **fields(page, *names)}
        page = (await browser.post("/m/unit/standing", data=sent | {"on": second})).text
        assert "已更改 1 人" in page
        assert [box for box, is_ticked in boxes(page).items() if is_ticked] == second


async def test_a_stranger_to_the_unit_changes_no_weekdays(office: House):
    names = ("canteen", "unit", "meal", "start", "was")
    async with office.signed_in("diner") as browser:
        page = (await browser.get(page_of(office, "/m/unit/standing"))).text
        sent = fields(page, *names) | {"on": list(boxes(page))[:2]}
    async with office.signed_in("cook") as browser:
        token = hidden((await browser.get("/m/me")).text)
        answer = await browser.post("/m/unit/standing", data=sent | {"csrf": token})
        assert "没有负责报餐" in answer.text or answer.status_code == 404
    async with office.signed_in("diner") as browser:
        page = (await browser.get(page_of(office, "/m/unit/standing"))).text
        assert set(boxes(page).values()) == {False}


async def test_what_is_closed_meanwhile_is_neither_ticked_nor_cancelled(office: House):
    async with office.signed_in("diner") as browser:
        page = (await browser.get(page_of(office, "/m/unit"))).text
        sent = {"csrf": hidden(page), **fields(page, "canteen", "unit", "week", "start", "was")}
        today = [box for box in boxes(page) if box.endswith(office.town.meals[0, "lunch"])]
        assert "已报 3 份" in (await browser.post("/m/unit", data=sent | {"on": today})).text
        office.clock.at += timedelta(hours=3)
        page = (await browser.get(page_of(office, "/m/unit"))).text
        assert not set(today) & set(boxes(page))
        sent = {"csrf": hidden(page), **fields(page, "canteen", "unit", "week", "start", "was")}
        saved = (await browser.post("/m/unit", data=sent)).text
        assert "已报 0 份，取消 0 份" in saved
        assert "未能办理" not in saved


async def test_who_registers_nobody_is_told_so(office: House):
    async with office.signed_in("cook") as browser:
        assert "/m/unit" not in (await browser.get("/m/me")).text
        for path in ("/m/unit", "/m/unit/sheet", "/m/guests"):
            page = await browser.get(page_of(office, path))
            assert page.status_code == 200
            assert "您在此没有负责报餐的处室" in page.text
        forced = {"csrf": hidden(page.text), "canteen": office.town.canteen_id}
        forced |= {"unit": office.town.canteen_id, "week": "2026-03-02"}
        assert (await browser.post("/m/unit", data=forced)).status_code == 200


async def test_a_sheet_is_looked_at_before_it_counts(office: House):
    async with office.signed_in("diner") as browser:
        page = (await browser.get(page_of(office, "/m/unit/sheet"))).text
        day = str(office.clock.day)
        rows = f"{TEMPLATE}{day},机关第一食堂,dinner,N-cook,,\n{day},机关第一食堂,dinner,nobody,,\n"

        async def send(mode: str):
            form = {"csrf": hidden(page), "canteen": office.town.canteen_id, "mode": mode}
            files = {"file": ("sheet.csv", io.BytesIO(rows.encode()))}
            return (await browser.post("/m/unit/sheet", data=form, files=files)).text

        preview = await send("check")
        assert "将报餐 1 行，已报 0 行，退回 1 行" in preview
        assert "nobody" in preview
        assert "已报餐 1 行，原已报 0 行，退回 1 行" in await send("take")
        assert "已报餐 0 行，原已报 1 行，退回 1 行" in await send("take")
        nothing = await browser.post("/m/unit/sheet", data={"csrf": hidden(page), "mode": "take"})
        assert nothing.status_code == 422


async def test_whoever_has_guests_may_still_register_for_themselves(office: House):
    lunch = office.town.meals[1, "lunch"]
    own = f'name="meal" value="{lunch}"'
    async with office.signed_in("diner") as browser:
        page = (await browser.get(page_of(office, "/m/guests"))).text
        wanted = {"csrf": hidden(page), **fields(page, "canteen", "unit", "once"), "kind": "guest"}
        wanted |= {"meal_session_id": lunch, "headcount": "3", "host_id": "", "standard": ""}
        host = re.search(r'<option value="([^"]+)" selected>[^<]*N-diner', page)[1]
        made = await browser.post("/m/guests", data=wanted | {"host_id": host})
        assert made.status_code == 303, made.text
        assert "来宾 · 3 人" in (await browser.get("/m/me")).text
        week = (await browser.get(page_of(office, "/m/"))).text
        assert own in week
        form = {"csrf": hidden(week), "canteen": office.town.canteen_id, "meal": lunch}
        assert (await browser.post("/m/register", data=form)).status_code in {200, 303}
        assert own not in (await browser.get(page_of(office, "/m/"))).text


async def test_guests_come_change_and_stay_away(office: House):
    async with office.signed_in("diner") as browser:
        page = (await browser.get(page_of(office, "/m/guests"))).text
        common = {"csrf": hidden(page), "canteen": office.town.canteen_id}
        meal = office.town.meals[1, "lunch"]
        host = re.search(r'<option value="([^"]+)"[^>]*>示例cook', page)[1]
        wanted = common | fields(page, "once") | {"meal_session_id": meal, "host_id": host}
        wanted |= {"kind": "official", "headcount": "8", "standard": "45.5", "note": "公函1号"}
        late = await browser.post("/m/guests", data=wanted | {"standard": ""})
        assert late.status_code == 422
        assert 'value="8"' in late.text
        made = await browser.post("/m/guests", data=wanted)
        assert made.status_code == 303, made.text
        shown = (await browser.get(made.headers["location"])).text
        assert "8 人" in shown
        assert "人均 45.50 元" in shown
        one = common | fields(shown, "group")
        fewer = await browser.post("/m/guests/change", data=one | {"headcount": "5"})
        assert "5 人" in (await browser.get(fewer.headers["location"])).text
        wrong = await browser.post("/m/guests/change", data=one | {"headcount": "many"})
        assert wrong.status_code == 422
        gone = await browser.post("/m/guests/cancel", data=one)
        assert "暂无来宾" in (await browser.get(gone.headers["location"])).text


async def test_a_manager_sets_the_standard_and_downloads_the_list(office: House):
    async with office.signed_in("manager") as browser:
        page = (await browser.get(page_of(office, "/m/guests"))).text
        form = {"csrf": hidden(page), "canteen": office.town.canteen_id}
        kept = await browser.post(
            "/m/guests/standard", data=form | {"standard": "50", "basis": "1号"}
        )
        shown = (await browser.get(kept.headers["location"])).text
        assert "不超过 50.00 元（1号）" in shown
        path = f"/api/v1/menu/canteens/{office.town.canteen_id}/official-meals"
        listed = await browser.get(path, params={"format": "csv", "month": "2026-03"})
        assert (listed.status_code, listed.headers["content-type"][:8]) == (200, "text/csv")
    async with office.signed_in("diner") as browser:
        assert "/m/guests/standard" not in (await browser.get(page_of(office, "/m/guests"))).text


async def test_a_channel_is_added_tried_and_removed_and_never_shown(
    office: House, monkeypatch: pytest.MonkeyPatch
):
    sent = []
    menu = office.suite.services["menu"].state
    notifier = Notifier("a key for tests, and for nothing else", [], office.clock)
    monkeypatch.setattr(menu, "notifier", notifier)
    monkeypatch.setattr(Notifier, "send", lambda _self, channel, _notice: sent.append(channel.url))
    async with office.signed_in("manager") as browser:
        page = (await browser.get(page_of(office, "/m/channels"))).text
        form = {"csrf": hidden(page), "canteen": office.town.canteen_id}
        url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123-secret-4567-89ab"
        added = await browser.post("/m/channels", data=form | {"url": url, "of_canteen": "true"})
        shown = (await browser.get(added.headers["location"])).text
        assert "wecombot://****89ab" in shown
        assert "secret" not in shown
        one = form | fields(shown, "channel")
        assert (await browser.post("/m/channels/try", data=one)).status_code == 303
        assert sent == ["wecombot://0123-secret-4567-89ab"]
        wrong = await browser.post("/m/channels", data=form | {"url": "ftp://0123-secret/x"})
        assert wrong.status_code == 422
        assert "secret" not in wrong.text
        gone = await browser.post("/m/channels/remove", data=one)
        assert "wecombot" not in (await browser.get(gone.headers["location"])).text
