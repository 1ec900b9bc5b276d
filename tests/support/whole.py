"""The whole house as a server of its own, to be killed; see `servers.Server`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp

from cleanplate_gateway.app import create_app
from cleanplate_gateway.embedded import Suite, files_in

FACTORY = "support.whole:house"
FOLDER = "CLEANPLATE_TEST_FOLDER"


def house() -> ASGIApp:
    """Build the gateway and all services on the databases of a folder, by the true clock."""
    suite = Suite(files_in(Path(os.environ[FOLDER])), jobs_on=False)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        async with suite.running():
            yield

    return create_app(suite.peers, suite.services, running)
