"""The directory that only publishes the test key, for servers in other processes."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from support.identities import fake_directory


@contextmanager
def directory_served() -> Iterator[str]:
    """Serve the fake directory from a thread of this process; yield where it listens."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(fake_directory(), log_level="error", lifespan="off"))
    serving = server.serve(sockets=[listening])
    thread = threading.Thread(target=asyncio.run, args=(serving,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
