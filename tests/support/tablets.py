"""A tablet before a scale: its browser's profile on disk, and what a cook does on the screen."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright, expect

from support.browser import CHROMIUM, FLAGS, PATIENCE_MS, SIZES
from support.gateway import ZONE

BATCH = "**/api/v1/waste/weighings:batch"
_PAUSE_MS = 50
# Everything that this tablet has kept, oldest first.
_KEPT = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("cleanplate-weighings");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const all = opening.result.transaction("records").objectStore("records").getAll();
    all.onsuccess = () => { opening.result.close(); resolve(all.result); };
  };
})"""


def at_the_scale(page: Page) -> None:
    """Open the weighing screen."""
    page.goto("/k/weigh")
    expect(page.locator("#weighing")).to_have_attribute("data-ready", "true")


def choose(page: Page, name: str, value: str) -> None:
    """Tap a choice."""
    page.locator(f"input[name={name}][value='{value}']").check(force=True)


def type_on_keypad(page: Page, text: str) -> None:
    """Tap keys."""
    for key in text:
        page.locator(f"[data-key='{key}']").click()


def shown(grams: int) -> str:
    """Return a weight as the screen writes it, in kilograms."""
    return f"{grams / 1000:.3f}" if grams % 10 else f"{grams / 1000:.2f}"


def weigh(page: Page, grams: int, stream: str = "plate") -> None:
    """Weigh something, and wait until the screen says that it is kept."""
    choose(page, "stream", stream)
    type_on_keypad(page, shown(grams))
    page.locator("#save").click()
    expect(page.locator("#toast")).to_contain_text(f"{shown(grams)} kg")


def waiting(page: Page, count: int) -> None:
    """Wait until so many weighings wait on this tablet."""
    expect(page.locator("#connection")).to_have_attribute("data-waiting", str(count))


def kept_here(page: Page) -> list[dict]:
    """Return the entries on this tablet, oldest first."""
    return page.evaluate(_KEPT)


def sent(page: Page) -> None:
    """Wait until nothing waits on this tablet any more."""
    until(page, lambda: all(entry["state"] != "waiting" for entry in kept_here(page)))


def opens_offline(page: Page) -> None:
    """Wait until the screen opens without a network."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    until(page, lambda: page.evaluate("caches.match('/k/weigh').then(Boolean)"))


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until something holds that only the page's databases know."""
    for _ in range(PATIENCE_MS // _PAUSE_MS):
        if holds():
            return
        page.wait_for_timeout(_PAUSE_MS)
    raise AssertionError(holds)


@contextmanager
def tablet(playwright: Playwright, profile: Path, url: str) -> Iterator[BrowserContext]:
    """Start a browser whose profile outlives it."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/bin", "/bin"))
    width, height = SIZES["tablet"]
    window = playwright.chromium.launch_persistent_context(
        profile, executable_path=str(CHROMIUM), args=FLAGS, env={**os.environ, "PATH": path},
        base_url=url, viewport={"width": width, "height": height}, locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )  # fmt: skip
    try:
        yield window
    finally:
        with suppress(Exception):
            window.close()


def kill_browser(profile: Path) -> None:
    """Take the life of the browser with this profile as a dead battery would (SIGKILL)."""
    said = f"--user-data-dir={profile}".encode()
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and said in (process / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)
    (profile / "SingletonLock").unlink(missing_ok=True)


def recorded(page: Page, **wanted: object) -> list[dict]:
    """Return the service's weighings of the last days that have these values."""
    sent(page)
    today = datetime.now(ZONE).date()
    canteen = page.locator("#weighing").get_attribute("data-canteen")
    days = {"date_from": str(today - timedelta(days=2)), "date_to": str(today + timedelta(days=2))}
    params = {"canteen_id": canteen, "limit": "500", **days}
    answer = page.request.get("/api/v1/waste/weighings", params=params)
    assert answer.ok, answer.text()
    items = answer.json()["items"]
    return [one for one in items if all(one[name] == value for name, value in wanted.items())]
