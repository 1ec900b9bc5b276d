"""Who came, who did not, and whom the canteen failed."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field

from cleanplate_menu.models.base import Table, unless_given


class CheckInRow(Table, table=True):
    """Somebody came to eat: a registered diner, a known walk-in, or an uncounted one.

    One that was taken back keeps its id with a headcount of 0 and nobody's name, so that a tablet
    that sends it again counts nobody.
    """

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
    person_id: UUID | None = Field(default=None, description="None for guests and the uncounted")
    headcount: int = Field(default=1, sa_column_kwargs=unless_given("1"))
    at: datetime = Field(description="by the device's clock")
    received_at: datetime | None = None
    content_hash: str = Field(description="of the item as it came, to tell a repeat from a reuse")


class MealJudgedRow(Table, table=True):
    """A meal that is over and was looked at for no-shows once; `named` if any could be named."""

    __tablename__ = "meal_judged"

    meal_session_id: UUID = Field(primary_key=True, foreign_key="meal_session.id")
    named: bool
    at: datetime


class NoShowRow(Table, table=True):
    """A registered diner who was not checked in, once the meal was over; seen by them alone.

    Others see counts by unit. `state`: counted, graced, explained, disputed, upheld, withdrawn.
    """

    __tablename__ = "no_show"
    __table_args__ = (
        Index("no_show_by_person", "person_id", "day"),
        Index("no_show_by_canteen", "canteen_id", "day"),
        Index("no_show_by_session", "meal_session_id"),
    )

    registration_id: UUID = Field(primary_key=True, foreign_key="registration.id")
    meal_session_id: UUID = Field(foreign_key="meal_session.id")
    canteen_id: UUID
    person_id: UUID
    day: date
    state: str
    reason: str | None = Field(default=None, description="what the diner said")
    answer: str | None = Field(default=None, description="what the manager said")
    disputed_at: datetime | None = None
    decided_by: UUID | None = None


class CanteenFailureRow(Table, table=True):
    """A registered diner whom the canteen failed, recorded against the canteen.

    The registration is forgotten with its diner; the failure stays.
    """

    __tablename__ = "canteen_failure"
    __table_args__ = (
        UniqueConstraint("registration_id", name="canteen_failure_once"),
        Index("canteen_failure_by_canteen", "canteen_id", "day"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    registration_id: UUID | None = Field(
        sa_column=Column(ForeignKey("registration.id"), nullable=True)
    )
    meal_session_id: UUID = Field(foreign_key="meal_session.id")
    canteen_id: UUID
    day: date
    kind: str
    note: str | None = None
    reply: str | None = None
    replied_by: UUID | None = None
