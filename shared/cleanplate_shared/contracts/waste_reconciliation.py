"""Contract of the waste service: what was weighed beside what was collected."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Body, Day, Meal, Month, Name
from cleanplate_shared.contracts.waste_tiers import DataTier

CollectedGrams = Annotated[
    int, Field(ge=1, le=100_000_000, strict=True, description="net mass in grams")
]


class CollectionCreate(Body):
    """Kitchen waste of a canteen that a hauler weighed, as its statement says."""

    canteen_id: UUID
    date: Day
    net_grams: CollectedGrams
    hauler: Name


class Collection(BaseModel):
    """A line of a hauler's statement.

    Attributes:
        counts: False where a manifest of the same day says what was collected.
    """

    id: UUID
    canteen_id: UUID
    date: Day
    net_grams: int
    hauler: str
    recorded_at: datetime
    counts: bool


class Collections(BaseModel):
    """A canteen's statements over some days, newest first."""

    items: list[Collection]


class CollectionSheetRow(BaseModel):
    """One row of the collections import (收运对账单导入): one row per collection."""

    date: Day = Field(title="日期", examples=["2026-03-02"])
    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    net_kg: Annotated[Decimal, Field(gt=0, le=100_000, max_digits=9, decimal_places=3)] = Field(
        title="净重千克", examples=["182.5"]
    )
    hauler: Name = Field(title="收运单位", examples=["城洁收运（示例）"])


class ReconciliationTerms(Body):
    """What a canteen's comparison assumes.

    Attributes:
        loss_permille: what drains or dries away between the scale and the lorry; 0 unless the
            canteen has measured it.
    """

    loss_permille: Annotated[int, Field(ge=0, le=300, strict=True)] = 0


class WeekOutcome(StrEnum):
    """Whether a week can be compared, and why not."""

    COMPARED = "compared"
    GAP = "gap"
    NOT_COLLECTED = "not_collected"
    HAULER_SILENT = "hauler_silent"
    NOT_WEIGHED = "not_weighed"


class ReconciledWeek(BaseModel):
    """A week, Monday to Sunday.

    Attributes:
        rho: collected divided by weighed, less what drains away.
        median_rho: of this week and up to four compared before it.
        gap_days: open days on which a required stream was not weighed.
    """

    first: Day
    logged_grams: int
    collected_grams: int | None
    outcome: WeekOutcome
    rho: float | None
    median_rho: float | None
    open_days: int
    gap_days: int


class FactorEstimate(BaseModel):
    """Which part of what was collected the kitchen had weighed: 0.7 = 30 % is missing.

    Attributes:
        low, high: 95 % interval; None with too few weeks.
        missing_weeks: how many more weeks an interval needs.
    """

    value: float
    low: float | None
    high: float | None
    weeks: int
    missing_weeks: int


class TierOfMonth(BaseModel):
    """A month and its data tier."""

    month: Month
    tier: DataTier


class Reconciliation(BaseModel):
    """What a canteen weighed beside what was collected, over some weeks."""

    canteen_id: UUID
    terms: ReconciliationTerms
    weeks: list[ReconciledWeek]
    factor: FactorEstimate | None
    tier: DataTier
    months: list[TierOfMonth]


class BalanceTerm(StrEnum):
    """What goes into a meal's mass balance, from the store to the plate."""

    ISSUED = "issued"
    SPOILAGE = "spoilage"
    PREP = "prep"
    PRODUCED = "produced"
    LEFT = "left"
    UNSERVED = "unserved"
    TAKEN = "taken"
    PLATE = "plate"
    EATEN = "eaten"


class TermSource(StrEnum):
    """Where a term of a mass balance comes from, or why it is not known.

    PARTLY: of some dishes or streams only. OF_DAY: weighed for the whole day, not for the meal.
    """

    WEIGHED = "weighed"
    TOLD = "told"
    COMPUTED = "computed"
    PARTLY = "partly"
    OF_DAY = "of_day"
    NOT_KNOWN = "not_known"


class BalanceLine(BaseModel):
    """One term of a meal's mass balance; grams are None where the term is not known."""

    term: BalanceTerm
    grams: int | None
    source: TermSource


class BalanceGap(BaseModel):
    """What was cooked less what was taken and what was thrown away unserved.

    Attributes:
        grams: below zero where more was taken and thrown away than was cooked.
        share: of what was cooked.
        closes: at most 5 % either way, and not more on the plates than was taken.
    """

    grams: int
    share: float
    closes: bool


class MassBalance(BaseModel):
    """What became of a meal's food: taken = produced - left, eaten = taken - plate.

    Attributes:
        served: diners; None while nobody counted them.
        menu_dishes: how many dishes are on the menu.
        told_dishes: of how many of them the kitchen said what was cooked and left.
        gap: None unless all of produced, left and unserved are known.
    """

    date: Day
    meal: Meal
    served: int | None
    menu_dishes: int
    told_dishes: int
    lines: list[BalanceLine]
    gap: BalanceGap | None
    eaten_grams_per_diner: float | None


class MassBalances(BaseModel):
    """The mass balances of a canteen's meals over some days, oldest first."""

    items: list[MassBalance]
