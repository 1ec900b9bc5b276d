"""Contract of the waste service: the rest on each returned tray, without anybody's name.

Source: docs/decisions/0027-trays-and-scale-checks.md.
"""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Code, Instant

MOST_TRAY_GRAMS = 5_000


class TrayItem(BaseModel):
    """One tray at the return: what was left on it, to the second.

    Attributes:
        grams: without the tray's own weight.
    """

    id: UUID
    canteen_id: UUID
    meal_session_id: UUID | None = None
    device_id: Code
    sequence: Annotated[int, Field(ge=0, le=2**53, strict=True)]
    grams: Annotated[int, Field(ge=0, le=MOST_TRAY_GRAMS, strict=True)]
    at: Instant


class CleanPlates(BaseModel):
    """How many of the weighed trays came back clean (光盘率), with its 95 % interval (Wilson).

    Attributes:
        clean_grams: a tray counts as clean if no more than this was left.
        share, low, high: None where no tray was weighed.
    """

    trays: int
    clean: int
    clean_grams: int
    mean_grams: float | None
    share: float | None
    low: float | None
    high: float | None
