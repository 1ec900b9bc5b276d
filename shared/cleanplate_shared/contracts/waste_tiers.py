"""Contract of the waste service: how far a canteen's kilograms can be trusted (data tiers)."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Month
from cleanplate_shared.events import Event


class Tier(StrEnum):
    """A: weighed and collected agree, and days are complete; B: nearly; C: not shown to agree."""

    A = "A"
    B = "B"
    C = "C"


class TierReason(StrEnum):
    """Why a period has its tier."""

    AGREES = "agrees"
    INCOMPLETE = "incomplete"
    DIFFERS = "differs"
    FAR_OFF = "far_off"
    NOT_COMPARED = "not_compared"


class DataTier(BaseModel):
    """The data tier of a canteen's period.

    Attributes:
        rho: collected divided by weighed, over the weeks that were compared.
        completeness: complete days divided by open days.
        weeks: with waste, whose Thursday lies in the period, or the last four up to its end.
        compared_weeks: of these, with a collected weight and without a gap.
    """

    tier: Tier
    reason: TierReason
    rho: float | None
    completeness: float | None
    weeks: int
    compared_weeks: int


class MonthTier(BaseModel):
    """The data tier of a canteen's month, as last judged."""

    canteen_id: UUID
    month: Month
    tier: Tier
    reason: TierReason
    version: int


class TiersJudged(Event):
    """Months have another data tier; at most 500."""

    name: ClassVar[str] = "waste.tiers.v1"
    tiers: Annotated[list[MonthTier], Field(max_length=500)]
