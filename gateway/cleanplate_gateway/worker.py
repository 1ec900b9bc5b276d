"""What runs by the clock and what services tell each other, in a process beside the server.

In the server's own process each of it would take the interpreter from who is being answered.
"""

import asyncio
import contextlib
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Thread

import structlog

from cleanplate_gateway.installation import Installation

log = structlog.get_logger(__name__)

_FIRST_REST, _LONGEST_REST = 1.0, 60.0  # seconds before one that ended is replaced
_LONGEST_END = 10.0  # seconds for what is under way


@contextlib.asynccontextmanager
async def working(data: Path) -> AsyncIterator[None]:
    """Keep a worker running on the installation in `data` until the block ends.

    One that ends by itself is replaced. If this process dies, so does the worker.
    """
    keeper = asyncio.create_task(_keep(data))
    try:
        yield
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper


async def _keep(data: Path) -> None:
    rest = _FIRST_REST
    while True:
        begun = time.monotonic()
        async with _started(data) as process:
            code = await process.wait()
        log.error("worker_ended", code=code, again_in_seconds=rest)
        await asyncio.sleep(rest)
        lasted = time.monotonic() - begun > _LONGEST_REST
        rest = _FIRST_REST if lasted else min(rest * 2, _LONGEST_REST)


@contextlib.asynccontextmanager
async def _started(data: Path) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cleanplate_gateway.worker", str(data), stdin=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            await _end(process)


async def _end(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), _LONGEST_END)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _work(data: Path) -> None:
    """Work until the server that began this closes the standard input, or is gone."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def listen() -> None:
        sys.stdin.buffer.read()
        with contextlib.suppress(RuntimeError):  # told to stop otherwise, and has
            loop.call_soon_threadsafe(over.set)

    loop.add_signal_handler(signal.SIGTERM, over.set)
    Thread(target=listen, daemon=True).start()
    installation = Installation.at(data)
    with installation.used():  # by itself: it may outlive a server that died, for a moment
        async with installation.suite(jobs_on=True).running():
            await over.wait()


if __name__ == "__main__":
    from cleanplate_gateway.cli import logs

    logs.quiet()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the server's, and this its child
    asyncio.run(_work(Path(sys.argv[1])))
