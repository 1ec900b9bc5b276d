"""Tables of the menu service.

The invariants of registration are constraints here (docs/decisions/0003): seats never pass the
capacity, one standing registration per person and meal, one check-in per registration.
"""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Base of this service's tables; its metadata holds no other service's."""


class DishRow(Table, table=True):
    """A dish in a canteen's library."""

    __tablename__ = "dish"
    __table_args__ = (UniqueConstraint("canteen_id", "name", name="dish_once_per_canteen"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    canteen_id: UUID
    name: str
    kind: str
    allergens: str = Field(description="codes, separated by spaces")
    portion_grams: int


class MealSessionRow(Table, table=True):
    """A meal of one day at one canteen; `version` counts its changes.

    `past_*` are the totals of registrations and check-ins whose identities were deleted.
    """

    __tablename__ = "meal_session"
    __table_args__ = (
        UniqueConstraint("canteen_id", "day", "meal", name="meal_session_once"),
        CheckConstraint("registered >= 0 AND registered <= capacity", name="meal_session_seats"),
        CheckConstraint("served_count >= 0", name="meal_session_served"),
        Index(
            "meal_session_untold",
            "canteen_id",
            "day",
            "id",
            sqlite_where=text("version > told_version"),
            postgresql_where=text("version > told_version"),
        ),
        Index("meal_session_by_day", "day"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    canteen_id: UUID
    day: date
    meal: str
    cutoff_at: datetime
    capacity: int
    registered: int = 0
    served_count: int | None = Field(default=None, description="the independent count")
    is_imported: bool = Field(default=False, description="totals from a file, no registration here")
    is_registered: bool = Field(default=True, description="whether anybody could register")
    is_forgotten: bool = Field(default=False, description="identities were deleted")
    past_full: int = 0
    past_half: int = 0
    past_small: int = 0
    past_came: int = 0
    past_walk_ins: int = 0
    version: int = 1
    told_version: int = 0


class SessionDishRow(Table, table=True):
    """A dish on the menu of a meal session."""

    __tablename__ = "session_dish"

    meal_session_id: UUID = Field(primary_key=True, foreign_key="meal_session.id")
    dish_id: UUID = Field(primary_key=True, foreign_key="dish.id")
    position: int


class RegistrationRow(Table, table=True):
    """A diner's registration for one meal session; a cancelled one keeps its row."""

    __tablename__ = "registration"
    __table_args__ = (
        Index(
            "registration_stands_once",
            "meal_session_id",
            "person_id",
            unique=True,
            sqlite_where=text("status = 'registered'"),
            postgresql_where=text("status = 'registered'"),
        ),
        UniqueConstraint("meal_session_id", "pickup_code", name="registration_code_once"),
        Index("registration_by_person", "person_id"),
        Index("registration_by_code", "pickup_code"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    meal_session_id: UUID = Field(foreign_key="meal_session.id")
    person_id: UUID
    portion: str
    status: str
    pickup_code: str
    registered_at: datetime
    dishes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class CheckInRow(Table, table=True):
    """Somebody came to eat: a registered diner, a known walk-in, or an uncounted one."""

    __tablename__ = "check_in"
    __table_args__ = (
        UniqueConstraint("registration_id", name="check_in_once_per_registration"),
        Index(
            "check_in_once_per_person",
            "meal_session_id",
            "person_id",
            unique=True,
            sqlite_where=text("person_id IS NOT NULL"),
            postgresql_where=text("person_id IS NOT NULL"),
        ),
        Index("check_in_by_session", "meal_session_id"),
    )

    id: UUID = Field(primary_key=True, description="made by the device")
    meal_session_id: UUID = Field(foreign_key="meal_session.id")
    registration_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("registration.id"), nullable=True)
    )
    person_id: UUID | None = None
    at: datetime
    content_hash: str = Field(description="of the item as it came, to tell a repeat from a reuse")


class KnownPersonRow(Table, table=True):
    """What this service needs to know of a person; the directory owns it."""

    __tablename__ = "known_person"

    id: UUID = Field(primary_key=True)
    name: str
    number: str = Field(index=True)
    unit_id: UUID | None
    canteen_ids: list[str] = Field(sa_column=Column(JSON, nullable=False))
    active: bool
    version: int


# The tables themselves, for statements that are built once and for batches.
DISHES = Table.metadata.tables["dish"]
SESSIONS = Table.metadata.tables["meal_session"]
SESSION_DISHES = Table.metadata.tables["session_dish"]
REGISTRATIONS = Table.metadata.tables["registration"]
CHECK_INS = Table.metadata.tables["check_in"]
