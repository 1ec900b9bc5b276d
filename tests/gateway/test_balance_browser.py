"""The mass balance in a real browser: axe, widths, both languages, on each kind of row."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from gateway.test_balance_page import balanced_lunch
from support.browser import SIZES, Served, opened, screenshot, served, visitor
from support.gateway import Towns

COLUMNS = 11


@pytest.fixture(scope="module")
def site(towns: Towns) -> Iterator[Served]:
    with served(towns, prepare=balanced_lunch) as running:
        yield running


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_a_meal_is_read_on_each_device(browser: Browser, site: Served, size, language):
    with visitor(browser, site.url, "manager", size=size, language=language) as page:
        opened(page, "/a/balance")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        row = page.locator("table.balance tbody tr")
        expect(row).to_have_count(1)
        cells = row.locator("td")
        expect(cells).to_have_count(COLUMNS - 1)
        frame = page.locator(".table-frame").bounding_box()
        for at in range(COLUMNS - 1):
            cell = cells.nth(at).bounding_box()
            assert cell["x"] >= frame["x"]
            if size != "tablet":  # a tablet is held across; its table is moved in its frame
                assert cell["x"] + cell["width"] <= frame["x"] + frame["width"] + 1, at
        expect(row).to_contain_text("10.00 kg" if language == "en" else "未知")
        screenshot(page, f"a-balance-told-{size}-{language}")


def test_the_way_to_the_page_and_to_the_tablet(browser: Browser, site: Served):
    with visitor(browser, site.url, "manager", size="desk", language="en") as page:
        opened(page, "/a/")
        page.get_by_role("link", name="Mass balance", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Mass balance of a meal")
        page.get_by_role("link", name="Day before").click()
        expect(page.get_by_text("No meal of this day has data.")).to_be_visible()
        page.get_by_role("link", name="Day after").click()
        expect(page.locator("table.balance")).to_be_visible()
        page.get_by_role("link", name="Enter what was cooked and left").click()
        expect(page).to_have_url(re.compile("/k/leftovers"))
