"""The worker beside a server does its jobs, is replaced if it dies, and ends with it."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select

from cleanplate_gateway.embedded import Suite, first_administrator, local_administrator
from cleanplate_gateway.installation import OVERSIGHT, HeldError, Installation
from cleanplate_gateway.worker import working
from cleanplate_shared.tables import KnownCanteenRow

WORKER = [sys.executable, "-m", "cleanplate_gateway.worker"]


@pytest.fixture
async def suite(tmp_path: Path):
    async with Installation.at(tmp_path).suite(jobs_on=False).running() as running:
        assert first_administrator(running.services["directory"], OVERSIGHT)
        yield running


async def open_canteen(suite: Suite, name: str) -> None:
    headers = {"Authorization": f"Bearer {local_administrator(suite)}"}
    directory = suite.peers["directory"]
    answer = await directory.get("/api/v1/directory/organizations", headers=headers)
    body = {
        "organization_id": answer.json()["items"][0]["id"],
        "name": name,
        "time_zone": "Asia/Shanghai",
    }
    answer = await directory.post("/api/v1/directory/canteens", json=body, headers=headers)
    assert answer.status_code == 201, answer.text


def known_to_menu(suite: Suite) -> int:
    with suite.services["menu"].state.db.reading() as session:
        return session.execute(select(func.count()).select_from(KnownCanteenRow)).scalar_one()


async def until(condition) -> None:
    async with asyncio.timeout(120):
        while not condition():  # noqa: ASYNC110  # another process does not tell
            await asyncio.sleep(0.05)


def workers() -> list[int]:
    """Return this process's children that are workers."""
    return [child.pid for child in psutil.Process().children() if _is_worker(child)]


def _is_worker(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return "cleanplate_gateway.worker" in process.cmdline()
    return False


async def test_a_server_leaves_events_to_its_worker_which_is_replaced_when_it_dies(
    suite: Suite, tmp_path: Path
):
    await open_canteen(suite, "第一食堂")
    assert known_to_menu(suite) == 0  # nobody tells
    async with working(tmp_path):
        await until(lambda: known_to_menu(suite) == 1)
        (first,) = workers()
        os.kill(first, signal.SIGKILL)
        await open_canteen(suite, "第二食堂")
        await until(lambda: known_to_menu(suite) == 2)
        (second,) = workers()
        assert second != first
    assert workers() == []


async def test_a_worker_ends_with_its_server_and_not_at_ctrl_c(suite: Suite, tmp_path: Path):
    await open_canteen(suite, "第一食堂")
    with subprocess.Popen(  # noqa: ASYNC220, S603
        [*WORKER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as worker:  # fmt: skip
        await until(lambda: known_to_menu(suite) == 1)
        worker.send_signal(signal.SIGINT)  # the terminal sends it to both
        await open_canteen(suite, "第二食堂")
        await until(lambda: known_to_menu(suite) == 2)
        with pytest.raises(HeldError), Installation.at(tmp_path).used(alone=True):
            pass  # nobody replaces its files
        said, _ = await asyncio.to_thread(worker.communicate)  # closes its input, as a death does
    assert (worker.returncode, said) == (0, b"")
