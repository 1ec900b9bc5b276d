"""One server process of the rush: `python -m bench.rush.serve KIND FILENO [jobs]`.

Its settings come from the environment, as those of `cleanplate up` do. With BENCH_PROFILE it
writes where its time went to that file when it ends.
"""

import cProfile
import os
import pstats
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from bench import textbook, textbook_weighing
from bench.rush import hello
from bench.rush.forgetful import ForgetfulMenus
from cleanplate_gateway import app as gateway
from cleanplate_gateway.cli import logs
from cleanplate_gateway.cli.serving import collect_less_often
from cleanplate_gateway.installation import Installation
from cleanplate_gateway.worker import working


def ours(*, jobs_on: bool, forgets: bool = False) -> ASGIApp:
    """Return everything that `cleanplate up` runs; `forgets`: its menus are read each time."""
    installation = Installation.at(None)
    suite = installation.suite(jobs_on=False)
    if forgets:
        menu = suite.services["menu"].state
        menu.menus = ForgetfulMenus(menu.db, menu.clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with suite.running(), working(installation.data) if jobs_on else nullcontext():
            yield

    return gateway.create_app(suite.peers, suite.services, lifespan)


def _textbook() -> ASGIApp:
    return textbook.create_app(os.environ["TEXTBOOK_URL"], os.environ["TEXTBOOK_KEY"])


def _textbook_weighing() -> ASGIApp:
    return textbook_weighing.create_app(os.environ["TEXTBOOK_URL"], os.environ["TEXTBOOK_KEY"])


OTHERS: dict[str, Callable[[], ASGIApp]] = {
    "textbook": _textbook,
    "textbook_weighing": _textbook_weighing,
    "hello": hello.create_app,
    "raw": lambda: hello.raw,
    "forgetful": lambda: ours(jobs_on=False, forgets=True),
}


def main(kind: str, fileno: str, *options: str) -> None:
    """Serve until interrupted, as `cleanplate up` does."""
    logs.quiet()
    app = OTHERS[kind]() if kind in OTHERS else ours(jobs_on="jobs" in options)
    config = uvicorn.Config(
        app,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="off" if kind == "raw" else "auto",
    )
    collect_less_often()
    with _profiled(os.environ.get("BENCH_PROFILE")), suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(fileno))])


@contextmanager
def _profiled(path: str | None) -> Iterator[None]:
    """Profile this thread, and apart from it all that begin meanwhile, into `path` and `path.*`."""
    if path is None:
        yield
        return
    profiles = [cProfile.Profile()]

    def in_thread(*_: object) -> None:
        profiles.append(cProfile.Profile())
        profiles[-1].enable()

    threading.setprofile(in_thread)
    profiles[0].enable()
    yield
    profiles[0].disable()
    profiles[0].dump_stats(path)
    if threads := profiles[1:]:
        pstats.Stats(*threads).dump_stats(f"{path}.threads")


if __name__ == "__main__":
    main(*sys.argv[1:])
