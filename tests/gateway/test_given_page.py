import re

import pytest
from playwright.sync_api import Browser, expect

from support.browser import SIZES, accessible, opened, overlaps_nothing, screenshot, served, visitor
from support.filling import bring
from support.gateway import House, Towns, hidden

RAIN = ("date,canteen,x_rain", ["2026-03-01,机关第一食堂,1", "2026-03-02,机关第一食堂,2"])

WHOLE = '2026年3月1日 – <span class="together">2026年3月2日</span>'


async def post(browser, path: str, **fields: str):
    page = await browser.get("/a/given")
    return await browser.post(path, data={"csrf": hidden(page.text), **fields})


async def test_a_column_is_deleted_in_part_and_brought_back(town: House):
    await bring(town.suite, "forecast", "columns", *RAIN)
    canteen = town.town.canteen_id
    async with town.signed_in("manager") as browser:
        imports = (await browser.get("/a/import?kind=columns")).text
        assert 'href="/a/given"' in imports
        assert 'href="/a/given"' not in (await browser.get("/a/import?kind=people")).text
        page = (await browser.get("/a/given")).text
        assert WHOLE in page
        assert "x_rain" in page
        gone = await post(browser, "/a/given", canteen=canteen, name="x_rain", date_to="2026-03-01")
        assert gone.headers["location"] == f"/a/given?canteen={canteen}"
        page = (await browser.get("/a/given")).text
        assert "2026年3月1日 – " not in page
        undo = re.search(r'action="(/a/given/[^"]+/undo)"', page).group(1)
        assert (await post(browser, undo, canteen=canteen)).status_code == 303
        page = (await browser.get("/a/given")).text
        assert WHOLE in page
        assert "/undo" not in page
        again = await post(browser, undo, canteen=canteen)
        assert again.status_code == 422
        assert 'class="notice bad"' in again.text


@pytest.mark.parametrize(
    "fields",
    [{"name": "x_snow"}, {"name": "rain"}, {"name": "x_rain", "date_from": "soon"}, {}],
)
async def test_what_cannot_be_deleted_is_refused_with_words(town: House, fields):
    await bring(town.suite, "forecast", "columns", *RAIN)
    async with town.signed_in("manager") as browser:
        refused = await post(browser, "/a/given", canteen=town.town.canteen_id, **fields)
    assert refused.status_code == 422
    assert re.search(r'class="notice bad" role="alert">.*<span>\s*\S+', refused.text, re.DOTALL)
    assert WHOLE in refused.text


async def test_who_does_not_manage_looks_and_deletes_nothing(town: House):
    await bring(town.suite, "forecast", "columns", *RAIN)
    canteen = town.town.canteen_id
    async with town.signed_in("overseer") as browser:
        refused = await post(browser, "/a/given", canteen=canteen, name="x_rain")
        page = (await browser.get(f"/a/given?canteen={canteen}")).text
    assert refused.status_code == 422
    assert WHOLE in page
    assert 'name="date_from"' not in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_sound_on_every_device(browser: Browser, towns: Towns, language):
    with served(towns, full=True) as site:
        for size in SIZES:
            with visitor(browser, site.url, "manager", size=size, language=language) as page:
                opened(page, "/a/given")
                page.locator("details summary").first.click()
                page.locator("details input[name=date_to]").first.fill("2025-12-31")
                screenshot(page, f"given-open-{size}-{language}")
                page.locator("details button").first.click()
                expect(page.locator("#removed-title")).to_be_visible()
                accessible(page)
                overlaps_nothing(page)
                screenshot(page, f"given-{size}-{language}")
                page.locator("form[action$='/undo'] button").click()
                expect(page.locator("#removed-title")).not_to_be_attached()
