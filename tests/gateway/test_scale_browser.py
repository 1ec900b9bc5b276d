"""A scale that the page reads itself: the same rules as `cleanplate scale`."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from cleanplate_gateway.faces.tablet.scale_protocols import in_script
from cleanplate_gateway.scales.readings import read
from cleanplate_gateway.scales.watching import Watch
from support.browser import Served, accessible, screenshot, served, visitor
from support.gateway import Towns
from support.scales import NAMES, OVERLOAD, a_day, damaged, line, protocol
from support.tablets import at_the_scale, choose, kept_here, type_on_keypad

READINGS = 3_000
_READ = """async ([module, protocol, frames]) => {
  const { read } = await import(module);
  return frames.map((frame) => read(protocol, frame)).map((one) => [one.told, one.grams]);
}"""
_WATCH = """async ([module, protocol, chunks]) => {
  const { Watch } = await import(module);
  const watch = new Watch(protocol, 0);
  return chunks.flatMap(([at, bytes]) => watch.feed(bytes, at))
    .map((one) => [one.outcome, one.grams]);
}"""
# A serial port on which `said(bytes)` is heard.
_SERIAL = """
  const port = {
    async open(settings) {
      port.settings = settings;
      port.readable = new ReadableStream({ start: (control) => { port.control = control; } });
    },
    async close() {},
  };
  window.said = (bytes) => port.control.enqueue(Uint8Array.from(bytes));
  window.pulled = () => port.control.error(new Error("gone"));
  window.port = port;
  Object.defineProperty(navigator, "serial", {
    value: { getPorts: async () => [], requestPort: async () => port },
  });
"""


@pytest.fixture(scope="module")
def site(towns: Towns) -> Iterator[Served]:
    with served(towns, demo=False) as running:
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser, site: Served) -> Iterator[Page]:
    with visitor(browser, site.url, "cook", size="tablet") as opened:
        at_the_scale(opened)
        yield opened


def rules(page: Page) -> str:
    return page.locator("script[src*='weighing.js']").get_attribute("src").replace(
        "weighing", "scale_rules"
    )  # fmt: skip


def python_says(name: str, chunks: list[tuple[float, bytes]]) -> list[list]:
    watch = Watch(protocol(name), 0)
    found = [one for at, data in chunks for one in watch.feed(data, at)]
    return [[one.outcome.value, one.grams] for one in found]


def page_says(page: Page, name: str, chunks: list[tuple[float, bytes]]) -> list[list]:
    given = [[at, list(data)] for at, data in chunks]
    return page.evaluate(_WATCH, [rules(page), in_script(protocol(name)), given])


@pytest.mark.parametrize("name", NAMES)
def test_damaged_lines_are_the_same_readings(page: Page, name: str):
    frames = [one[:-1] for one in damaged(a_day(name, READINGS, 3).lines, 3)]
    frames += [line(name, grams)[:-2] for grams in (0, 1, 12_345, 99_999)]
    expected = [read(protocol(name), frame) for frame in frames]
    got = page.evaluate(_READ, [rules(page), in_script(protocol(name)), [list(f) for f in frames]])
    assert got == [[one.told.value, one.grams] for one in expected]


@pytest.mark.parametrize("name", NAMES)
def test_of_damaged_lines_the_page_takes_exactly_what_was_put_on(page: Page, name: str):
    day = a_day(name, READINGS, 1)
    chunks = [(n * 0.1, one) for n, one in enumerate(damaged(day.lines, 1))]
    said = page_says(page, name, chunks)
    assert said == python_says(name, chunks)
    assert [grams for outcome, grams in said if outcome == "weighed"] == day.put_on


@pytest.mark.parametrize("name", OVERLOAD)
def test_overload_silence_and_what_cannot_be_read_are_told_alike(page: Page, name: str):
    lines = [OVERLOAD[name]] * 4 + [b""] * 40 + [b"noise\r\n"] * 40 + [line(name, 5000)] * 5
    chunks = [(n * 0.1, one) for n, one in enumerate(lines)]
    said = page_says(page, name, chunks)
    assert said == python_says(name, chunks)
    assert [outcome for outcome, _ in said] == ["overload", "silent", "unreadable", "weighed"]


def test_the_negative_control_another_protocol_reads_other_weights(page: Page):
    day = a_day("continuous", READINGS, 1)
    chunks = [(n * 0.1, one) for n, one in enumerate(day.lines)]
    assert page_says(page, "adam", chunks) != python_says("continuous", chunks)


@pytest.fixture
def wired(browser: Browser, site: Served) -> Iterator[Page]:
    """The screen with a scale of the continuous protocol."""
    with visitor(browser, site.url, "cook", size="tablet") as opened:
        opened.add_init_script(_SERIAL)
        at_the_scale(opened)
        opened.locator("#scale-protocol").select_option("continuous")
        opened.wait_for_function("window.port.control !== undefined")
        yield opened


def say(page: Page, *lines: bytes) -> None:
    for one in lines:
        page.evaluate("(bytes) => window.said(bytes)", list(one))


def test_a_settled_weight_fills_the_form_once_until_the_scale_has_moved(wired: Page):
    take, load = wired.locator("#scale-take"), [line("continuous", 5200)] * 3
    settings = wired.evaluate("window.port.settings")
    assert settings == {"baudRate": 9600, "dataBits": 8, "stopBits": 1, "parity": "none"}
    say(wired, line("continuous", 3000, is_stable=False))
    expect(wired.locator("#scale-shown")).to_have_text("3.00 kg")
    expect(take).to_have_attribute("aria-disabled", "true")
    say(wired, *load)
    expect(take).to_have_text("取用 5.20 kg")
    accessible(wired)
    screenshot(wired, "k-weigh-scale")
    take.click()
    choose(wired, "stream", "plate")
    expect(wired.locator("#net")).to_have_text("5.20")
    wired.locator("#save").click()
    expect(wired.locator("#toast")).to_contain_text("5.20 kg")
    item = kept_here(wired)[-1]["item"]
    assert (item["method"], item["gross_grams"], item.get("entered")) == ("scale", 5200, None)
    say(wired, *load)
    expect(take).to_have_text("已取用过：请先清空秤盘")
    expect(take).to_have_attribute("aria-disabled", "true")
    say(wired, *[line("continuous", 0)] * 3, *load)
    expect(take).to_have_text("取用 5.20 kg")


def test_what_keeps_a_scale_from_weighing_is_said(wired: Page):
    take = wired.locator("#scale-take")
    say(wired, *[OVERLOAD["continuous"]] * 3)
    expect(take).to_have_text("超载：请取下一些")
    expect(wired.locator("#scale-shown")).to_have_text("–")
    say(wired, *[line("continuous", -500)] * 3)
    expect(take).to_have_text("低于零：请将秤置零")
    expect(take).to_have_text("秤没有数据")  # after three seconds of silence
    wired.evaluate("window.pulled()")
    expect(take).to_have_text("秤未连接")


def test_a_weight_that_was_typed_over_the_scales_is_a_typed_one(wired: Page):
    say(wired, *[line("continuous", 5200)] * 3)
    wired.locator("#scale-take").click()
    choose(wired, "stream", "plate")
    type_on_keypad(wired, "6")
    expect(wired.locator("#net")).to_have_text("6.00")
    wired.locator("#save").click()
    expect(wired.locator("#toast")).to_contain_text("6.00 kg")
    assert kept_here(wired)[-1]["item"]["method"] == "typed"
