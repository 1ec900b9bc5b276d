"""The kitchen's tablet: deciding with gloves on, taking it back, and a network that is gone."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from support.browser import Served, accessible, opened, screenshot, served, visitor, watched
from support.gateway import House, Towns, today_at

DISH = "红烧茄子"


async def at_nine(house: House) -> None:
    house.clock.at = today_at(9)


@pytest.fixture(scope="module")
def site(towns: Towns) -> Iterator[Served]:
    with served(towns, full=True, prepare=at_nine) as running:
        yield running


@pytest.fixture
def kitchen(browser: Browser, site: Served) -> Iterator[Page]:
    """What to cook for today's lunch, before a cook."""
    with visitor(browser, site.url, "cook", size="tablet") as page:
        opened(page, lunch(site))
        yield page


def lunch(site: Served) -> str:
    town = site.house.town
    return f"/k/cook?canteen={town.canteen_id}&meal={town.meals[0, 'lunch']}"


def line(page: Page):
    return page.locator(".dish-line", has_text=DISH)


def portions(page: Page) -> str:
    return line(page).locator(".portions b").inner_text()


def type_portions(page: Page, digits: str) -> None:
    line(page).locator("summary").click()
    for key in digits:
        line(page).locator(f"[data-key='{key}']").click()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_decision_takes_a_few_taps_and_one_takes_it_back(
    browser: Browser, site: Served, language
):
    with visitor(browser, site.url, "cook", size="tablet", language=language) as page:
        opened(page, lunch(site))
        before = portions(page)
        with watched(page):
            type_portions(page, "33")
            accessible(page)
            screenshot(page, f"k-cook-change-{language}")
            line(page).locator(".chip").first.click()
            line(page).locator("button.save").click()
            expect(line(page).locator(".portions b")).to_have_text("33")
        expect(line(page).locator(".override")).to_be_visible()
        accessible(page)
        screenshot(page, f"k-cook-decided-{language}")
        page.locator("#toasts button").click()
        expect(line(page).locator(".portions b")).to_have_text(before)
        expect(line(page).locator(".override")).to_have_count(0)


def test_ten_more_and_ten_fewer_start_from_what_stands(kitchen: Page):
    before = int(portions(kitchen))
    line(kitchen).locator("summary").click()
    field = line(kitchen).locator(".amount input")
    line(kitchen).locator("[data-step='10']").click()
    expect(field).to_have_value(str(before + 10))
    for _ in range(2):
        line(kitchen).locator("[data-step='-10']").click()
    expect(field).to_have_value(str(before - 10))


def test_without_a_reason_the_page_says_so_and_changes_nothing(kitchen: Page):
    before = portions(kitchen)
    type_portions(kitchen, "44")
    line(kitchen).locator("button.save").click()
    expect(kitchen.locator("main [role=alert]:not([hidden])")).to_contain_text("请选择原因")
    assert portions(kitchen) == before


def test_every_target_is_large_enough_for_gloves(kitchen: Page):
    line(kitchen).locator("summary").click()
    small = kitchen.evaluate(
        "() => [...document.querySelectorAll('main button, main summary, main a, main .chip, main"
        " input:not([type=radio])')].filter(one => one.offsetParent).map(one =>"
        " [one.outerHTML.slice(0, 90), one.getBoundingClientRect().height])"
        ".filter(([, height]) => height < 55.5)"
    )
    assert not small, small


def test_a_batch_is_noted_with_one_tap_and_taken_back(kitchen: Page):
    noted = line(kitchen).locator(".better")
    expect(noted).to_have_count(0)
    line(kitchen).locator("form.refill button").click()
    expect(noted).to_contain_text("已续供 10 份")
    kitchen.locator("#toasts button").click()
    expect(noted).to_have_count(0)


@pytest.mark.parametrize("page_name", ["cook", "purchase", ""])
def test_without_a_network_the_last_page_opens_and_says_how_old_it_is(
    browser: Browser, site: Served, page_name
):
    path = lunch(site) if page_name == "cook" else f"/k/{page_name}"
    with visitor(browser, site.url, "cook", size="tablet") as page:
        page.goto(path)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()  # from here on the worker has the page
        page.wait_for_load_state("networkidle")
        made = page.locator(".as-of").first.get_attribute("data-at") or ""
        page.context.set_offline(True)
        page.clock.set_fixed_time(datetime.fromisoformat(made) + timedelta(hours=2))
        page.reload()
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator(".as-of").first).to_have_class(re.compile("stale"))
        expect(page.locator(".as-of").first).to_contain_text("小时")
        accessible(page)
        screenshot(page, f"k-{page_name or 'today'}-offline")


def test_what_is_decided_without_a_network_is_not_lost_silently(kitchen: Page):
    before = portions(kitchen)
    type_portions(kitchen, "55")
    line(kitchen).locator(".chip").first.click()
    kitchen.context.set_offline(True)
    line(kitchen).locator("button.save").click()
    expect(kitchen.locator("#lost")).to_contain_text("没有保存")
    expect(line(kitchen).locator(".amount input")).to_have_value("55")
    kitchen.context.set_offline(False)
    line(kitchen).locator("button.save").click()
    expect(line(kitchen).locator(".portions b")).to_have_text("55")
    kitchen.locator("#toasts button").click()
    expect(line(kitchen).locator(".portions b")).to_have_text(before)


def test_it_works_without_a_script(browser: Browser, site: Served):
    with visitor(browser, site.url, "cook", size="tablet", java_script_enabled=False) as page:
        page.goto(lunch(site))
        before = portions(page)
        line(page).locator("summary").click()
        line(page).locator(".amount input").fill("21")
        line(page).locator(".chip").first.click()
        line(page).locator("button.save").click()
        expect(line(page).locator(".portions b")).to_have_text("21")
        page.locator("#toasts button").click()
        expect(line(page).locator(".portions b")).to_have_text(before)
