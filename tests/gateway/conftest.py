from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from support.browser import chromium, needs_browser
from support.gateway import Bare, House, Towns, bare_house


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Towns:
    return Towns(tmp_path_factory.mktemp("towns"))


@pytest.fixture
async def town(towns: Towns) -> AsyncIterator[House]:
    """The whole house on SQLite, with people and menus."""
    async with towns.house() as running:
        yield running


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[Bare]:
    """The whole house as a new installation has it."""
    async with bare_house(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    needs_browser()
    with chromium() as started:
        yield started
