"""A serial port that may be pulled out and come back."""

import errno
import sys
import time
from collections.abc import Iterator

import serial

from cleanplate_gateway.scales.findings import Finding, Outcome
from cleanplate_gateway.scales.protocols import Protocol
from cleanplate_gateway.scales.watching import Taker, Watch

if sys.platform == "win32":
    _BROKEN: tuple[type[Exception], ...] = (OSError,)
else:
    import termios

    _BROKEN = (OSError, termios.error)  # pyserial lets the latter through

_READ_SECONDS = 0.1
_READ_BYTES = 64
_RETRY_SECONDS = 1.0
_NOT_ALLOWED = {errno.EACCES, errno.EPERM}
_NO_PORT = {errno.ENOTTY, errno.EISDIR, errno.EINVAL}
_TAKEN = {errno.EAGAIN, errno.EBUSY}


class NotAllowed(Exception):  # noqa: N818
    """The port may not be opened by this user."""


class NoSuchLine(Exception):  # noqa: N818
    """It is no serial port, or one that cannot be set to this speed and these bits."""


def listen(path: str, protocol: Protocol, taker: Taker | None = None) -> Iterator[Finding]:
    """Tell what happens at the scale at `path`, for ever; a port that is away is waited for.

    Args:
        path: of the port.
        protocol: how the scale speaks.
        taker: what decides which weights are taken; else each settled one, once.

    Raises:
        NotAllowed: waiting would not help.
        NoSuchLine: waiting would not help.
    """
    watch = Watch(protocol, time.monotonic(), taker)
    why: Outcome | None = None
    while True:
        try:
            with _opened(path, protocol) as line:
                watch.interrupt(time.monotonic())
                why = None
                yield Finding(Outcome.CONNECTED)
                yield from _heard(line, protocol, watch)
        except _BROKEN as error:
            known, why = why, _why(error)
            if why is not known:
                yield Finding(why)
            time.sleep(_RETRY_SECONDS)


def _opened(path: str, protocol: Protocol) -> serial.Serial:
    data_bits, parity, stop_bits = protocol.bits
    return serial.Serial(
        path,
        protocol.baud,
        int(data_bits),
        parity,
        int(stop_bits),
        timeout=_READ_SECONDS,
        write_timeout=1,
        exclusive=None if sys.platform == "win32" else True,
    )


def _heard(line: serial.Serial, protocol: Protocol, watch: Watch) -> Iterator[Finding]:
    asked = float("-inf")
    while True:
        now = time.monotonic()
        if protocol.request and now - asked >= protocol.request_seconds:
            line.write(protocol.request.encode("ascii"))
            asked = now
        yield from watch.feed(line.read(_READ_BYTES), time.monotonic())


def _why(error: Exception) -> Outcome:
    """Return why a port does not open, or broke.

    pyserial gives the system's number directly, in the error it wraps, or not at all.
    """
    numbers = {getattr(error, "errno", None), *error.args[:1]}
    if wrapped := error.__context__:
        numbers |= {getattr(wrapped, "errno", None), *wrapped.args[:1]}
    if numbers & _NOT_ALLOWED:
        raise NotAllowed from error
    if numbers & _NO_PORT:
        raise NoSuchLine from error
    return Outcome.IN_USE if numbers & _TAKEN else Outcome.ABSENT
