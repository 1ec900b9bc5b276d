"""Who registered for what, and what registers them: patterns, absences, units.

The invariants of registration are constraints here (docs/decisions/0003): seats never pass the
capacity, one standing registration per person and meal, one check-in per registration.
"""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, false, text
from sqlmodel import Field

from cleanplate_menu.models.base import Table, unless_given


class RegistrationRow(Table, table=True):
    """A registration for one meal session; one that was cancelled or given away keeps its row.

    Of kind `person` it is the diner's own seat. Of kind `guest` or `official` (公务用餐) it is
    `headcount` seats under the host's name.
    """

    __tablename__ = "registration"
    __table_args__ = (
        Index(
            "registration_own_seat_once",
            "person_id",
            "meal_session_id",
            unique=True,
            sqlite_where=text("status = 'registered' AND kind = 'person'"),
            postgresql_where=text("status = 'registered' AND kind = 'person'"),
        ),
        Index(
            "registration_besides",  # a rush does not touch it
            "person_id",
            "meal_session_id",
            sqlite_where=text("status <> 'registered' OR kind <> 'person'"),
            postgresql_where=text("status <> 'registered' OR kind <> 'person'"),
        ),
        UniqueConstraint("pickup_code", "meal_session_id", name="registration_code_once"),
        Index("registration_by_meal", "meal_session_id", "id"),
        Index(
            "registration_offered",
            "meal_session_id",
            "offered_at",
            sqlite_where=text("offered_at IS NOT NULL"),
            postgresql_where=text("offered_at IS NOT NULL"),
        ),
        Index(
            "registration_received",
            "registered_at",
            sqlite_where=text("source IN ('waiting', 'gift')"),
            postgresql_where=text("source IN ('waiting', 'gift')"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    meal_session_id: UUID = Field(foreign_key="meal_session.id")
    person_id: UUID
    kind: str = Field(default="person", sa_column_kwargs=unless_given("person"))
    headcount: int = Field(default=1, sa_column_kwargs=unless_given("1"))
    portion: str
    rice: str = Field(default="normal", sa_column_kwargs=unless_given("normal"))
    choice: str | None = None
    status: str
    pickup_code: str
    registered_at: datetime
    source: str = Field(default="self", sa_column_kwargs=unless_given("self"))
    made_by: UUID | None = Field(default=None, description="None: the person, or a pattern")
    plan: str | None = Field(
        default=None, description="what wants it without asking: pattern, opt_out; None: a wish"
    )
    offered_at: datetime | None = Field(default=None, description="to whoever waits, since then")
    standard_fen: int | None = Field(default=None, description="of an official meal, per head")
    note: str | None = None
    is_withdrawn: bool = Field(
        default=False,
        sa_column_kwargs=unless_given(false()),
        description="cancelled by an absence or a plan that changed, not by a person's wish",
    )
    dishes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class WaitingRow(Table, table=True):
    """Somebody waits for a seat of a full meal, or for one given away after the cut-off."""

    __tablename__ = "waiting"
    __table_args__ = (
        UniqueConstraint("meal_session_id", "person_id", name="waiting_once"),
        Index("waiting_in_order", "meal_session_id", "since", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    meal_session_id: UUID = Field(foreign_key="meal_session.id")
    person_id: UUID = Field(index=True)
    portion: str
    rice: str
    choice: str | None = None
    lost_choice: str | None = Field(default=None, description="the set that left the menu since")
    since: datetime
    plan: str | None = Field(default=None, description="what put the person here: as in a seat")


class PatternRow(Table, table=True):
    """A standing registration (固定报餐): a meal on weekdays, from a day until a day."""

    __tablename__ = "pattern"
    __table_args__ = (
        UniqueConstraint("person_id", "canteen_id", "meal", name="pattern_once"),
        Index("pattern_by_canteen", "canteen_id", "meal"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID
    canteen_id: UUID
    meal: str
    weekdays: str = Field(description="ISO weekdays, as in 12345")
    portion: str
    rice: str
    first_day: date
    last_day: date | None = None
    since: datetime = Field(description="the older pattern has the first seat")


class AbsenceRow(Table, table=True):
    """Days on which a person does not eat here: leave, a business trip."""

    __tablename__ = "absence"
    __table_args__ = (
        UniqueConstraint("person_id", "first_day", "last_day", name="absence_once"),
        CheckConstraint("first_day <= last_day", name="absence_span"),
        Index("absence_by_day", "last_day", "first_day"),
        Index(
            "absence_unapplied",
            "id",
            sqlite_where=text("NOT is_applied"),
            postgresql_where=text("NOT is_applied"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID
    first_day: date
    last_day: date
    kind: str
    made_by: UUID
    is_applied: bool = Field(description="the person's registrations in its days are cancelled")


class DinerPreferenceRow(Table, table=True):
    """What a diner usually takes and does not eat (忌口)."""

    __tablename__ = "diner_preference"

    person_id: UUID = Field(primary_key=True)
    portion: str
    rice: str
    diets: str = Field(description="codes, separated by spaces")
    avoids: str = Field(description="allergen codes, separated by spaces")


class UnitModeRow(Table, table=True):
    """How a unit's people come to be registered: by opting in, or unless they opt out."""

    __tablename__ = "unit_mode"

    canteen_id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(primary_key=True)
    meal: str = Field(primary_key=True)
    mode: str
    since: datetime


class UnitSecretaryRow(Table, table=True):
    """Who may register for all people of a unit at a canteen."""

    __tablename__ = "unit_secretary"

    canteen_id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True, index=True)


class FeedKeyRow(Table, table=True):
    """The secret address of a diner's calendar; only its digest is kept."""

    __tablename__ = "feed_key"

    person_id: UUID = Field(primary_key=True)
    digest: str = Field(unique=True)


class ChannelRow(Table, table=True):
    """Where notices go: a canteen's group chat, or one person's own address."""

    __tablename__ = "channel"
    __table_args__ = (
        CheckConstraint("(canteen_id IS NULL) <> (person_id IS NULL)", name="channel_of_one"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    canteen_id: UUID | None = Field(default=None, index=True)
    person_id: UUID | None = Field(default=None, index=True)
    shown: str = Field(description="the address without its secrets")
    sealed_url: str
    tried_at: datetime | None = Field(default=None, description="when somebody last tried it")


class NoticeRow(Table, table=True):
    """A notice on its way; `subject` makes it once per channel."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("channel_id", "subject", name="notice_once"),
        Index(
            "notice_due",
            "due_at",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    channel_id: UUID
    subject: str
    title: str
    body: str
    due_at: datetime
    expires_at: datetime = Field(description="when nobody needs to be told any more")
    tries: int = 0
    settled_at: datetime | None = Field(default=None, description="sent, or given up")
    problem: str | None = None


class KnownPersonRow(Table, table=True):
    """What this service needs to know of a person; the directory owns it."""

    __tablename__ = "known_person"

    id: UUID = Field(primary_key=True)
    name: str
    number: str = Field(index=True)
    unit_id: UUID | None = Field(default=None, index=True)
    unit: str | None = Field(default=None, description="the unit's name")
    canteen_ids: list[str] = Field(sa_column=Column(JSON, nullable=False))
    active: bool
    version: int
    card: str | None = Field(default=None, index=True, description="what the staff card says")
