"""Tables of the report service: what it was told of days and meal sessions."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Base of this service's tables; its metadata holds no other service's."""


class DayWasteRow(Table, table=True):
    """One canteen's day as the waste service last told it."""

    __tablename__ = "day_waste"
    __table_args__ = (
        CheckConstraint("NOT complete OR served IS NOT NULL", name="ck_day_waste_counted"),
    )

    canteen_id: UUID = Field(primary_key=True)
    date: dt.date = Field(primary_key=True)
    served: int | None = Field(description="None: nobody counted the diners")
    complete: bool
    version: int


class DayStreamRow(Table, table=True):
    """One stream of one day. It counts only while its version is that of its day."""

    __tablename__ = "day_stream"

    canteen_id: UUID = Field(primary_key=True)
    date: dt.date = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    net_grams: int
    covered: bool
    version: int


class SessionFactRow(Table, table=True):
    """One meal session as the menu service last told it."""

    __tablename__ = "session_fact"
    __table_args__ = (Index("ix_session_fact_canteen_date", "canteen_id", "date"),)

    meal_session_id: UUID = Field(primary_key=True)
    canteen_id: UUID
    date: dt.date
    meal: str
    registered: int | None = Field(description="None: nobody registers here")
    served: int | None = Field(description="None: not known (yet)")
    no_shows: int
    walk_ins: int
    version: int


class MonthTierRow(Table, table=True):
    """How far a canteen's month can be trusted, as the waste service last judged it."""

    __tablename__ = "month_tier"

    canteen_id: UUID = Field(primary_key=True)
    month: str = Field(primary_key=True)
    tier: str
    reason: str
    version: int


class OrganizationNameRow(Table, table=True):
    """What an organisation above a known canteen is called."""

    __tablename__ = "organization_name"

    id: UUID = Field(primary_key=True)
    name: str


# The tables themselves, for statements about many rows.
DAYS = Table.metadata.tables["day_waste"]
STREAMS = Table.metadata.tables["day_stream"]
FACTS = Table.metadata.tables["session_fact"]
TIERS = Table.metadata.tables["month_tier"]
