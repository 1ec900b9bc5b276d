"""Whether a device's records follow one another.

docs/decisions/0022-numbered-and-chained.md
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

START = "0" * 64


@dataclass(frozen=True)
class Link:
    """What ties one record to the one before it.

    Attributes:
        received_at: when the server got it.
    """

    sequence: int
    previous_hash: str
    hash: str
    received_at: datetime


@dataclass(frozen=True)
class Gap:
    """Numbers that are missing, known since the record after them was received."""

    first: int
    last: int
    known_since: datetime


@dataclass
class Chain:
    """Where a device's records do not follow one another.

    Attributes:
        gaps: what is missing between two records, and before the first.
        breaks: numbers of records that follow another record than the one there is, or whose
            number two records bear.
        last: hashes of the records with the highest number.
    """

    gaps: list[Gap] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    last_sequence: int = 0
    last: set[str] = field(default_factory=lambda: {START})


def follow(links: Iterable[Link]) -> Chain:
    """Return where the records of one device do not follow one another.

    Args:
        links: all chained records of the device, in order of their numbers.
    """
    chain, is_first = Chain(), True
    for sequence, same in _by_number(links):
        starts_here = is_first and any(link.previous_hash == START for link in same)
        if sequence > chain.last_sequence + 1 and not starts_here:
            since = min(link.received_at for link in same)
            chain.gaps.append(Gap(chain.last_sequence + 1, sequence - 1, since))
        elif len(same) > 1 or not (starts_here or same[0].previous_hash in chain.last):
            chain.breaks.append(sequence)
        chain.last_sequence, chain.last = sequence, {link.hash for link in same}
        is_first = False
    return chain


def _by_number(links: Iterable[Link]) -> Iterator[tuple[int, list[Link]]]:
    for sequence, same in groupby(links, key=lambda link: link.sequence):
        yield sequence, list(same)
