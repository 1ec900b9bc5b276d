"""What the weighing screen warns of: plain http, a wrong clock, a meal that was forgotten."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from cleanplate_waste.models import KnownSessionRow
from support.browser import Served, accessible, screenshot, served, visitor
from support.gateway import ZONE, Towns, today_at
from support.tablets import at_the_scale, recorded, weigh


@pytest.fixture(scope="module")
def site(towns: Towns) -> Iterator[Served]:
    with served(towns, demo=False) as running:
        yield running


@pytest.fixture
def scale(browser: Browser, site: Served) -> Iterator[Page]:
    site.house.clock.at = today_at(13)
    with visitor(browser, site.url, "cook", size="tablet") as page:
        at_the_scale(page)
        yield page


def test_without_https_the_screen_says_what_is_lost_and_the_chain_holds(
    browser: Browser, site: Served
):
    with visitor(browser, site.url, "cook", size="tablet") as page:
        page.add_init_script(
            "Object.defineProperty(window, 'isSecureContext', { value: false });"
            "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined });"
        )
        at_the_scale(page)
        expect(page.locator("#insecure")).to_be_visible()
        accessible(page)
        screenshot(page, "k-weigh-insecure")
        weigh(page, 9991)
        assert len(recorded(page, net_grams=9991)) == 1


@pytest.mark.parametrize(("hours", "words"), [(2, "快了 120 分钟"), (-2, "慢了 120 分钟")])
def test_a_clock_that_is_hours_off_is_said_and_the_day_is_right(
    browser: Browser, site: Served, hours: int, words: str
):
    site.house.clock.at = datetime.now(ZONE)
    with visitor(browser, site.url, "cook", size="tablet") as page:
        page.clock.install(time=datetime.now(ZONE) + timedelta(hours=hours))
        at_the_scale(page)
        expect(page.locator("#clock")).to_contain_text(words)
        accessible(page)
        weigh(page, 3000 + hours)
        [one] = recorded(page, net_grams=3000 + hours)
        assert abs(one["clock_skew_seconds"] + hours * 3600) < 60
        assert one["date"] == str(site.house.clock.day)


def test_after_midnight_by_a_fast_clock_it_is_still_today(browser: Browser, site: Served):
    site.house.clock.at = today_at(23)
    with visitor(browser, site.url, "cook", size="tablet") as page:
        page.clock.install(time=today_at(23) + timedelta(hours=2))
        at_the_scale(page)
        page.locator("[name=meal_session_id]").select_option("")
        weigh(page, 3456)
        [one] = recorded(page, net_grams=3456)
        assert one["date"] == str(today_at(23).date())
        assert one["weighed_at"] > today_at(23).astimezone(None).isoformat()[:10]


def test_a_meal_that_was_not_weighed_is_an_alarm(browser: Browser, site: Served, scale: Page):
    expect(scale.locator("#alarm")).to_be_hidden()
    with site.house.suite.services["waste"].state.db.transaction() as session:
        lunch = session.get(KnownSessionRow, uuid.UUID(site.house.town.meals[0, "lunch"]))
        lunch.is_expected, lunch.serves_until = True, today_at(12)
    scale.reload()
    expect(scale.locator("#alarm")).to_contain_text("漏称")
    accessible(scale)
    screenshot(scale, "k-weigh-alarm")
