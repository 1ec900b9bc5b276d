"""Real servers in processes of their own, for tests that kill them."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count

import httpx

_READY_SECONDS = 300  # a loaded machine takes its time; a server that ends is seen at once
_ANSWER_SECONDS = 30
# Below the ports that the system itself gives to connections, which could take one in between.
_PORTS = count(20_000 + os.getpid() * 97 % 10_000)


def free_port() -> int:
    """Return a port that nothing listens on, and that no other call returns."""
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError


@cache
def _forker() -> subprocess.Popen[str]:
    """Start the process that all servers are forked from; it ends with the tests."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command, pipe = [sys.executable, "-m", "support.forked"], subprocess.PIPE
    forker = subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, text=True)  # noqa: S603
    atexit.register(forker.communicate)  # tells it that nobody asks any more, and waits
    return forker


@dataclass
class Server:
    """A server that can be killed and started again on the same port.

    Attributes:
        factory: what uvicorn calls for the application, "package.module:function".
        env: its settings, beside the environment of the tests.
        path: answers 200 when the server is ready.
    """

    factory: str
    env: Mapping[str, str]
    path: str = "/readyz"
    port: int = field(default_factory=free_port)
    _process: int | None = None

    @property
    def url(self) -> str:
        """Return where the server listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server and return when it is ready."""
        self.begin()
        self.wait()

    def begin(self) -> None:
        """Start the server."""
        forker, env = _forker(), os.environ | self.env
        asked = {"factory": self.factory, "port": self.port, "env": dict(env)}
        assert forker.stdin
        assert forker.stdout
        forker.stdin.write(json.dumps(asked) + "\n")
        forker.stdin.flush()
        self._process = int(forker.stdout.readline())

    def wait(self) -> None:
        """Return when the server is ready."""
        deadline = time.monotonic() + _READY_SECONDS
        while not _is_ready(f"{self.url}{self.path}"):
            if not self._process or not _is_alive(self._process) or time.monotonic() > deadline:
                raise RuntimeError(f"{self.factory} did not start")
            time.sleep(0.02)

    def kill(self) -> None:
        """Take the server's life as a power cut would (SIGKILL)."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGKILL)
            while _is_alive(self._process):
                time.sleep(0.001)


@contextmanager
def served(factory: str, env: Mapping[str, str], path: str = "/readyz") -> Iterator[Server]:
    """Run a server in a process of its own until the block ends."""
    server = Server(factory, env, path)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@contextmanager
def forked(factory: str, env: Mapping[str, str], processes: int) -> Iterator[list[int]]:
    """Run servers of the same application in processes of their own; yield their ports."""
    servers = [Server(factory, env) for _ in range(processes)]
    with ExitStack() as stack:
        for server in servers:
            server.begin()
            stack.callback(server.kill)
        for server in servers:
            server.wait()
        yield [server.port for server in servers]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=_ANSWER_SECONDS).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
