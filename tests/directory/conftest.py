from collections.abc import AsyncIterator

import pytest

from support.databases import Databases
from support.homes import Home, furnished


@pytest.fixture
async def home(databases: Databases) -> AsyncIterator[Home]:
    """A directory that verifies its own tokens, with two organisations in it."""
    async with furnished(databases.url("directory")) as made:
        yield made
