import re

import httpx
import pytest

from support.gateway import House, fresh_id, hidden, today_at

PAGES = ["/a/reconciliation", "/a/sorting", "/a/inventory"]


async def _form(browser: httpx.AsyncClient, path: str, **fields: object) -> httpx.Response:
    page = await browser.get("/a/calendar")
    return await browser.post(path, data={"csrf": hidden(page.text), **fields})


async def _weigh(town: House, browser: httpx.AsyncClient, count: int = 1) -> list[str]:
    """Weigh bins of one kilogram of plate waste today; return their ids."""
    town.clock.at = today_at(20)
    headers = {"X-CSRF-Token": hidden((await browser.get("/a/calendar")).text)}
    items = [
        {
            "id": fresh_id(), "canteen_id": town.town.canteen_id, "stream": "plate",
            "gross_grams": 1_500, "tare_grams": 500, "device_id": "test", "sequence": number,
            "weighed_at": today_at(13).isoformat(),
        }
        for number in range(count)
    ]  # fmt: skip
    path = "/api/v1/waste/weighings:batch"
    answer = await browser.post(path, json={"items": items}, headers=headers)
    assert {one["outcome"] for one in answer.json()["results"]} == {"created"}
    return [item["id"] for item in items]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", ["manager", "overseer", "cook"])
async def test_the_pages_open_for_readers_and_hide_forms_from_others(town: House, path, who):
    async with town.signed_in(who) as browser:
        answer = await browser.get(path)
    assert answer.status_code == 200
    assert 'aria-current="page"' in answer.text
    assert ('action="/a/' in answer.text) == (who == "manager" and path != "/a/inventory")


async def test_a_statement_is_typed_listed_and_taken_back(town: House):
    here = {"canteen": town.town.canteen_id}
    typed = {"date": str(town.clock.day), "net_grams": "182.5", "hauler": "城洁收运"}
    async with town.signed_in("manager") as browser:
        answer = await _form(browser, "/a/reconciliation", **here, **typed)
        assert answer.status_code == 303, answer.text
        page = (await browser.get("/a/reconciliation")).text
        assert "182.50 kg" in page
        action = re.search(r'action="(/a/reconciliation/[^"]+/withdraw)"', page)[1]
        assert (await _form(browser, action, **here)).status_code == 303
        assert "182.50 kg" not in (await browser.get("/a/reconciliation")).text


@pytest.mark.parametrize(
    ("field", "value"), [("net_grams", "viel"), ("net_grams", "0"), ("date", ""), ("hauler", " ")]
)
async def test_what_is_wrong_with_a_statement_is_said_at_its_field(town: House, field, value):
    typed = {"date": str(town.clock.day), "net_grams": "182.5", "hauler": "城洁收运", field: value}
    async with town.signed_in("manager") as browser:
        answer = await _form(browser, "/a/reconciliation", canteen=town.town.canteen_id, **typed)
    assert answer.status_code == 422
    assert f'id="collection-{field}-wrong"' in answer.text


async def test_what_drains_away_is_set_in_per_cent(town: House):
    here = {"canteen": town.town.canteen_id}
    async with town.signed_in("manager") as browser:
        answer = await _form(browser, "/a/reconciliation/terms", **here, loss_permille="2.5")
        assert answer.status_code == 303, answer.text
        assert 'value="2.5"' in (await browser.get("/a/reconciliation")).text
        answer = await _form(browser, "/a/reconciliation/terms", **here, loss_permille="31")
        assert 'id="terms-loss_permille-wrong"' in answer.text


async def test_a_bin_is_drawn_at_the_desk_and_sorted_on_the_tablet(town: House):
    here = {"canteen": town.town.canteen_id}
    async with town.signed_in("manager") as browser:
        [bin_id] = await _weigh(town, browser)
        plan = {"week": str(town.clock.day), "plate": "1"}
        answer = await _form(browser, "/a/sorting", **here, **plan)
        assert answer.status_code == 303, answer.text
        again = await _form(browser, "/a/sorting", **here, **plan)
        assert again.status_code == 422
        page = (await browser.get("/k/sorting")).text
        assert f"bin={bin_id}" in page
        wrong = {"bin": bin_id, "edible-rice_noodles": "0.2"}
        answer = await _form(browser, "/k/sorting", **here, **wrong)
        assert answer.status_code == 422
        assert 'value="0.2"' in answer.text
        right = {"bin": bin_id, "edible-rice_noodles": "0,6", "inedible-fish_seafood": "0.4"}
        answer = await _form(browser, "/k/sorting", **here, **right)
        assert answer.status_code == 303, answer.text
        page = (await browser.get(f"/k/sorting?bin={bin_id}")).text
        assert 'name="inedible-fish_seafood" value="0.4"' in page


async def test_a_plan_without_a_stream_says_so(town: House):
    async with town.signed_in("manager") as browser:
        answer = await _form(
            browser, "/a/sorting", canteen=town.town.canteen_id, week=str(town.clock.day)
        )
    assert answer.status_code == 422


async def test_the_inventory_is_exported_from_its_page(town: House):
    async with town.signed_in("manager") as browser:
        await _weigh(town, browser, 3)
        page = (await browser.get("/a/inventory")).text
        path = re.search(r'href="(/a/inventory/export[^"]+)"', page)[1].replace("&amp;", "&")
        answer = await browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("date,canteen,")
    assert sum(int(line.split(",")[8]) for line in lines[1:]) == 3_000


async def test_what_is_not_a_is_marked_beside_the_rates(town: House):
    async with town.signed_in("manager") as browser:
        await _weigh(town, browser)
        await town.suite.settle()
        for path in ("/a/weighings", "/a/report"):
            page = (await browser.get(path, headers={"Accept-Language": "zh"})).text
            assert "C 级数据" in page, path
