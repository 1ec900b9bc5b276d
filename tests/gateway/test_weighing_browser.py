"""What the weighing screen computes, says, takes back and corrects."""

import gzip
import hashlib
import json
import math
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from cleanplate_shared.chain import hash_of
from cleanplate_shared.contracts.waste import Entered, WeighingItem
from support.browser import Served, accessible, screenshot, served, visitor
from support.gateway import ZONE, Towns, hidden, today_at
from support.photos import a_jpeg
from support.tablets import (
    BATCH,
    at_the_scale,
    choose,
    kept_here,
    opens_offline,
    recorded,
    type_on_keypad,
    waiting,
    weigh,
)

HUMAN_SECONDS_PER_TAP = 0.7
SHELL_BYTES = 60_000
_HASH = """async ([module, item]) => (await import(module)).hashOf(item)"""
_DIGEST = """async ([module, texts]) => {
  const { digest, hexadecimal } = await import(module);
  return texts.map((text) => hexadecimal(digest(new TextEncoder().encode(text))));
}"""
_GRAMS = """async ([module, cases]) => {
  const { amountIn, gramsOf } = await import(module);
  return cases.map(([text, per]) => [amountIn(text), gramsOf(amountIn(text), per)]);
}"""
_OFFERED = """async ([module, at]) => {
  const { Facts } = await import(module);
  const given = JSON.parse(document.getElementById("weighing-facts").textContent);
  const server = { ahead: at - Date.now(), hear: () => null };
  return new Facts("/nowhere", given, server).currentMeal.id;
}"""


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


def module(page: Page, name: str) -> str:
    """Return the address of one of the page's modules."""
    return page.locator("script[src*='weighing.js']").get_attribute("src").replace("weighing", name)


def its_clock_stands(page: Page) -> None:
    """Let six seconds to undo not pass while a loaded machine takes its time."""
    page.clock.install()
    page.clock.pause_at(datetime.now(ZONE) + timedelta(seconds=1))


def an_item(**changes: object) -> dict:
    return {
        "id": str(uuid.uuid4()), "canteen_id": str(uuid.uuid4()), "stream": "plate",
        "gross_grams": 1500, "tare_grams": 0, "device_id": "tablet-1", "sequence": 1,
        "weighed_at": "2026-03-02T12:30:00.123Z", "method": "typed", "previous_hash": "0" * 64,
        **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"weighed_at": "2026-03-02T12:30:00.999+08:00", "sequence": 2**53},
        {"food": "引号\" 反斜\\ 换行\u2028\u2029 表情🍚 \u0301e\u0301 <>&'"},
        {"container": "a/b \u200b\u00a0c \ufeff d", "food": "𠮷野家 ﷽ \ud7ff\ue000\uffff"},
        {"entered": {"quantity": "12.345", "unit": "bucket", "grams_per_unit": 18_000}},
        {"reason": "expired", "meal_session_id": str(uuid.UUID(int=1)), "method": "scale"},
        {"corrects": str(uuid.UUID(int=2)), "withdraws": True, "gross_grams": 0},
        {"photo_sha256": "ab" * 32, "dish_id": str(uuid.UUID(int=3)), "withdraws": False},
    ],
)
def test_the_page_hashes_what_the_service_hashes(scale: Page, changes):
    item = an_item(**changes)
    expected = hash_of(WeighingItem.model_validate(item))
    assert scale.evaluate(_HASH, [module(scale, "chain"), item]) == expected
    other = item | {"gross_grams": item["gross_grams"] + 1}
    assert scale.evaluate(_HASH, [module(scale, "chain"), other]) != expected


def test_the_pages_own_sha256_is_sha256(scale: Page):
    texts = ["", "abc", "a" * 1_000_000, *("é" * n + "x" * n for n in range(140))]
    expected = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    assert scale.evaluate(_DIGEST, [module(scale, "sha256"), texts]) == expected


def test_the_page_rounds_amounts_as_the_service_does(scale: Page):
    cases = [
        [text, per]
        for text in ("0", "1", "2.4", ".5", "007.25", "3.", "99999.999", "0.001", "１.5", "2，5")
        for per in (1000, 500, 937, 18_001, 1)
        if text.isascii() or "，" in text
    ]
    for (_, per), (amount, grams) in zip(
        cases, scale.evaluate(_GRAMS, [module(scale, "amounts"), cases]), strict=True
    ):
        entered = Entered(quantity=amount, unit="bucket", grams_per_unit=per)
        if entered.grams <= 10_000_000:
            assert grams == entered.grams
        else:
            assert math.isnan(grams)


@pytest.mark.parametrize(("hour", "meal"), [(8, "breakfast"), (13, "lunch"), (22, "dinner")])
def test_the_meal_offered_first_is_the_one_being_served(scale: Page, site: Served, hour, meal):
    at = today_at(hour).timestamp() * 1000
    offered = scale.evaluate(_OFFERED, [module(scale, "facts"), at])
    assert offered == site.house.town.meals[0, meal]


def test_a_weighing_takes_five_taps_and_less_than_five_seconds(scale: Page):
    """Script time is what the page spends until it says that the weighing is on disk."""
    taps = ["[value=unserved]", "[value=overproduction]", "[data-key='2']", "[data-key='4']"]
    for tap in taps:
        scale.locator(f"#weighing {tap}").dispatch_event("click")
    spent = scale.evaluate(
        """() => new Promise((resolve) => {
          const begun = performance.now();
          const seen = new MutationObserver(() => resolve(performance.now() - begun));
          seen.observe(document.getElementById("toast"), { childList: true });
          document.getElementById("save").click();
        })"""
    )
    count = len(taps) + 1
    assert count <= 5
    assert count * HUMAN_SECONDS_PER_TAP + spent / 1000 < 5, spent
    assert recorded(scale, net_grams=24_000, stream="unserved")


def test_the_shell_is_small_and_opens_without_a_network(browser: Browser, site: Served):
    with visitor(browser, site.url, "cook", size="tablet") as page:
        files: dict[str, int] = {}

        def heard(answer: object) -> None:
            if answer.ok and "worker.js" not in answer.url:
                files[answer.url] = len(gzip.compress(answer.body(), 6))

        page.on("response", heard)
        at_the_scale(page)
        page.remove_listener("response", heard)
        assert sum(files.values()) <= SHELL_BYTES, files
        opens_offline(page)
        page.context.set_offline(True)
        at_the_scale(page)
        weigh(page, 1234)
        waiting(page, 1)
        page.context.set_offline(False)
        assert len(recorded(page, net_grams=1234)) == 1


def test_two_tabs_never_give_a_number_twice(scale: Page):
    other = scale.context.new_page()
    at_the_scale(other)
    tabs = (scale, other)
    for page in tabs:
        page.route(BATCH, lambda route: route.abort())
    before = len(kept_here(scale))
    for grams in range(1, 11):
        for page in tabs:
            choose(page, "stream", "plate")
            page.locator("[name=gross]").fill(f"0.{grams:03}")
        for page in tabs:  # both on their way at once
            page.evaluate("setTimeout(() => document.getElementById('save').click(), 50)")
        for page in tabs:
            expect(page.locator("[name=gross]")).to_have_value("")
    mine = [entry["item"] for entry in kept_here(scale)][before:]
    assert [item["sequence"] for item in mine] == list(range(1, 21))
    assert [item["previous_hash"] for item in mine[1:]] == [item["hash"] for item in mine[:-1]]
    for page in tabs:
        page.unroute(BATCH)
        page.reload()
    device = mine[0]["device_id"]
    assert len(recorded(scale, device_id=device)) == 20


def test_a_full_disk_is_said_and_nothing_is_said_to_be_kept(scale: Page):
    page = scale
    browser = page.context.new_cdp_session(page)
    origin = page.evaluate("location.origin")
    browser.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1})
    choose(page, "stream", "plate")
    type_on_keypad(page, "7.7")
    page.locator("#save").click()
    expect(page.locator("#toast")).to_contain_text("没有保存")
    expect(page.locator("#connection")).to_contain_text("没有保存")
    assert kept_here(page) == []
    expect(page.locator("[name=gross]")).to_have_value("7.7")
    screenshot(page, "k-weigh-full-disk")
    browser.send("Storage.overrideQuotaForOrigin", {"origin": origin})
    page.locator("#save").click()
    expect(page.locator("#toast")).to_contain_text("7.70 kg")
    assert len(recorded(page, net_grams=7700)) == 1


def test_a_browser_that_keeps_nothing_says_so(browser: Browser, site: Served):
    with visitor(browser, site.url, "cook", size="tablet") as page:
        page.add_init_script("delete IDBFactory.prototype.open")
        at_the_scale(page)
        expect(page.locator("#connection")).to_contain_text("没有保存")
        choose(page, "stream", "plate")
        type_on_keypad(page, "1")
        page.locator("#save").click()
        expect(page.locator("#toast")).to_contain_text("没有保存")
        expect(page.locator("[name=gross]")).to_have_value("1")


def test_what_an_earlier_version_left_is_sent_once(scale: Page):
    items = [
        {name: value for name, value in an_item(gross_grams=n).items() if name != "previous_hash"}
        for n in (4441, 4442)
    ]
    canteen = scale.locator("#weighing").get_attribute("data-canteen")
    entries = [
        {"item": item | {"canteen_id": canteen, "weighed_at": datetime.now(ZONE).isoformat()},
         "label": {"stream": "餐盘剩余", "net": "4.44", "at": "12:00"}, "problem": None, "kept": n}
        for n, item in enumerate(items)
    ]  # fmt: skip
    for entry in entries:
        key = f"cleanplate.outbox.weighings.{entry['item']['id']}"
        scale.evaluate("(given) => localStorage.setItem(...given)", [key, json.dumps(entry)])
    for _ in range(2):
        at_the_scale(scale)
    for item in items:
        assert len(recorded(scale, id=item["id"])) == 1
    assert not scale.evaluate("Object.keys(localStorage).some((key) => key.includes('outbox'))")


def test_an_undo_within_six_seconds_is_a_record_and_then_it_is_too_late(scale: Page):
    its_clock_stands(scale)
    weigh(scale, 5551)
    scale.locator("#undo").click()
    expect(scale.locator("#toast")).to_contain_text("已撤销")
    [first] = recorded(scale, gross_grams=5551)
    [undone] = recorded(scale, corrects=first["id"])
    assert undone["withdraws"]
    assert first["corrected_by"] == undone["id"]
    weigh(scale, 5552)
    expect(scale.locator("#undo")).to_be_visible()
    scale.clock.run_for(6_100)
    expect(scale.locator("#undo")).to_be_hidden()
    [kept] = recorded(scale, gross_grams=5552)
    assert kept["corrected_by"] is None


def test_a_correction_names_the_record_and_its_undo_brings_it_back(scale: Page):
    weigh(scale, 6661)
    [first] = recorded(scale, gross_grams=6661)
    line = scale.locator(f"#recent li[data-id='{first['id']}']")
    line.get_by_role("button").click()
    expect(scale.locator("#correcting")).to_contain_text("6.661 kg")
    expect(scale.locator("[name=gross]")).to_have_value("6.661")
    accessible(scale)
    screenshot(scale, "k-weigh-correcting")
    its_clock_stands(scale)
    scale.locator("[name=gross]").fill("6.662")
    scale.locator("#save").click()
    expect(scale.locator("#toast")).to_contain_text("6.662 kg")
    expect(scale.locator("#correcting")).to_be_hidden()
    [second] = recorded(scale, gross_grams=6662)
    assert second["corrects"] == first["id"]
    assert second["weighed_at"] == first["weighed_at"]
    scale.locator("#undo").click()
    expect(scale.locator("#toast")).to_contain_text("已撤销")
    [third] = recorded(scale, corrects=second["id"])
    assert (third["gross_grams"], third["withdraws"]) == (6661, False)


def test_a_volume_is_kept_as_it_was_said_beside_its_grams(scale: Page):
    choose(scale, "unit", "bucket")
    type_on_keypad(scale, "1.5")
    expect(scale.locator("#net")).to_have_text("–")
    choose(scale, "stream", "plate")
    expect(scale.locator("#net")).to_have_text("30.00")
    expect(scale.locator(".containers")).to_be_hidden()
    screenshot(scale, "k-weigh-volume")
    scale.locator("#save").click()
    expect(scale.locator("#toast")).to_contain_text("30.00 kg")
    [one] = recorded(scale, gross_grams=30_000, method="volume")
    assert one["entered"] == {"quantity": "1.5", "unit": "bucket", "grams_per_unit": 20_000}
    choose(scale, "unit", "jin")
    choose(scale, "stream", "plate")
    type_on_keypad(scale, "3.3")
    expect(scale.locator("#net")).to_have_text("1.65")


def test_what_it_costs_and_how_much_it_is_for_each_diner_is_said_at_once_and_offline(
    browser: Browser, site: Served, scale: Page
):
    canteen = site.house.town.canteen_id
    plate = {"stream": "plate", "grams_per_litre": 900, "grams_per_bucket": 9000}
    tub = {"code": "tub", "name": "蓝盆", "tare_grams": 1250}
    setup = {"containers": [tub], "streams": [plate | {"value_fen_per_kg": 1200}]}
    with visitor(browser, site.url, "manager") as page:
        page.goto("/a/")
        answer = page.request.put(
            f"/api/v1/waste/canteens/{canteen}/weighing-setup",
            data=setup, headers={"X-CSRF-Token": hidden(page.content())},
        )  # fmt: skip
        assert answer.ok, answer.text()
        lunch = site.house.town.meals[0, "lunch"]
        item = {
            "id": str(uuid.uuid4()),
            "meal_session_id": lunch,
            "at": site.house.clock.at.isoformat(),
        }
        answer = page.request.post(
            "/api/v1/menu/check-ins:batch",
            data={"items": [item]}, headers={"X-CSRF-Token": hidden(page.content())},
        )  # fmt: skip
        assert answer.ok, answer.text()
    with scale.expect_response("**/k/weigh/facts*"):
        scale.reload()
    expect(scale.locator("#weighing")).to_have_attribute("data-ready", "true")
    scale.route("**/api/**", lambda route: route.abort())
    choose(scale, "container", "tub")
    expect(scale.locator("[name=tare]")).to_have_value("1.25")
    scale.locator("[name=meal_session_id]").select_option(lunch)
    choose(scale, "stream", "plate")
    type_on_keypad(scale, "3.75")
    scale.locator("#save").click()
    expect(scale.locator("#cost")).to_have_text("约 30.00 元 · 人均 2500.0 克")


def test_a_photo_is_taken_without_place_and_only_if_nobody_is_in_it(scale: Page):
    notes = Image.Exif()
    notes[0x8825] = {1: "N", 2: (31.0, 12.0, 0.0)}
    picture = {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": a_jpeg(2000, 1000, exif=notes)}
    scale.locator("#photo").set_input_files(picture)
    scale.locator("#photo-no").click()
    expect(scale.locator("#photo-shown")).to_be_hidden()
    weigh(scale, 8881)
    [bare] = recorded(scale, gross_grams=8881)
    assert bare["photo_sha256"] is None
    scale.locator("#photo").set_input_files(picture)
    expect(scale.locator("#photo-asking")).to_be_visible()
    accessible(scale)
    screenshot(scale, "k-weigh-photo")
    scale.locator("#photo-yes").click()
    expect(scale.locator("#photo-said")).not_to_be_empty()
    with scale.expect_response("**/photo") as sent:
        weigh(scale, 8882)
    assert sent.value.status == 204
    [one] = recorded(scale, gross_grams=8882)
    jpeg = scale.request.get(f"/api/v1/waste/weighings/{one['id']}/photo").body()
    assert hashlib.sha256(jpeg).hexdigest() == one["photo_sha256"]
    with Image.open(BytesIO(jpeg)) as image:
        assert image.size == (1280, 640)
        assert not image.getexif()
