"""What scales tell beside weighings: trays at the return, and checks with a test weight."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field

from cleanplate_shared.contracts.common import Day
from cleanplate_waste.models.base import Table


class TrayRow(Table, table=True):
    """The rest on one tray; nobody's name, and never part of the weighings' kilograms.

    In months on PostgreSQL.
    """

    __tablename__ = "tray"
    __table_args__ = (
        CheckConstraint("grams >= 0", name="ck_tray_not_negative"),
        Index("ix_tray_newest", "canteen_id", "at"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    id: UUID = Field(primary_key=True)
    at: datetime = Field(primary_key=True)
    canteen_id: UUID
    meal_session_id: UUID | None
    date: Day
    device_id: str
    sequence: int = Field(sa_type=BigInteger)
    grams: int


class TrayCountRow(Table, table=True):
    """How many trays of a canteen's day had so many grams left; kept as trays come."""

    __tablename__ = "tray_count"
    __table_args__ = (CheckConstraint("trays > 0", name="ck_tray_count_some"),)

    canteen_id: UUID = Field(primary_key=True)
    date: Day = Field(primary_key=True)
    grams: int = Field(primary_key=True)
    trays: int


class ScaleCheckRow(Table, table=True):
    """What a scale showed of a test weight."""

    __tablename__ = "scale_check"
    __table_args__ = (
        CheckConstraint("test_grams > 0", name="ck_scale_check_weight"),
        Index("ix_scale_check_newest", "canteen_id", "device_id", "at"),
    )

    id: UUID = Field(primary_key=True)
    canteen_id: UUID
    device_id: str
    test_grams: int
    shown_grams: int
    division_grams: int
    at: datetime
