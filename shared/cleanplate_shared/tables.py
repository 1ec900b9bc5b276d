"""The tables that every service's database has, beside the service's own."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Integer, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class KernelTable(SQLModel, registry=registry()):
    """Base of the kernel's tables; each service's database has its own copy of them."""


class OutboxRow(KernelTable, table=True):
    """An event on its way to one subscriber; deleted when delivered."""

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("event_id", "subscriber"),)

    # SQLite numbers a row by itself only if the key is declared INTEGER
    position: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger().with_variant(Integer, "sqlite"),
    )
    event_id: UUID
    subscriber: str = Field(index=True)
    name: str
    payload: str
    at: datetime


class InboxRow(KernelTable, table=True):
    """An event already handled, so that a repeat does nothing."""

    __tablename__ = "inbox"

    event_id: UUID = Field(primary_key=True)
    at: datetime = Field(index=True)


class AnsweredRow(KernelTable, table=True):
    """The first answer to a request that carried an Idempotency-Key."""

    __tablename__ = "answered"

    person_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True)
    request_hash: str
    answer: str
    at: datetime = Field(index=True)


class RevokedRow(KernelTable, table=True):
    """Tokens of this person, or of this sign-in, issued before this instant are refused."""

    __tablename__ = "revoked"

    subject_id: UUID = Field(primary_key=True)
    issued_before: datetime


class KnownCanteenRow(KernelTable, table=True):
    """What every service needs to know of a canteen; the directory owns it."""

    __tablename__ = "known_canteen"

    id: UUID = Field(primary_key=True)
    name: str = Field(index=True)
    organization_id: UUID
    path: str = Field(description="ids of the organisations above it, outermost first: /a/b/")
    time_zone: str
    version: int = 0


class RateCountRow(KernelTable, table=True):
    """How often somebody asked in the current window, where processes share their limits."""

    __tablename__ = "rate_count"

    key: str = Field(primary_key=True)
    hits: int
    expires_at: float = Field(description="seconds of the epoch")


class SetDayRow(KernelTable, table=True):
    """A day that somebody set to be worked or not, against the published calendar."""

    __tablename__ = "set_day"

    day: date = Field(primary_key=True)
    is_workday: bool
    version: int


KNOWN_CANTEENS = KernelTable.metadata.tables["known_canteen"]
