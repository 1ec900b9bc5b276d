from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest

from cleanplate_gateway.app import create_app
from cleanplate_gateway.embedded import Suite, first_administrator
from support.house import House
from support.services import SettableClock


@pytest.fixture
async def house(databases) -> AsyncIterator[House]:
    """All services and the gateway in this process, fresh, with their administrator."""
    clock = SettableClock(datetime.fromisoformat("2026-06-01T09:00:00+08:00"))
    suite = Suite(databases.url, clock, jobs_on=False)
    front = create_app(suite.peers, suite.services, clock=clock)
    transport = httpx.ASGITransport(app=front)
    async with (
        suite.running(),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        house = House(suite, client, clock)
        first = first_administrator(suite.services["directory"], "主管部门")
        await house.sign_in("admin", first.password)
        yield house
