from collections.abc import AsyncIterator

import pytest

from support.gateway import House, Towns


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Towns:
    return Towns(tmp_path_factory.mktemp("towns"))


@pytest.fixture
async def town(towns: Towns) -> AsyncIterator[House]:
    """The whole house on SQLite, with people and menus."""
    async with towns.house() as running:
        yield running
