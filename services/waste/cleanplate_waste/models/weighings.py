"""Weighings, and what a canteen's day is judged by."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field

from cleanplate_shared.contracts.common import Day
from cleanplate_waste.models.base import STREAMS, Table


class WeighingRow(Table, table=True):
    """One reading of a scale; never changed but for its day, when its session becomes known."""

    __tablename__ = "weighing"
    __table_args__ = (
        CheckConstraint("net_grams = gross_grams - tare_grams", name="ck_weighing_net"),
        CheckConstraint("net_grams >= 0 AND tare_grams >= 0", name="ck_weighing_not_negative"),
        CheckConstraint(f"stream IN ({STREAMS})", name="ck_weighing_stream"),
        Index("ix_weighing_day", "canteen_id", "date"),
        Index("ix_weighing_newest", "canteen_id", "weighed_at", "id"),
        Index("ix_weighing_session", "meal_session_id"),
    )

    id: UUID = Field(primary_key=True)
    canteen_id: UUID
    meal_session_id: UUID | None
    meal: str | None = Field(description="None: the whole day, or a session not known yet")
    date: Day
    stream: str
    gross_grams: int
    tare_grams: int
    net_grams: int
    device_id: str
    sequence: int = Field(sa_type=BigInteger)
    weighed_at: datetime
    received_at: datetime
    recorded_by: UUID
    reason: str | None
    container: str | None
    content_hash: str = Field(description="of what was sent, to tell a repeat from a reused id")


class KnownSessionRow(Table, table=True):
    """A meal session as the menu service last described it."""

    __tablename__ = "known_session"
    __table_args__ = (Index("ix_known_session_day", "canteen_id", "date"),)

    id: UUID = Field(primary_key=True)
    canteen_id: UUID
    date: Day
    meal: str
    served: int | None
    is_expected: bool = Field(description="somebody registered")
    version: int


class CanteenDayRow(Table, table=True):
    """How often a canteen's day was told; its number orders what others hear of that day."""

    __tablename__ = "canteen_day"

    canteen_id: UUID = Field(primary_key=True)
    date: Day = Field(primary_key=True)
    version: int


class CanteenStreamRow(Table, table=True):
    """A stream that a canteen has to weigh; a canteen without any has to weigh all food."""

    __tablename__ = "canteen_stream"
    __table_args__ = (CheckConstraint(f"stream IN ({STREAMS})", name="ck_canteen_stream"),)

    canteen_id: UUID = Field(primary_key=True)
    stream: str = Field(primary_key=True)
