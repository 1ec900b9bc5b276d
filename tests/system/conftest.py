from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest
import structlog
from typer.testing import CliRunner

from cleanplate_gateway.app import create_app
from cleanplate_gateway.cli import app
from cleanplate_gateway.embedded import Suite, first_administrator
from cleanplate_gateway.installation import Installation
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


@pytest.fixture
def run():
    """Run a verb; return exit code, stdout and stderr."""
    runner = CliRunner()
    yield lambda *words: runner.invoke(app, [str(word) for word in words])
    structlog.reset_defaults()  # a verb decides where its process logs to


@pytest.fixture
async def data(tmp_path):
    """An installation with an administrator and one canteen, not running."""
    folder = tmp_path / "data"
    async with Installation(folder).opened() as opened:
        organizations = (await opened.get("/api/v1/directory/organizations")).json()["items"]
        canteen = {"name": "机关第一食堂", "organization_id": organizations[0]["id"]}
        answer = await opened.post("/api/v1/directory/canteens", canteen)
        assert answer.status_code == 201
        await opened.suite.settle()
    return folder
