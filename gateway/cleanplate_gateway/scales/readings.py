"""From bytes to readings: lines are cut, doubled and damaged, and a weight is exact or none."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from enum import StrEnum

from cleanplate_gateway.scales.protocols import Protocol, State, Unit

_LONGEST_FRAME = 128  # bytes; no scale's line is half as long
_GRAMS: dict[str, Decimal] = {
    Unit.GRAM: Decimal(1),
    Unit.KILOGRAM: Decimal(1000),
    Unit.POUND: Decimal("453.59237"),
    Unit.JIN: Decimal(500),
}
_STATUS_ORDER = (State.OVERLOAD, State.UNSTABLE, State.NEGATIVE)


class Told(StrEnum):
    """What one line of a scale says."""

    STABLE = "stable"
    UNSTABLE = "unstable"
    WEIGHT_ONLY = "weight_only"  # whether it is stable is not said
    OVERLOAD = "overload"
    NEGATIVE = "negative"  # below zero by an amount that is not said
    NOTHING = "nothing"  # not a line of this protocol


@dataclass(frozen=True)
class Reading:
    """One line, understood; `grams` is there if the line has a weight."""

    told: Told
    grams: int | None = None


UNREADABLE = Reading(Told.NOTHING)


class Frames:
    """Bytes as they come, cut into lines."""

    def __init__(self, separator: str) -> None:
        self._separator = separator.encode("ascii")
        self._rest = b""

    def add(self, data: bytes) -> list[bytes]:
        """Return the lines that `data` completes, without their ends; empty ones are left out."""
        *whole, rest = (self._rest + data).split(self._separator)
        self._rest = rest[-_LONGEST_FRAME - 1 :]
        return [frame for frame in whole if frame]

    def forget(self) -> None:
        """Drop a line that has begun: its end will not come."""
        self._rest = b""


def read(protocol: Protocol, frame: bytes) -> Reading:
    """Return what a line says; weights are exact, rounded once to whole grams (half to even)."""
    if len(frame) > _LONGEST_FRAME:
        return UNREADABLE
    if protocol.bits.startswith("7"):
        frame = bytes(byte & 0x7F for byte in frame)  # the eighth bit is parity
    text = frame.decode("ascii", errors="replace")
    for pattern in protocol.patterns:
        if found := pattern.fullmatch(text):
            return _reading(protocol, found.groupdict(default=""))
    return UNREADABLE


def _reading(protocol: Protocol, parts: dict[str, str]) -> Reading:
    state = _state(protocol, parts)
    is_negative = parts.get("sign") == "-"
    if state is State.OVERLOAD:
        return Reading(Told.NEGATIVE if is_negative else Told.OVERLOAD)
    if state is State.NEGATIVE:
        return Reading(Told.NEGATIVE)
    if "weight" not in parts:
        return Reading(Told.UNSTABLE) if state is State.UNSTABLE else UNREADABLE
    unit = parts.get("unit", "").strip().lower() or protocol.unit or ""
    try:
        grams = Decimal(parts["weight"].strip()) * _GRAMS[unit]
    except (InvalidOperation, KeyError):
        return UNREADABLE
    whole = int(grams.quantize(Decimal(1), ROUND_HALF_EVEN))
    told = Told.WEIGHT_ONLY if state is None else Told(state)
    return Reading(told, -whole if is_negative else whole)


def _state(protocol: Protocol, parts: dict[str, str]) -> State | None:
    if "status" in parts:
        byte = ord(parts["status"])
        said = {state for bit, state in protocol.status_bits.items() if byte >> bit & 1}
        return next((state for state in _STATUS_ORDER if state in said), None)
    if "state" in parts:
        return protocol.states.get(parts["state"])
    return protocol.without_state
