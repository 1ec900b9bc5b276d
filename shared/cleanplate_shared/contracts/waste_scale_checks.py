"""Contract of the waste service: checks of a scale with a test weight.

Source: docs/decisions/0027-trays-and-scale-checks.md.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Body, Code, Instant

TestGrams = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
ShownGrams = Annotated[int, Field(ge=-1_000_000, le=2_000_000, strict=True)]


class Verdict(StrEnum):
    """What a check says of a scale."""

    GOOD = "good"
    OFF = "off"  # more than a division and a thousandth: have it adjusted
    FAILED = "failed"  # more than five thousandths: what it weighs is marked


class ScaleCheckCreate(Body):
    """A test weight was put on a scale.

    Attributes:
        id: made by whoever sends; sent again, it counts once.
        device_id: the scale's name, as in its weighings.
        division_grams: the smallest step that the scale shows.
    """

    id: UUID
    canteen_id: UUID
    device_id: Code
    test_grams: TestGrams
    shown_grams: ShownGrams
    division_grams: Annotated[int, Field(ge=1, le=1_000, strict=True)] = 5
    at: Instant


class ScaleCheck(BaseModel):
    """One check; the error is what was shown minus the test weight."""

    id: UUID
    at: datetime
    test_grams: int
    shown_grams: int
    error_grams: int
    verdict: Verdict


class CheckedScale(BaseModel):
    """A scale, its latest checks from old to new, and where it is going.

    Attributes:
        is_due: the last check is more than seven days old.
        drift_per_mille_a_month: change of the relative error in 30 days, by least squares; None
            with fewer than three checks, or all on one day.
    """

    device_id: str
    verdict: Verdict
    is_due: bool
    drift_per_mille_a_month: float | None
    checks: list[ScaleCheck]
