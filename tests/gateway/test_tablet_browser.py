import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from support.browser import (
    SIZES,
    Served,
    accessible,
    opened,
    screenshot,
    served,
    visitor,
    watched,
)
from support.gateway import ZONE, Towns, fresh_id, hidden

BATCH = "**/api/v1/waste/weighings:batch"
BUSY = {"status": 503, "body": "{}", "content_type": "application/problem+json"}


@pytest.fixture(scope="module")
def site(towns: Towns) -> Iterator[Served]:
    with served(towns, demo=False) as running:
        yield running


@pytest.fixture
def scale(browser: Browser, site: Served) -> Iterator[Page]:
    """The weighing screen, with a cook before it."""
    with visitor(browser, site.url, "cook", size="tablet") as page:
        at_the_scale(page)
        yield page


def at_the_scale(page: Page) -> None:
    page.goto("/k/weigh")
    expect(page.locator("#weighing")).to_have_attribute("data-ready", "true")


def at_the_door(page: Page) -> None:
    page.goto("/k/door")
    expect(page.locator("#door")).to_have_attribute("data-ready", "true")


def kept(site: Served, page: Page, grams: int) -> int:
    """Return how many weighings of this net weight the service has."""
    today = datetime.now(ZONE).date()
    answer = page.request.get(
        "/api/v1/waste/weighings",
        params={
            "canteen_id": site.house.town.canteen_id, "limit": "500",
            "date_from": str(today - timedelta(days=1)), "date_to": str(today + timedelta(days=1)),
        },
    )  # fmt: skip
    assert answer.ok, answer.text()
    return [item["net_grams"] for item in answer.json()["items"]].count(grams)


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"input[name={name}][value='{value}']").check(force=True)


def type_on_keypad(page: Page, text: str) -> None:
    for key in text:
        page.locator(f"[data-key='{key}']").click()


def enter(page: Page, kilograms: str) -> None:
    """Put a weighing of plate waste on the screen, ready to save."""
    choose(page, "stream", "plate")
    type_on_keypad(page, kilograms)


def recorded(page: Page, kilograms: str) -> None:
    expect(page.locator("#recent li", has_text=f"{kilograms} kg")).to_have_count(1)
    expect(page.locator("#waiting li", has_text=f"{kilograms} kg")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_kitchens_pages_are_sound(browser: Browser, site: Served, size, language):
    with visitor(browser, site.url, "cook", size=size, language=language) as page:
        for name in ("", "weigh", "door"):
            opened(page, f"/k/{name}")
            screenshot(page, f"k-{name or 'today'}-{size}-{language}")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            small = page.evaluate(
                "() => [...document.querySelectorAll('main button, main select, nav a, .choice,"
                " .chip')].filter(one => one.offsetParent).map(one => [one.outerHTML.slice(0, 90),"
                " one.getBoundingClientRect().height]).filter(([, height]) => height < 55.5)"
            )
            assert not small, small


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_full_weighing_screen_is_sound_and_fits_the_tablet(
    browser: Browser, site: Served, language
):
    with visitor(browser, site.url, "cook", size="tablet", language=language) as page:
        at_the_scale(page)
        with watched(page):
            choose(page, "stream", "unserved")
            choose(page, "reason", "overproduction")
            type_on_keypad(page, "2.4")
        accessible(page)
        assert page.locator("#save").bounding_box()["y"] < 700
        screenshot(page, f"k-weigh-full-{language}")


def test_a_weighing_takes_at_most_five_taps_beside_the_keypad(site: Served, scale: Page):
    scale.locator(".choice", has_text="未售余餐").click()
    expect(scale.locator("#save")).to_have_text("请选原因")
    scale.locator(".choice:visible", has_text="做多了").click()
    expect(scale.locator("#save")).to_have_text("请输入重量")
    type_on_keypad(scale, "2.345")
    expect(scale.locator("#net")).to_have_text("2.345")
    scale.locator("#save").click()
    taps = 3
    recorded(scale, "2.345")
    expect(scale.locator("#toast")).to_contain_text("2.345 kg")
    assert taps <= 5
    assert kept(site, scale, 2345) == 1


def test_gross_tare_and_net_stand_together_and_the_tablet_learns_a_container(
    site: Served, scale: Page
):
    choose(scale, "stream", "plate")
    type_on_keypad(scale, "3.5")
    choose(scale, "container", "tub")
    expect(scale.locator("#save")).to_have_text("请输入空容器重量")
    type_on_keypad(scale, "1.2")
    expect(scale.locator("#net")).to_have_text("2.30")
    scale.locator("#save").click()
    recorded(scale, "2.30")
    choose(scale, "container", "tub")
    assert scale.locator("[name=tare]").input_value() == "1.20"


def test_what_is_missing_is_said_on_the_button_and_nothing_is_sent(scale: Page):
    save = scale.locator("#save")
    save.click(force=True)
    expect(save).to_have_text("请先选类别")
    enter(scale, "1")
    scale.locator("[name=tare]").fill("2")
    expect(save).to_have_text("毛重小于皮重")
    scale.locator("[name=tare]").fill("1")
    expect(save).to_have_text("净重为零，请按“为零”")
    scale.locator("[name=gross]").fill("1,2,3")
    expect(save).to_have_text("重量请写成 2.4 这样的数")
    save.click(force=True)
    expect(scale.locator("#waiting-part")).to_be_hidden()
    expect(scale.locator("#toast")).to_be_empty()


def test_weighed_and_nothing_there_is_an_explicit_zero(site: Served, scale: Page):
    before = kept(site, scale, 0)
    choose(scale, "stream", "unserved")
    scale.locator("#zero").click()
    scale.locator("#save").click()
    recorded(scale, "0.00")
    assert kept(site, scale, 0) == before + 1


def test_a_double_tap_saves_once(site: Served, scale: Page):
    enter(scale, "4.321")
    scale.locator("#save").dblclick()
    recorded(scale, "4.321")
    assert kept(site, scale, 4321) == 1


def test_the_negative_control_the_same_weight_entered_twice_counts_twice(site: Served, scale: Page):
    for _ in range(2):
        enter(scale, "4.322")
        scale.locator("#save").click()
    expect(scale.locator("#recent li", has_text="4.322 kg")).to_have_count(2)
    assert kept(site, scale, 4322) == 2


def test_an_entry_outlives_a_busy_server_and_a_reload_and_counts_once(site: Served, scale: Page):
    sent: list[str] = []

    def busy(route: Route) -> None:
        sent.append(json.loads(route.request.post_data)["items"][0]["id"])
        route.fulfill(**BUSY)

    scale.route(BATCH, busy)
    enter(scale, "5.678")
    scale.locator("#save").click()
    expect(scale.locator("#waiting li", has_text="5.678 kg")).to_contain_text("待上传")
    expect(scale.locator("#connection")).to_contain_text("未连接")
    accessible(scale)
    screenshot(scale, "k-weigh-waiting")
    scale.reload()
    expect(scale.locator("#waiting li", has_text="5.678 kg")).to_have_count(1)
    assert kept(site, scale, 5678) == 0
    scale.unroute(BATCH)
    recorded(scale, "5.678")
    assert kept(site, scale, 5678) == 1
    assert len(sent) >= 2
    assert len(set(sent)) == 1


def test_an_answer_that_got_lost_does_not_count_the_weighing_twice(site: Served, scale: Page):
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)  # the service has it; the tablet never hears so
        route.abort()

    scale.route(BATCH, lose, times=1)
    enter(scale, "6.789")
    scale.locator("#save").click()
    recorded(scale, "6.789")
    assert lost == [200]
    assert kept(site, scale, 6789) == 1


def test_an_ended_access_token_is_renewed_and_the_entry_sent_again(site: Served, scale: Page):
    """It is ended until it is renewed: an attempt that took too long is made again."""
    sent: list[str] = []
    scale.on("request", lambda request: sent.append(request.url))

    def ended(route: Route) -> None:
        if any(url.endswith("/session/refresh") for url in sent):
            route.fallback()
        else:
            route.fulfill(status=401, body="{}")

    scale.route(BATCH, ended)
    enter(scale, "7.891")
    with scale.expect_response("**/session/refresh") as renewed:
        scale.locator("#save").click()
    assert renewed.value.status == 204
    recorded(scale, "7.891")
    assert kept(site, scale, 7891) == 1


def changed_on_the_way(route: Route) -> None:
    """Let the weighing weigh a gram more than its tablet wrote."""
    batch = json.loads(route.request.post_data)
    batch["items"][0]["gross_grams"] += 1
    route.continue_(post_data=json.dumps(batch))


def test_a_refused_weighing_stays_in_sight_with_its_reason_until_it_is_given_up(
    site: Served, scale: Page
):
    scale.route(BATCH, changed_on_the_way, times=1)
    enter(scale, "8.912")
    scale.locator("#save").click()
    entry = scale.locator("#waiting li", has_text="8.912 kg")
    expect(entry).to_contain_text("未被接受")
    expect(entry.locator("p")).not_to_be_empty()
    accessible(scale)
    screenshot(scale, "k-weigh-refused")
    scale.reload()
    entry.get_by_role("button", name="删除").click()
    expect(entry).to_have_count(0)
    assert kept(site, scale, 8912) == 0


def test_what_was_refused_for_a_fault_on_the_way_is_accepted_when_tried_again(
    site: Served, scale: Page
):
    scale.route(BATCH, changed_on_the_way, times=1)
    enter(scale, "8.913")
    scale.locator("#save").click()
    scale.locator("#waiting").get_by_role("button", name="再试一次").click()
    recorded(scale, "8.913")
    assert kept(site, scale, 8913) == 1


def test_the_weighing_screen_works_where_the_browser_makes_no_ids(browser: Browser, site: Served):
    with visitor(browser, site.url, "cook", size="tablet") as page:
        page.add_init_script("delete Crypto.prototype.randomUUID")
        at_the_scale(page)
        assert page.evaluate("typeof crypto.randomUUID") == "undefined"
        enter(page, "9.123")
        page.locator("#save").click()
        recorded(page, "9.123")
        assert kept(site, page, 9123) == 1


def test_a_weighing_needs_only_a_keyboard(site: Served, scale: Page):
    focused = "document.activeElement.name ?? ''"
    scale.locator("[name=meal_session_id]").focus()
    scale.keyboard.press("Tab")
    assert scale.evaluate(focused) == "stream"
    for _ in range(3):
        scale.keyboard.press("ArrowDown")
    scale.keyboard.press("Tab")
    assert scale.evaluate(focused) == "reason"
    scale.keyboard.press("Space")
    for name in ("dish", "", "gross"):  # the photo's field has an id only
        scale.keyboard.press("Tab")
        assert scale.evaluate(focused) == name
    scale.keyboard.type("1.357")
    scale.keyboard.press("Enter")
    recorded(scale, "1.357")
    assert kept(site, scale, 1357) == 1


def test_the_board_refreshes_without_taking_the_focus(browser: Browser, site: Served):
    with visitor(browser, site.url, "cook", size="tablet") as page:
        page.clock.install()
        page.goto("/k/")
        page.locator("nav a[href^='/k/weigh']").focus()
        with page.expect_response("**/k/board*") as answer:
            page.clock.run_for(31_000)
        assert answer.value.ok
        assert page.evaluate("document.activeElement.getAttribute('href')").startswith("/k/weigh")
        accessible(page)


def _registered(site: Served, browser: Browser, meal: str) -> str:
    """Register the diner for a meal of today; return the pick-up code."""
    with visitor(browser, site.url, "diner") as page:
        page.goto("/m/")
        answer = page.request.post(
            "/api/v1/menu/registrations",
            data={"meal_session_id": site.house.town.meals[0, meal], "portion": "full"},
            headers={"X-CSRF-Token": hidden(page.content()), "Idempotency-Key": fresh_id()},
        )
        assert answer.status == 201, answer.text()
        return answer.json()["pickup_code"]


def test_the_door_tells_served_used_other_and_unknown_apart(browser: Browser, site: Served):
    lunch, dinner = _registered(site, browser, "lunch"), _registered(site, browser, "dinner")
    with visitor(browser, site.url, "cook", size="tablet") as page:
        at_the_door(page)
        page.locator("[name=meal_session_id]").select_option(site.house.town.meals[0, "lunch"])
        for code, verdict, word in (
            (lunch, "served", "核销成功"), (lunch, "used", "已核销"),
            (dinner, "other", "不是这一餐"), ("ZZ99", "unknown", "未报餐"),
        ):  # fmt: skip
            page.keyboard.type(code)  # a scanner types wherever the focus is
            page.keyboard.press("Enter")
            expect(page.locator("#verdict")).to_have_attribute("data-verdict", verdict)
            expect(page.locator("#verdict-word")).to_have_text(word)
            accessible(page)
            screenshot(page, f"k-door-{verdict}")
        expect(page.locator("[data-count=came]")).to_have_text("1")


def test_a_double_tap_lets_one_walk_in_pass(browser: Browser, site: Served):
    with visitor(browser, site.url, "cook", size="tablet") as page:
        at_the_door(page)
        page.locator("[name=meal_session_id]").select_option(site.house.town.meals[0, "dinner"])
        expect(page.locator("[data-count=walk_ins]")).to_have_text("0")
        page.locator("#walk-in").dblclick()
        expect(page.locator("[data-count=walk_ins]")).to_have_text("1")
        expect(page.locator("#verdict")).to_have_attribute("data-verdict", "served")


def test_a_guest_at_the_door_outlives_a_busy_server(browser: Browser, site: Served):
    with visitor(browser, site.url, "cook", size="tablet") as page:
        at_the_door(page)
        page.locator("[name=meal_session_id]").select_option(site.house.town.meals[0, "breakfast"])
        page.route("**/check-ins:batch", lambda route: route.fulfill(**BUSY), times=2)
        page.locator("#walk-in").click()
        expect(page.locator("#verdict")).to_have_attribute("data-verdict", "kept")
        expect(page.locator("[data-count=walk_ins]")).to_have_text("1")
