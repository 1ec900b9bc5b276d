"""Ids for many rows at once."""

import os
from uuid import UUID

_BYTES = 16


def new_ids(count: int) -> list[UUID]:
    """Return that many random ids (version 4), drawn together.

    Each draw hands the processor to another thread; a hundred draws under a rush wait a hundred
    times for its return.
    """
    drawn = os.urandom(_BYTES * count)
    return [
        UUID(bytes=drawn[start : start + _BYTES], version=4)
        for start in range(0, len(drawn), _BYTES)
    ]
