"""What weighings are compared with: collected weights, sorted bins, and how months were judged."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from cleanplate_shared.contracts.common import Day
from cleanplate_waste.models.base import STREAMS, Table


class CollectionRow(Table, table=True):
    """A line of a hauler's statement; withdrawn ones stay and do not count."""

    __tablename__ = "collection"
    __table_args__ = (
        CheckConstraint("net_grams > 0", name="ck_collection_grams"),
        Index("ix_collection_day", "canteen_id", "date"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    canteen_id: UUID
    date: Day
    net_grams: int
    hauler: str
    recorded_at: datetime
    recorded_by: UUID
    withdrawn_at: datetime | None = None
    withdrawn_by: UUID | None = None


class ReconciliationTermsRow(Table, table=True):
    """What a canteen's comparison assumes, where that is not the usual."""

    __tablename__ = "reconciliation_terms"
    __table_args__ = (
        CheckConstraint("loss_permille BETWEEN 0 AND 300", name="ck_reconciliation_loss"),
    )

    canteen_id: UUID = Field(primary_key=True)
    loss_permille: int


class MonthTierRow(Table, table=True):
    """How a month was judged last.

    Attributes:
        fingerprint: of what it was judged by; another one now means to judge again.
    """

    __tablename__ = "month_tier"
    __table_args__ = (CheckConstraint("tier IN ('A', 'B', 'C')", name="ck_month_tier"),)

    canteen_id: UUID = Field(primary_key=True)
    month: str = Field(primary_key=True)
    tier: str
    reason: str
    version: int
    fingerprint: int = Field(sa_type=BigInteger)


class SortingPlanRow(Table, table=True):
    """A week whose bins are drawn; `week` is its Monday."""

    __tablename__ = "sorting_plan"
    __table_args__ = (UniqueConstraint("canteen_id", "week"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    canteen_id: UUID
    week: Day
    seed: int
    made_at: datetime
    made_by: UUID


class SortingDrawRow(Table, table=True):
    """How many bins of a stream a plan draws: one in so many."""

    __tablename__ = "sorting_draw"
    __table_args__ = (
        CheckConstraint(f"stream IN ({STREAMS})", name="ck_sorting_draw_stream"),
        CheckConstraint("one_in BETWEEN 1 AND 100", name="ck_sorting_draw_one_in"),
    )

    plan_id: UUID = Field(foreign_key="sorting_plan.id", primary_key=True)
    stream: str = Field(primary_key=True)
    one_in: int


class SortedBinRow(Table, table=True):
    """A drawn bin that was sorted; entered again, the newer entry stands."""

    __tablename__ = "sorted_bin"
    __table_args__ = (
        CheckConstraint("nonfood_grams >= 0", name="ck_sorted_bin_nonfood"),
        Index("ix_sorted_bin_plan", "plan_id"),
    )

    weighing_id: UUID = Field(primary_key=True)
    plan_id: UUID = Field(foreign_key="sorting_plan.id")
    nonfood_grams: int
    sorted_at: datetime
    sorted_by: UUID


class SortedPartRow(Table, table=True):
    """What a sorted bin held of one food."""

    __tablename__ = "sorted_part"
    __table_args__ = (
        CheckConstraint("edible_grams >= 0 AND inedible_grams >= 0", name="ck_sorted_part_grams"),
    )

    weighing_id: UUID = Field(primary_key=True)
    food: str = Field(primary_key=True)
    edible_grams: int
    inedible_grams: int
