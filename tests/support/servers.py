"""Real servers in processes of their own, for tests that kill them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
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
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return where the server listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server and return when it is ready."""
        command = [
            sys.executable, "-m", "uvicorn", "--factory", self.factory, "--port", str(self.port),
            "--no-access-log", "--log-level", "error",
        ]  # fmt: skip
        env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | self.env
        self._process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)  # noqa: S603
        deadline = time.monotonic() + _READY_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.factory} did not start")
            time.sleep(0.02)

    def kill(self) -> None:
        """Take the server's life as a power cut would (SIGKILL)."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def _is_ready(self) -> bool:
        return _is_ready(f"{self.url}{self.path}")


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
def forked(factory: str, env: Mapping[str, str], count: int) -> Iterator[list[int]]:
    """Run servers of the same application in processes of their own; yield their ports."""
    ports = [free_port() for _ in range(count)]
    command = [sys.executable, "-m", "support.forked", factory, *map(str, ports)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | env
    quiet = subprocess.DEVNULL
    first = subprocess.Popen(command, env=env, stdout=quiet, start_new_session=True)  # noqa: S603
    try:
        deadline = time.monotonic() + _READY_SECONDS
        while not all(_is_ready(f"http://127.0.0.1:{port}/readyz") for port in ports):
            if first.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{factory} did not start")
            time.sleep(0.05)
        yield ports
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=_ANSWER_SECONDS).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
