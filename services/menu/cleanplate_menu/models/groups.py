"""Official meals (公务用餐): what they may cost, and those whose registrations are forgotten."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from cleanplate_menu.models.base import Table


class OfficialStandardRow(Table, table=True):
    """What an official meal may cost per head at a canteen, and by which rule."""

    __tablename__ = "official_standard"

    canteen_id: UUID = Field(primary_key=True)
    standard_fen: int
    basis: str


class OfficialMealRow(Table, table=True):
    """An official meal of the past, without names; kept when its registration is deleted."""

    __tablename__ = "official_meal"
    __table_args__ = (Index("official_meal_by_canteen", "canteen_id", "day"),)

    registration_id: UUID = Field(primary_key=True)
    canteen_id: UUID
    day: date
    meal: str
    unit: str | None = None
    headcount: int
    standard_fen: int
    note: str | None = None
