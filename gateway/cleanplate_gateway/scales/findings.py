"""What is told of a scale: weights to take, and why there are none."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What happened at a scale."""

    WEIGHED = "weighed"
    OVERLOAD = "overload"
    NEGATIVE = "negative"
    UNREADABLE = "unreadable"  # it sends, but not in this protocol
    SILENT = "silent"
    CONNECTED = "connected"
    ABSENT = "absent"  # the port is not there, or no longer
    IN_USE = "in_use"  # another program has the port


@dataclass(frozen=True)
class Finding:
    """One thing to tell; `grams` is there if it is a weight."""

    outcome: Outcome
    grams: int | None = None
