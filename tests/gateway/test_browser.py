from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from support.browser import (
    SIZES,
    Served,
    accessible,
    opened,
    overlaps_nothing,
    screenshot,
    served,
    visitor,
    watched,
)
from support.gateway import Towns, today_at

LANGUAGES = ["zh", "en"]
WORDS = {
    "zh": {
        "order": "报午餐", "cancel": "取消午餐", "undo": "撤销", "half": "半份",
        "done": "已报餐",
    },
    "en": {
        "order": "Register Lunch", "cancel": "Cancel Lunch", "undo": "Undo",
        "half": "Half portion", "done": "Registered",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def site(towns: Towns) -> Iterator[Served]:
    with served(towns) as running:
        yield running


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_pages_before_the_sign_in_are_sound(browser: Browser, site: Served, size, language):
    with visitor(browser, site.url, size=size, language=language) as page:
        for name, path, status in (
            ("landing", "/", 200), ("sign-in", "/sign-in", 200), ("missing", "/nothing", 404),
        ):  # fmt: skip
            opened(page, path, status)
            overlaps_nothing(page)
            screenshot(page, f"{name}-{size}-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_the_diners_pages_are_sound(browser: Browser, site: Served, size, language):
    with visitor(browser, site.url, "diner", size=size, language=language) as page:
        tomorrow = str(today_at(8).date().fromordinal(today_at(8).date().toordinal() + 1))
        for name, path in (
            ("other", f"/m/?canteen={site.house.town.other_canteen_id}"),
            ("week", f"/m/?canteen={site.house.town.canteen_id}"),
            ("today", _today(site)),
            ("tomorrow", f"/m/?canteen={site.house.town.canteen_id}&day={tomorrow}"),
            ("mine", "/m/me"), ("password", "/password"),
        ):  # fmt: skip
            opened(page, path)
            overlaps_nothing(page)
            screenshot(page, f"{name}-{size}-{language}")


def _today(site: Served) -> str:
    return f"/m/?canteen={site.house.town.canteen_id}&day={today_at(8).date()}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_diner_orders_cancels_and_takes_it_back_without_leaving_the_page(
    browser: Browser, site: Served, language
):
    words = WORDS[language]
    with visitor(browser, site.url, "diner", language=language) as page:
        opened(page, _today(site))
        with watched(page):
            lunch = page.locator("article.meal").nth(1)
            lunch.get_by_label(words["half"]).check()
            lunch.get_by_role("button", name=words["order"]).click()
            expect(lunch.get_by_text(words["done"], exact=True)).to_be_visible()
            expect(lunch.locator(".code")).to_be_visible()
            screenshot(page, f"ordered-{language}")
        accessible(page)
        overlaps_nothing(page)
        with watched(page):
            lunch.get_by_role("button", name=words["cancel"]).click()
            undo = page.get_by_role("button", name=words["undo"])
            expect(undo).to_be_visible()
            screenshot(page, f"cancelled-{language}")
        accessible(page)
        with watched(page):
            undo.click()
            expect(lunch.locator(".code")).to_be_visible()
            expect(lunch.locator(".ticket-words").get_by_text(words["half"])).to_be_visible()
            lunch.get_by_role("button", name=words["cancel"]).click()
            expect(lunch.get_by_role("button", name=words["order"])).to_be_visible()
        assert page.url.endswith(_today(site))


def test_too_late_is_shown_in_the_card(browser: Browser, site: Served):
    with visitor(browser, site.url, "diner") as page:
        opened(page, _today(site))
        site.house.clock.at = today_at(12)
        try:
            with watched(page):
                page.get_by_role("button", name=WORDS["zh"]["order"]).click()
                expect(page.locator("article.meal .notice.bad")).to_be_visible()
            screenshot(page, "too-late")
            accessible(page)
        finally:
            site.house.clock.at = today_at(8)


def test_a_diner_orders_with_javascript_off(browser: Browser, site: Served):
    with visitor(browser, site.url, "diner", java_script_enabled=False) as page:
        page.goto(_today(site))
        page.get_by_role("button", name="报晚餐").click()
        expect(page.locator("article.meal .code")).to_be_visible()
        page.get_by_role("button", name="取消晚餐").click()
        expect(page.get_by_role("button", name="撤销")).to_be_visible()
        expect(page.locator("article.meal .code")).to_have_count(0)


def test_the_dark_look_is_sound(browser: Browser, site: Served):
    with visitor(browser, site.url, "diner", color_scheme="dark") as page:
        week = f"/m/?canteen={site.house.town.canteen_id}"
        for name, path in (
            ("week", week),
            ("today", _today(site)),
            ("mine", "/m/me"),
            ("landing", "/"),
        ):
            opened(page, path)
            screenshot(page, f"{name}-dark")


def test_a_keyboard_reaches_the_content_first(browser: Browser, site: Served):
    with visitor(browser, site.url, "diner") as page:
        page.goto("/m/")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_the_pages_of_the_api_work_under_the_policy(browser: Browser, site: Served):
    with visitor(browser, site.url, size="desk") as page, watched(page):
        page.goto("/api/v1/docs")
        expect(page.locator(".opblock").first).to_be_visible()
        screenshot(page, "api")


def test_the_negative_control_a_foreign_request_is_seen(browser: Browser, site: Served):
    with visitor(browser, site.url) as page:
        page.route("**/sign-in", lambda route: route.fulfill(
            content_type="text/html",
            body="<html lang=zh><title>x</title><img alt='' src='http://foreign.invalid/x.png'>",
        ))  # fmt: skip
        page.route("http://foreign.invalid/**", lambda route: route.abort())
        with pytest.raises(AssertionError, match="ERR_FAILED"):
            opened(page, "/sign-in")


def test_the_negative_control_an_inaccessible_page_is_seen(browser: Browser, site: Served):
    with visitor(browser, site.url) as page:
        page.goto("/sign-in")
        page.evaluate("document.querySelector('label').remove()")
        with pytest.raises(AssertionError, match="label"):
            accessible(page)
