"""Tables of the forecast service."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from cleanplate_shared.contracts.common import Day


class Table(SQLModel, registry=registry()):
    """Base of this service's tables; its metadata holds no other service's."""


class SessionRow(Table, table=True):
    """A meal session as the menu service last described it."""

    __tablename__ = "session"
    __table_args__ = (
        CheckConstraint("registered >= 0 AND served >= 0", name="ck_session_not_negative"),
        Index("ix_session_series", "canteen_id", "meal", "date"),
        Index("ix_session_date", "date"),
    )

    id: UUID = Field(primary_key=True)
    canteen_id: UUID
    date: Day
    meal: str
    cutoff_at: datetime
    capacity: int
    registered: int | None = Field(description="None: nobody registers here")
    served: int | None = Field(description="None: not known yet")
    version: int
    looked_at: datetime | None = Field(
        default=None, description="when the hourly job last made its forecast"
    )


class ForecastRow(Table, table=True):
    """A forecast as it was published, with what it knew, to be scored when the day is over."""

    __tablename__ = "forecast"
    __table_args__ = (
        ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_forecast_session"),
        CheckConstraint("0 <= q10 AND q10 <= q50 AND q50 <= q90", name="ck_forecast_ordered"),
        CheckConstraint("mean >= 0", name="ck_forecast_not_negative"),
    )

    session_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True, description="1, 2, ... of this session")
    model: str
    as_of: Day = Field(description="the last day whose diners it could know")
    registered: int | None
    final: bool = Field(description="the cut-off was past; registrations could not grow")
    mean: float
    q10: float
    q50: float
    q90: float
    made_at: datetime


SESSIONS = Table.metadata.tables["session"]  # for statements about many rows
