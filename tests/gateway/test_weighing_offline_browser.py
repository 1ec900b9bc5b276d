"""Fifty weighings through everything that can go wrong: each once, in order, its chain whole."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Route, expect, sync_playwright

from cleanplate_shared.chain import START
from support.browser import PATIENCE_MS, needs_browser, sign_in
from support.gateway import Towns
from support.servers import Server
from support.tablets import (
    BATCH,
    at_the_scale,
    kept_here,
    kill_browser,
    opens_offline,
    tablet,
    waiting,
    weigh,
)
from support.whole import FACTORY, FOLDER

_GRAMS = list(range(1001, 1051))
_ROWS = "SELECT sequence, previous_hash, hash, net_grams, device_id FROM weighing ORDER BY sequence"


@dataclass
class Kitchen:
    """A server that can be killed, and the folder of its databases."""

    server: Server
    folder: Path

    def weighings(self) -> list[tuple]:
        """Return what the server has, by number."""
        with closing(sqlite3.connect(self.folder / "waste.sqlite3")) as database:
            return database.execute(_ROWS).fetchall()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    needs_browser()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as started:
        yield started


@pytest.fixture
def kitchen(towns: Towns) -> Iterator[Kitchen]:
    with ThreadPoolExecutor(1) as aside:  # playwright has a loop in this thread
        folder, _ = aside.submit(asyncio.run, towns.copy()).result()
    server = Server(FACTORY, {FOLDER: str(folder)})
    server.start()
    yield Kitchen(server, folder)
    server.kill()


def holds(rows: list[tuple]) -> bool:
    """Say whether rows are the numbers from 1 on, each linked to the one before."""
    links = [START, *(row[2] for row in rows[:-1])]
    return [row[0] for row in rows] == list(range(1, len(rows) + 1)) and links == [
        row[1] for row in rows
    ]


def installed(window: BrowserContext) -> Page:
    """Sign in, and open the screen until it opens without a network."""
    page = window.pages[0]
    sign_in(page, "cook")
    at_the_scale(page)
    opens_offline(page)
    return page


def test_fifty_weighings_outlive_reload_battery_power_cut_and_flapping(
    playwright: Playwright, kitchen: Kitchen, tmp_path: Path
):
    profile = tmp_path / "profile"
    with tablet(playwright, profile, kitchen.server.url) as window:
        page = installed(window)
        kitchen.server.kill()
        weigh_all(page, _GRAMS[:20])
        at_the_scale(page)  # from what the tablet has
        waiting(page, 20)
        weigh_all(page, _GRAMS[20:35])
        kill_browser(profile)
    with tablet(playwright, profile, kitchen.server.url) as window:
        page = window.pages[0]
        at_the_scale(page)
        waiting(page, 35)
        weigh_all(page, _GRAMS[35:])
        waiting(page, 50)
        assert kitchen.weighings() == []
        upload_badly(page, kitchen)
        mine = [(entry["item"]["sequence"], entry["item"]["hash"]) for entry in kept_here(page)]
    rows = kitchen.weighings()
    assert [row[3] for row in rows] == _GRAMS
    assert len({row[4] for row in rows}) == 1
    assert holds(rows)
    assert [(row[0], row[2]) for row in rows] == mine


def weigh_all(page: Page, all_grams: list[int]) -> None:
    for grams in all_grams:
        weigh(page, grams)


def upload_badly(page: Page, kitchen: Kitchen) -> None:
    """Let the upload be killed, its answer lost, and the line cut, before it may pass."""

    def killed(route: Route) -> None:
        threading.Timer(0.01, kitchen.server.kill).start()
        route.continue_()

    def lost(route: Route) -> None:
        kitchen.server.start()
        route.fetch()
        route.abort()

    faults = Faults([killed, lost, Route.abort])
    page.route(BATCH, faults)
    kitchen.server.start()
    page.goto("/k/weigh")
    if not page.url.endswith("/k/weigh"):  # the battery took the cookies
        sign_in(page, "cook")
        at_the_scale(page)
    waiting(page, 0)
    assert not faults.left


@dataclass
class Faults:
    """What becomes of one upload after the other; the rest passes."""

    left: list[Callable[[Route], None]]

    def __call__(self, route: Route) -> None:
        fault = self.left.pop(0) if self.left else Route.continue_
        fault(route)


def test_the_negative_control_a_row_that_is_missing_or_changed_is_seen():
    whole = [(1, START, "a", 1), (2, "a", "b", 1), (3, "b", "c", 1)]
    assert holds(whole)
    assert not holds(whole[1:])
    assert not holds([whole[0], whole[2]])
    assert not holds([whole[0], (2, "a", "x", 1), whole[2]])
