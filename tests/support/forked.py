"""Servers that share one start: `python -m support.forked`.

What takes long, importing, is done once. Each line that comes in asks for a server, as JSON: its
`factory` ("module:function"), `port` and whole `env`; the id of its process goes out. The servers
are processes of their own, to be killed by whoever asked for them.
"""

import json
import os
import signal
import sys
from importlib import import_module
from typing import Any

import uvicorn

_PATIENCE_SECONDS = 600  # a client on a loaded machine may leave its connection idle for long


def main() -> None:
    """Fork servers until nobody asks any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who was killed is gone at once
    for line in sys.stdin:
        asked = json.loads(line)
        module, _, function = asked["factory"].partition(":")
        factory = getattr(import_module(module), function)
        child = os.fork()
        if child == 0:
            _serve(factory, asked)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _serve(factory: Any, asked: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, sys.stdin.fileno())
    os.dup2(nothing, sys.stdout.fileno())
    os.environ.clear()
    os.environ.update(asked["env"])
    try:
        uvicorn.run(
            factory(), port=asked["port"], access_log=False, log_level="error",
            timeout_keep_alive=_PATIENCE_SECONDS,
        )  # fmt: skip
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
