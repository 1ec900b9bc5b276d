"""A real Mosquitto on a free port, that can be killed and started again."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager, suppress

import pytest

from support.servers import free_port

PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def needs_mosquitto():
    """Skip on a machine without Mosquitto; in CI that is a failure."""
    if PROGRAM is None and "CI" not in os.environ:
        pytest.skip("mosquitto is not installed")


class Mosquitto:
    """A broker that keeps sessions on disk."""

    def __init__(self, folder):
        self.port = free_port()
        self._file = folder / "mosquitto.conf"
        self._file.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            f"persistence true\npersistence_location {folder}/\n"
            "autosave_interval 50\nautosave_on_changes true\nmax_queued_messages 0\n"
        )

    def start(self):
        self._process = subprocess.Popen(  # noqa: S603
            [PROGRAM, "-c", self._file], stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self._process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def kill(self):
        """Take its life as a power cut would; what it saved is there at the next start."""
        self._process.kill()
        self._process.wait()


@contextmanager
def mosquitto(folder):
    broker = Mosquitto(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
