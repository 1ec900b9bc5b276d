"""Tables of the waste service."""

from cleanplate_waste.models.base import Table
from cleanplate_waste.models.weighings import (
    CanteenDayRow,
    CanteenStreamRow,
    KnownSessionRow,
    WeighingRow,
)

# The tables themselves, for statements about many rows.
WEIGHINGS = Table.metadata.tables["weighing"]
KNOWN_SESSIONS = Table.metadata.tables["known_session"]
CANTEEN_DAYS = Table.metadata.tables["canteen_day"]

__all__ = [
    "CANTEEN_DAYS",
    "KNOWN_SESSIONS",
    "WEIGHINGS",
    "CanteenDayRow",
    "CanteenStreamRow",
    "KnownSessionRow",
    "Table",
    "WeighingRow",
]
