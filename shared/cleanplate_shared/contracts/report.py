"""Contract of the report service."""

from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.waste import Stream
from cleanplate_shared.contracts.waste_tiers import Tier, TierReason


class StreamRate(BaseModel):
    """Grams per diner-meal of one stream over the complete days of a month."""

    stream: Stream
    net_grams: int
    grams_per_diner_meal: float | None


class MonthTrust(BaseModel):
    """How far a month's kilograms can be trusted; mark its rates unless the tier is A."""

    tier: Tier
    reason: TierReason


class MonthFigures(BaseModel):
    """One month of one canteen or organisation.

    Rates are sums divided by sums, over complete days only.

    Attributes:
        trust: of an organisation, that of its least trusted canteen; None without an open day.
    """

    month: str
    net_grams: int = Field(description="food streams, complete days")
    diner_meals: int = Field(description="served on complete days")
    grams_per_diner_meal: float | None
    streams: list[StreamRate]
    days_open: int
    days_complete: int
    completeness: float | None = Field(description="days complete / days open")
    registered: int
    served: int
    no_shows: int
    walk_ins: int
    no_show_rate: float | None = Field(description="no-shows / registered")
    walk_in_rate: float | None = Field(description="walk-ins / served, where people register")
    trust: MonthTrust | None


class MonthlyReport(BaseModel):
    """A month beside the month before and the same month a year before."""

    canteen_id: UUID | None
    organization_id: UUID | None
    name: str
    figures: MonthFigures
    last_month: MonthFigures
    same_month_last_year: MonthFigures
    change_from_last_month: float | None = Field(description="-0.15 = 15 % less per diner-meal")
    change_from_last_year: float | None
    canteens: list["CanteenMonth"]


class CanteenMonth(BaseModel):
    """One canteen's line in an organisation's report."""

    canteen_id: UUID
    name: str
    grams_per_diner_meal: float | None
    diner_meals: int
    days_open: int
    days_complete: int
    trust: MonthTrust | None
