"""Starting the servers of the rush, and asking them for everything at once."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench.rush.load import Load, Outcome

_ROOT = Path(__file__).parents[2]
_READY_SECONDS = 120
_GET = b"GET /healthz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Servers:
    """Processes that serve the same thing, each on its own port, as behind a balancer."""

    pids: list[int]
    ports: list[int]

    def answer(self, load: Load) -> Outcome:
        """Send a load to all of them.

        Raises:
            RuntimeError: an answer was not as expected.
        """
        wanted = replace(load, ports=self.ports, app=self.pids)
        done = subprocess.run(
            [sys.executable, "-m", "bench.rush.load"],
            input=json.dumps(asdict(wanted)).encode(),
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            check=True,
        )
        outcome = Outcome(**json.loads(done.stdout))
        if outcome.wrong:
            raise RuntimeError(f"{outcome.statuses}: {outcome.wrong}")
        return outcome


@contextmanager
def served(kind: str, processes: int, environment: Mapping[str, str]) -> Iterator[Servers]:
    """Run server processes until the block ends; jobs run in the first of them only."""
    with ExitStack() as stack:
        running = [
            stack.enter_context(_one(kind, environment, ["jobs"] if number == 0 else []))
            for number in range(processes)
        ]
        yield Servers([pid for pid, _ in running], [port for _, port in running])


@contextmanager
def _one(
    kind: str, environment: Mapping[str, str], options: Sequence[str]
) -> Iterator[tuple[int, int]]:
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:
        port, fileno = listening.getsockname()[1], listening.fileno()
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "bench.rush.serve", kind, str(fileno), *options],
            env=os.environ | environment,
            cwd=_ROOT,
            pass_fds=[fileno],
        )
    try:
        _wait_for(process, port)
        yield process.pid, port
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Return when anything answers; the socket listens before the server does."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as probe:
            probe.settimeout(_READY_SECONDS)
            probe.sendall(_GET)
            if probe.recv(1):
                return
    raise RuntimeError("the server did not start")
