import re
from datetime import timedelta

import httpx
import pytest

from cleanplate_gateway.faces.desk.import_kinds import KINDS
from cleanplate_shared.tabular import Findings, read_rows
from support.gateway import House, fresh_id, hidden, today_at

FOOD = ("spoilage", "prep_unavoidable", "prep_avoidable", "unserved", "plate")
PAGES = [
    "/a/", "/a/report", "/a/weighings", "/a/meals", "/a/dishes", "/a/people", "/a/people/new",
    "/a/units", "/a/unit-modes", "/a/import", "/a/calendar",
]  # fmt: skip


def _day(town: House, offset: int = 0) -> str:
    return str(town.clock.day + timedelta(days=offset))


async def _form(browser: httpx.AsyncClient, path: str, **fields: object) -> httpx.Response:
    page = await browser.get("/a/calendar")
    return await browser.post(path, data={"csrf": hidden(page.text), **fields})


async def _weighed(town: House, browser: httpx.AsyncClient, streams: dict[str, int]) -> None:
    """Weigh for the whole of today, and count 100 diners at lunch and none at the other meals."""
    town.clock.at = today_at(20)
    headers = {"X-CSRF-Token": hidden((await browser.get("/a/calendar")).text)}
    items = [
        {
            "id": fresh_id(), "canteen_id": town.town.canteen_id, "stream": stream,
            "gross_grams": grams + 500, "tare_grams": 500, "device_id": "test", "sequence": at,
            "weighed_at": today_at(13).isoformat(),
        }
        for at, (stream, grams) in enumerate(streams.items())
    ]  # fmt: skip
    answer = await browser.post(
        "/api/v1/waste/weighings:batch", json={"items": items}, headers=headers
    )
    assert {one["outcome"] for one in answer.json()["results"]} == {"created"}
    for meal, served in (("breakfast", 0), ("lunch", 100), ("dinner", 0)):
        answer = await browser.put(
            f"/api/v1/menu/meal-sessions/{town.town.meals[0, meal]}/attendance-count",
            json={"served": served}, headers=headers,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
    await town.suite.settle()


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_opens_for_a_manager(town: House, path):
    async with town.signed_in("manager") as browser:
        answer = await browser.get(path)
    assert answer.status_code == 200
    assert 'aria-current="page"' in answer.text


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_opens_for_a_diner(town: House, path):
    async with town.signed_in("diner") as browser:
        assert (await browser.get(path)).status_code == 403


async def test_the_menu_offers_an_overseer_only_what_there_is_for_them(town: House):
    async with town.signed_in("overseer") as browser:
        page = (await browser.get("/a/")).text
    assert 'href="/a/report"' in page
    assert 'href="/a/people"' not in page
    assert 'href="/a/import"' not in page


async def test_the_report_says_the_rate_of_a_complete_day(town: House):
    async with town.signed_in("manager") as browser:
        await _weighed(town, browser, dict.fromkeys(FOOD, 1000))
        page = (await browser.get("/a/report")).text
    assert "50.0 g" in page  # 5 kg for 100 diners
    assert "100.0 %" in page.split("称重完整率")[1][:200]
    assert 'role="img"' in page
    assert "没有数据，无法比较" in page
    assert " style=" not in page


async def test_a_month_without_a_complete_day_has_no_rate_and_says_so(town: House):
    async with town.signed_in("manager") as browser:
        await _weighed(town, browser, dict.fromkeys(FOOD[:4], 1000))
        page = (await browser.get("/a/report")).text
        home = (await browser.get("/a/")).text
        days = (await browser.get("/a/weighings")).text
    assert "本月没有完整的日子" in page
    assert '<svg class="chart"' not in page
    assert "未称：餐盘剩余" in home
    assert "未称：餐盘剩余" in days


async def test_an_overseer_reads_an_organisations_canteens_side_by_side(town: House):
    async with town.signed_in("manager") as browser:
        await _weighed(town, browser, dict.fromkeys(FOOD, 1000))
    async with town.signed_in("overseer") as browser:
        about = f"organization:{town.town.organization_id}"
        page = (await browser.get("/a/report", params={"about": about})).text
    by_canteen = page.split("按食堂")[1]
    assert "机关第一食堂" in by_canteen
    assert "市民中心食堂" in by_canteen


async def test_a_report_about_others_is_refused_on_the_page(town: House):
    async with town.signed_in("manager") as browser:
        answer = await browser.get("/a/report", params={"about": fresh_id()})
    assert answer.status_code == 404
    assert 'class="notice bad"' in answer.text


@pytest.mark.parametrize("month", ["2026-13", "x", "", "1999-01", "0000-00"])
async def test_a_month_that_is_none_shows_a_page_all_the_same(town: House, month):
    async with town.signed_in("manager") as browser:
        answer = await browser.get("/a/report", params={"month": month})
        listed = await browser.get("/a/weighings", params={"month": month})
    assert answer.status_code == 200
    assert listed.status_code == 200


async def test_a_meal_is_planned_in_the_canteens_own_time(town: House):
    async with town.signed_in("manager") as browser:
        answer = await _form(
            browser, "/a/meals", canteen=town.town.canteen_id, day=_day(town, 5), meal="lunch",
            capacity="120", cutoff=f"{_day(town, 5)}T09:15", once=fresh_id(),
        )  # fmt: skip
        assert answer.status_code == 303, answer.text
        page = (await browser.get(answer.headers["location"])).text
        found = await browser.get(
            "/api/v1/menu/meal-sessions",
            params={"canteen_id": town.town.canteen_id, "date_from": _day(town, 5),
                    "date_to": _day(town, 5)},
        )  # fmt: skip
    assert "09:15" in page
    (meal,) = found.json()["items"]
    assert meal["capacity"] == 120


@pytest.mark.parametrize(
    ("field", "value"), [("day", "soon"), ("capacity", "-1"), ("capacity", ""), ("cutoff", "soon")]
)
async def test_a_meal_with_a_wrong_field_says_which_and_keeps_the_rest(town: House, field, value):
    fields = {
        "canteen": town.town.canteen_id, "day": _day(town, 5), "meal": "lunch", "capacity": "120",
        "cutoff": f"{_day(town, 5)}T09:15",
    }  # fmt: skip
    async with town.signed_in("manager") as browser:
        answer = await _form(browser, "/a/meals", **fields | {field: value})
    assert answer.status_code == 422
    wrong = re.search(r'<(?:input|select)[^>]*aria-invalid="true"[^>]*>', answer.text)
    assert wrong
    assert f'name="{field}"' in wrong.group()


async def test_a_meal_that_is_there_already_is_refused_in_words(town: House):
    async with town.signed_in("manager") as browser:
        answer = await _form(
            browser, "/a/meals", canteen=town.town.canteen_id, day=_day(town), meal="lunch",
            capacity="120", cutoff=f"{_day(town)}T09:15",
        )  # fmt: skip
    assert answer.status_code == 422
    assert 'class="notice bad"' in answer.text


async def test_a_form_without_its_token_changes_nothing(town: House):
    async with town.signed_in("admin") as browser:
        refused = await browser.post("/a/calendar", data={"day": "2026-12-31", "worked": "no"})
        kept = await _form(browser, "/a/calendar", day="2026-12-31", worked="no")
    assert refused.status_code == 403
    assert kept.status_code == 303


async def test_an_admin_sets_a_day_and_a_manager_cannot(town: House):
    async with town.signed_in("manager") as browser:
        refused = await _form(browser, "/a/calendar", day="2026-12-31", worked="no")
        before = (await browser.get("/a/calendar?year=2026")).text
    async with town.signed_in("admin") as browser:
        await _form(browser, "/a/calendar", day="2026-12-31", worked="no")
        after = (await browser.get("/a/calendar?year=2026")).text
    assert refused.status_code == 403
    assert "12月31日" not in before
    assert "12月31日" in after


async def test_a_year_that_is_not_announced_is_called_provisional(town: House):
    async with town.signed_in("manager") as browser:
        assert "暂定" in (await browser.get("/a/calendar?year=2060")).text
        assert "暂定" not in (await browser.get("/a/calendar?year=2026")).text


async def test_people_are_found_and_get_a_one_time_password_that_is_shown_once(town: House):
    async with town.signed_in("admin") as browser:
        page = (await browser.get("/a/people", params={"q": "N-cook"})).text
        assert "示例cook" in page
        assert "示例diner" not in page
        person = re.search(r"/a/people/([0-9a-f-]{36})/one-time-password", page).group(1)
        shown = await _form(browser, f"/a/people/{person}/one-time-password")
        again = (await browser.get("/a/people", params={"q": "N-cook"})).text
    assert shown.status_code == 200
    password = re.search(r"<code>(.+?)</code>", shown.text).group(1)
    assert password not in again


async def test_a_staff_card_is_given_refused_to_a_second_and_taken_away(town: House):
    async with town.signed_in("admin") as browser:
        pages = [(await browser.get("/a/people", params={"q": q})).text
                 for q in ("N-cook", "N-diner")]  # fmt: skip
        first, second = (re.search(r"/a/people/([0-9a-f-]{36})/card", page)[1] for page in pages)
        given = await _form(browser, f"/a/people/{first}/card", card=" 00a1 ", q="N-cook")
        refused = await _form(browser, f"/a/people/{second}/card", card="00a1", q="N-diner")
        shown = (await browser.get("/a/people", params={"q": "N-cook"})).text
        await _form(browser, f"/a/people/{first}/card", card="", q="N-cook")
        again = await _form(browser, f"/a/people/{second}/card", card="00a1", q="N-diner")
    assert (given.status_code, given.headers["location"]) == (303, "/a/people?q=N-cook")
    assert refused.status_code == 422
    assert "此卡已登记在他人名下" in refused.text
    assert 'value="00a1"' in refused.text
    assert 'value="00a1"' in shown
    assert again.status_code == 303


async def _upload(browser: httpx.AsyncClient, content: str, mode: str, **more: str):
    token = hidden((await browser.get("/a/import")).text)
    return await browser.post(
        "/a/import", data={"csrf": token, "kind": "units", "mode": mode},
        files={"file": ("units.csv", content.encode(), "text/csv")}, headers=more,
    )  # fmt: skip


async def test_a_file_is_checked_then_imported_and_changes_nothing_the_second_time(town: House):
    content = "organization,unit\n示例市直机关,新处室\n"
    async with town.signed_in("admin") as browser:
        checked = (await _upload(browser, content, "check")).text
        not_yet = (await browser.get("/a/units")).text
        done = (await _upload(browser, content, "import")).text
        units = (await browser.get("/a/units")).text
        again = (await _upload(browser, content, "import")).text
    assert "将新增 1 行" in checked
    assert "新处室" not in not_yet
    assert "新增 1 行" in done
    assert "新处室" in units
    assert "新增 0 行" in again


async def test_wrong_cells_are_named_with_row_column_value_and_remedy(town: House):
    content = "organization,unit\n示例市直机关,好处室\n没有的单位,处室\n"
    async with town.signed_in("admin") as browser:
        answer = await _upload(browser, content, "check", **{"HX-Request": "true"})
        english = await _upload(browser, content, "check", **{"Accept-Language": "en"})
        units = (await browser.get("/a/units")).text
    assert answer.status_code == 422
    assert "<html" not in answer.text
    row = answer.text.split("<tbody>")[1]
    assert 'class="number">3</th>' in row
    assert "<td>单位</td>" in row
    assert "<td>单位 (organization)</td>" in english.text
    assert "未作任何更改：" in answer.text
    assert "没有的单位" in row
    assert "好处室" not in units


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_wrong_cells_of_every_table_are_answered_in_words(kind):
    names = list(kind.row.model_fields)
    table = f"{','.join(names)}\n{','.join('?' * len(names))}\n".encode()
    findings = Findings("en")
    read_rows("f.csv", table, kind.row, findings)
    said = {cell.message for cell in findings.found}
    assert said or kind.code == "units"  # any text will do for a name
    assert not {words for words in said if "not valid" in words or "' or '" in words}


async def test_no_file_is_said_in_words(town: House):
    async with town.signed_in("admin") as browser:
        answer = await _form(browser, "/a/import", kind="units", mode="check")
    assert answer.status_code == 422
    assert "请先选择文件" in answer.text


@pytest.mark.parametrize("kind", [
    "units", "people", "dishes", "meal-sessions", "history", "counts", "registrations", "weighings",
    "columns",
])  # fmt: skip
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
async def test_every_offered_template_can_be_downloaded(town: House, kind, format_):
    async with town.signed_in("admin") as browser:
        page = (await browser.get("/a/import", params={"kind": kind})).text
        link = re.search(rf'href="(/api/v1/\w+/imports/{kind}/template\?format={format_})"', page)
        answer = await browser.get(link.group(1))
    assert answer.status_code == 200
    assert len(answer.content) > 20
