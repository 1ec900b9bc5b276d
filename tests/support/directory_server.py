"""The directory that only publishes the test key, for servers in other processes."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from support.identities import fake_directory
from support.servers import free_port


@contextmanager
def directory_served() -> Iterator[str]:
    """Serve the fake directory from a thread of this process; yield where it listens."""
    port = free_port()
    config = uvicorn.Config(fake_directory(), port=port, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=20)) as client:
            client.get(f"http://127.0.0.1:{port}/").close()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
