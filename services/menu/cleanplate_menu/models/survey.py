"""What diners think of dishes, what is left of them, and what the kitchen decided.

Nothing leads from a rating to a person. `rated` and `rating` share no column, no instant and no
order: their keys are random, and SQLite stores them by key, not in the order they came. In
PostgreSQL the rows of one transaction can be told by whoever reads its system columns; `rated` is
therefore deleted once the meal cannot be rated any more.
"""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from cleanplate_menu.models.base import Table


class RatedRow(Table, table=True):
    """That a registration's diner has rated; not what."""

    __tablename__ = "rated"
    __table_args__ = {"sqlite_with_rowid": False}

    registration_id: UUID = Field(primary_key=True, foreign_key="registration.id")


class RatingRow(Table, table=True):
    """One dish rated by somebody of a unit; nothing leads to the person."""

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 1 AND 5", name="rating_stars"),
        Index("rating_by_dish", "dish_id", "day"),
        Index("rating_by_canteen", "canteen_id", "day"),
        {"sqlite_with_rowid": False},
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    canteen_id: UUID
    dish_id: UUID = Field(foreign_key="dish.id")
    day: date
    unit_id: UUID | None = None
    stars: int
    tags: str = Field(description="codes, separated by spaces")


class LeftoverRow(Table, table=True):
    """What was left of a dish when the meal was over."""

    __tablename__ = "leftover"
    __table_args__ = (
        CheckConstraint("left_grams BETWEEN 0 AND prepared_grams", name="leftover_share"),
        CheckConstraint("prepared_grams > 0", name="leftover_prepared"),
    )

    meal_session_id: UUID = Field(primary_key=True, foreign_key="meal_session.id")
    dish_id: UUID = Field(primary_key=True, foreign_key="dish.id")
    prepared_grams: int
    left_grams: int


class DishDecisionRow(Table, table=True):
    """What a kitchen decided about a dish, on which figures, and its words to the diners."""

    __tablename__ = "dish_decision"
    __table_args__ = (Index("dish_decision_by_dish", "dish_id", "at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    dish_id: UUID = Field(foreign_key="dish.id")
    decision: str
    reply: str
    trial_until: date | None = Field(default=None, description="last day of a trial")
    stars: float | None = Field(default=None, description="shrunk mean, as it was shown")
    ratings: int
    left_share: float | None = Field(default=None, description="left per prepared")
    decided_by: UUID
    at: datetime
