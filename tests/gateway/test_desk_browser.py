from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from support.browser import (
    Served,
    accessible,
    opened,
    screenshot,
    served,
    visitor,
    watched,
)
from support.gateway import Towns


@pytest.fixture(scope="module")
def site(towns: Towns) -> Iterator[Served]:
    with served(towns, demo=False) as running:
        yield running


def test_a_checked_file_stays_chosen_and_its_wrong_cells_are_listed(browser: Browser, site: Served):
    with visitor(browser, site.url, "admin", size="desk") as page:
        opened(page, "/a/import?kind=units")
        content = "organization,unit\n没有的单位,处室\n".encode()
        page.locator("#file").set_input_files(
            {"name": "units.csv", "mimeType": "text/csv", "buffer": content}
        )
        with watched(page):
            page.get_by_role("button", name="只检查").click()
            expect(page.locator("#outcome tbody tr")).to_contain_text("没有的单位")
        assert page.evaluate("document.getElementById('file').files.length") == 1
        accessible(page)
        screenshot(page, "a-import-wrong")


def test_a_file_is_imported_with_javascript_off(browser: Browser, site: Served):
    with visitor(browser, site.url, "admin", size="desk", java_script_enabled=False) as page:
        page.goto("/a/import?kind=units")
        content = "organization,unit\n示例市直机关,夜班\n".encode()
        page.locator("#file").set_input_files(
            {"name": "units.csv", "mimeType": "text/csv", "buffer": content}
        )
        page.get_by_role("button", name="导入", exact=True).click()
        expect(page.locator("#outcome")).to_contain_text("新增 1 行")


def test_a_one_time_password_is_asked_for_twice_before_it_is_made(browser: Browser, site: Served):
    with visitor(browser, site.url, "admin", size="desk") as page:
        opened(page, "/a/people?q=N-diner")
        make = page.get_by_role("button", name="生成")
        expect(make).to_be_hidden()
        for summary in page.locator("summary").all():  # the staff card's, too
            summary.click()
        accessible(page)
        with watched(page):
            make.click()
            expect(page.locator(".secret code")).not_to_be_empty()
        accessible(page)
        screenshot(page, "a-one-time")
