"""Weighings, and what a canteen's day is judged by."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, false, text
from sqlmodel import Field

from cleanplate_shared.contracts.common import Day
from cleanplate_waste.models.base import STREAMS, Table


class WeighingRow(Table, table=True):
    """One record of a device, as it was sent; in months on PostgreSQL.

    What changes: its day, when its session becomes known, and who took its place.
    """

    __tablename__ = "weighing"
    __table_args__ = (
        CheckConstraint("net_grams = gross_grams - tare_grams", name="ck_weighing_net"),
        CheckConstraint("net_grams >= 0 AND tare_grams >= 0", name="ck_weighing_not_negative"),
        CheckConstraint(f"stream IN ({STREAMS})", name="ck_weighing_stream"),
        Index("ix_weighing_day", "canteen_id", "date"),
        Index("ix_weighing_newest", "canteen_id", "weighed_at", "id"),
        Index("ix_weighing_session", "meal_session_id"),
        Index("ix_weighing_device", "canteen_id", "device_id", "sequence"),
        {"postgresql_partition_by": "RANGE (weighed_at)"},
    )

    id: UUID = Field(primary_key=True)
    weighed_at: datetime = Field(primary_key=True, description="by the device's clock")
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
    received_at: datetime
    clock_skew_seconds: int | None = Field(sa_type=BigInteger, description="server minus device")
    recorded_by: UUID
    reason: str | None
    container: str | None
    method: str
    entered_quantity: str | None
    entered_unit: str | None
    entered_grams_per_unit: int | None
    dish_id: UUID | None
    food: str | None
    photo_sha256: str | None
    corrects: UUID | None = Field(description="the record whose place this one takes")
    withdraws: bool = Field(description="there was no such weighing")
    corrected_by: UUID | None = Field(description="the record that took this one's place")
    previous_hash: str | None
    hash: str | None


class WeighingKeyRow(Table, table=True):
    """The id of a weighing, taken for good; whichever month it is in.

    `corrects` is unique: a record is corrected once.
    """

    __tablename__ = "weighing_key"
    __table_args__ = (
        Index(
            "ix_weighing_corrects",
            "corrects",
            "canteen_id",
            unique=True,
            sqlite_where=text("corrects IS NOT NULL"),
            postgresql_where=text("corrects IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    weighed_at: datetime
    canteen_id: UUID
    corrects: UUID | None
    content_hash: str = Field(description="of what was sent, to tell a repeat from a reused id")


class DeviceRow(Table, table=True):
    """The newest chained record of a device, kept apart from the records: their loss is seen."""

    __tablename__ = "device"

    canteen_id: UUID = Field(primary_key=True)
    device_id: str = Field(primary_key=True)
    last_sequence: int = Field(sa_type=BigInteger)
    last_hash: str


class DayStreamRow(Table, table=True):
    """The sum of what counts of one stream at one level of a canteen's day.

    Kept as differences with each weighing; `cleanplate doctor` compares it with the records.
    """

    __tablename__ = "day_stream"
    __table_args__ = (
        CheckConstraint("net_grams >= 0 AND weighings >= 0", name="ck_day_stream_not_negative"),
        Index("ix_day_stream_date", "date"),
    )

    canteen_id: UUID = Field(primary_key=True)
    date: Day = Field(primary_key=True)
    meal: str = Field(primary_key=True, description="empty: the whole day")
    stream: str = Field(primary_key=True)
    is_pending: bool = Field(primary_key=True, description="of a session not known yet")
    net_grams: int = Field(sa_type=BigInteger)
    weighings: int


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
    serves_until: datetime | None = Field(default=None, description="None: not known")
    menu_dishes: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    told_dishes: int = Field(
        default=0,
        sa_column_kwargs={"server_default": "0"},
        description="of how many dishes the kitchen told what was cooked and left",
    )
    prepared_grams: int | None = Field(default=None, sa_type=BigInteger)
    left_grams: int | None = Field(default=None, sa_type=BigInteger)
    version: int


class CanteenDayRow(Table, table=True):
    """What a canteen's day comes to; its number orders what others hear of that day."""

    __tablename__ = "canteen_day"
    __table_args__ = (
        Index("ix_canteen_day_month", "date", "canteen_id", "is_complete", "net_grams", "served"),
    )

    canteen_id: UUID = Field(primary_key=True)
    date: Day = Field(primary_key=True)
    version: int
    net_grams: int | None = Field(sa_type=BigInteger, description="food; None: not summed yet")
    served: int | None
    is_complete: bool = Field(sa_column_kwargs={"server_default": false()})


class CanteenStreamRow(Table, table=True):
    """A stream that a canteen has to weigh; a canteen without any has to weigh all food."""

    __tablename__ = "canteen_stream"
    __table_args__ = (CheckConstraint(f"stream IN ({STREAMS})", name="ck_canteen_stream"),)

    canteen_id: UUID = Field(primary_key=True)
    stream: str = Field(primary_key=True)
