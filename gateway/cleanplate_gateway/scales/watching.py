"""Bytes of one scale in, findings out; told when nothing comes, and when nothing can be read."""

import typing
from collections.abc import Iterator

from cleanplate_gateway.scales.findings import Finding, Outcome
from cleanplate_gateway.scales.protocols import Protocol
from cleanplate_gateway.scales.readings import UNREADABLE, Frames, Reading, read
from cleanplate_gateway.scales.settling import Settling

PATIENCE_SECONDS = 3.0


class Taker(typing.Protocol):
    """Decides which of a scale's readings are weights to take."""

    def take(self, reading: Reading, at: float, /) -> Finding | None:
        """Return what a reading adds to the ones before it, if anything."""

    def interrupt(self) -> None:
        """Begin anew after a gap."""


class Watch:
    """One scale from the moment it is connected."""

    def __init__(self, protocol: Protocol, at: float, taker: Taker | None = None) -> None:
        """Begin to watch.

        Args:
            protocol: how the scale speaks.
            at: now, in seconds.
            taker: what decides which weights are taken; else `Settling`.
        """
        self._protocol = protocol
        self._frames = Frames(protocol.separator)
        self._taker: Taker = taker or Settling(protocol)
        self._heard = self._understood = at
        self._trouble: Outcome | None = None

    def feed(self, data: bytes, at: float) -> Iterator[Finding]:
        """Tell what `data`, read at `at` seconds, adds; call it too when nothing came (b"")."""
        if data:
            self._heard = at
        for frame in self._frames.add(data):
            reading = read(self._protocol, frame)
            if reading == UNREADABLE:
                continue
            self._understood = at
            if finding := self._taker.take(reading, at):
                yield finding
        if finding := self._told(self._state(at)):
            yield finding

    def interrupt(self, at: float) -> None:
        """Begin anew: the line was away until `at`."""
        self._frames.forget()
        self._taker.interrupt()
        self._heard = self._understood = at
        self._trouble = None

    def _state(self, at: float) -> Outcome | None:
        if at - self._heard > PATIENCE_SECONDS:
            return Outcome.SILENT
        return Outcome.UNREADABLE if at - self._understood > PATIENCE_SECONDS else None

    def _told(self, state: Outcome | None) -> Finding | None:
        known, self._trouble = self._trouble, state
        return Finding(state) if state and state is not known else None
