"""A real browser before a real server: every page it opens is looked at for faults.

`opened(page, path)` opens a page and fails on a console error, a request to another origin, or a
violation that axe finds (WCAG 2.2 AA).
"""

import asyncio
import contextlib
import json
import os
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright

from support.filling import fill
from support.gateway import PASSWORD, House, Towns

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parents[2] / "gateway" / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"phone": (390, 844), "tablet": (1024, 768), "desk": (1440, 900)}
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Never reached where all is well; tests share their cores with others.
PATIENCE_MS = 60_000
_QUIET_MS = 150
_START_SECONDS = 300
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]


@dataclass
class Served:
    """A house behind a real port."""

    url: str
    house: House


def needs_browser() -> None:
    """Skip on a machine without Chromium; in CI that is a failure."""
    if not CHROMIUM.exists() and "CI" not in os.environ:
        pytest.skip(f"{CHROMIUM} is not installed")


@contextmanager
def served(
    towns: Towns,
    *,
    demo: bool = True,
    full: bool = False,
    prepare: Callable[[House], Awaitable[object]] | None = None,
) -> Iterator[Served]:
    """Serve a house on a free port of this machine, in a thread of its own.

    Args:
        towns: makes the house.
        demo: the pages say that the data is synthetic.
        full: there are months of data and many people.
        prepare: what else is to be there.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    ready = threading.Event()
    houses: list[House] = []
    servers: list[uvicorn.Server] = []

    async def run() -> None:
        async with _opened_house(towns, prepare, demo=demo, full=full) as house:
            config = uvicorn.Config(house.app, lifespan="off", log_level="warning", ws="none")
            server = uvicorn.Server(config)
            houses.append(house)
            servers.append(server)
            ready.set()
            await server.serve(sockets=[listening])

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        assert ready.wait(_START_SECONDS), "the house did not start"
        yield Served(url, houses[0])
    finally:
        for server in servers:
            server.should_exit = True
        thread.join(_START_SECONDS)
        listening.close()


@asynccontextmanager
async def _opened_house(
    towns: Towns,
    prepare: Callable[[House], Awaitable[object]] | None,
    *,
    demo: bool,
    full: bool,
) -> AsyncIterator[House]:
    async with towns.house(demo=demo) as house:
        if full:
            await fill(house)
        if prepare:
            await prepare(house)
        yield house


@contextmanager
def chromium(home: Path | None = None) -> Iterator[Browser]:
    """Start the browser, with the certificates that are trusted in `home` if one is named."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        # Debian's chromium is a script that needs the system's tools, whatever PATH we were given
        path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/bin", "/bin"))
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=FLAGS,
            env={**os.environ, "PATH": path, **({"HOME": str(home)} if home else {})},
        )
        yield browser
        browser.close()


@contextmanager
def visitor(
    browser: Browser,
    url: str,
    user_name: str | None = None,
    *,
    size: str = "phone",
    language: str = "zh",
    **context: object,
) -> Iterator[Page]:
    """Yield a page of somebody's own browser window, signed in if they have a user name."""
    width, height = SIZES[size]
    window = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": height},
        locale="zh-CN" if language == "zh" else "en-GB",
        timezone_id="Asia/Shanghai",
        **context,
    )
    page = window.new_page()
    page.set_default_timeout(PATIENCE_MS)
    try:
        if user_name:
            sign_in(page, user_name)
        yield page
    finally:
        window.close()


def sign_in(page: Page, user_name: str, password: str = PASSWORD) -> None:
    """Sign in through the form."""
    page.goto("/sign-in")
    page.fill("#username", user_name)
    page.fill("#password", password)
    page.click("main button")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def opened(page: Page, path: str, status: int = 200) -> Response:
    """Open a page and return its answer; fails on any fault that a browser or axe can see."""
    with watched(page):
        with _quiet(page):
            answer = page.goto(path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        accessible(page)
    return answer


@contextmanager
def _quiet(page: Page) -> Iterator[None]:
    """Wait at the end until nothing is under way, and nothing was asked for a while."""
    asked, under_way = 0, 0

    def begun(_: object) -> None:
        nonlocal asked, under_way
        asked, under_way = asked + 1, under_way + 1

    def ended(_: object) -> None:
        nonlocal under_way
        under_way -= 1

    events = {"request": begun, "requestfinished": ended, "requestfailed": ended}
    for name, note in events.items():
        page.on(name, note)
    yield
    before = -1
    while under_way > 0 or before < asked:
        before = asked
        page.wait_for_timeout(_QUIET_MS)
    for name, note in events.items():
        page.remove_listener(name, note)


@contextmanager
def watched(page: Page) -> Iterator[None]:
    """Fail if anything in here is logged as an error, or asks another origin."""
    faults: list[str] = []
    asked: list[str] = []

    def note(message: object) -> None:
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            faults.append(message.text)

    def thrown(error: object) -> None:
        faults.append(str(error))

    def requested(request: object) -> None:
        asked.append(request.url)

    page.on("console", note)
    page.on("pageerror", thrown)
    page.on("request", requested)
    yield
    page.remove_listener("console", note)
    page.remove_listener("pageerror", thrown)
    page.remove_listener("request", requested)
    assert not faults, faults
    own = urlsplit(page.url).netloc
    foreign = [url for url in asked if urlsplit(url).netloc != own and not url.startswith("data:")]
    assert not foreign, foreign


def accessible(page: Page) -> None:
    """Fail with what axe finds against WCAG 2.2 AA in the page as it stands."""
    page.evaluate(AXE.read_text(encoding="utf-8"))  # evaluated from outside, so the CSP allows it
    found = page.evaluate(
        "async tags => (await axe.run(document, {runOnly: tags})).violations.map(one => "
        "({rule: one.id, help: one.help, nodes: one.nodes.map(node => node.html.slice(0, 200))}))",
        _TAGS,
    )
    assert not found, f"{page.url}\n{json.dumps(found, indent=1, ensure_ascii=False)}"


def overlaps_nothing(page: Page) -> None:
    """Fail if a page scrolls sideways, or a target is smaller than a finger."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll('main a, button, .segments label, nav a')]
        .filter(one => one.offsetParent && !one.closest('p, td'))
        .map(one => [one.getBoundingClientRect(), one.outerHTML.slice(0, 120)])
        .filter(([box]) => box.height < 43.5 || box.width < 43.5).map(([, html]) => html)"""
    )
    assert not small, small


def screenshot(page: Page, name: str) -> None:
    """Keep a picture of the whole page if the environment names a folder for it."""
    if folder := os.environ.get("CLEANPLATE_SHOTS"):
        with contextlib.suppress(OSError):
            page.screenshot(path=f"{folder}/{name}.png", full_page=True)
