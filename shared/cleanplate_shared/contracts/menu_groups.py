"""Contract of the menu service: registering for others, guests and official meals (公务用餐)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Body, Code, Day, Meal, Name, Note, Portion
from cleanplate_shared.contracts.menu_registrations import Choice, RegistrationStatus, Rice
from cleanplate_shared.errors import RowProblem

Headcount = Annotated[int, Field(ge=1, le=500, strict=True)]
StandardFen = Annotated[int, Field(ge=1, le=100_000, strict=True, description="fen per head")]


class GroupKind(StrEnum):
    """Guests of a unit, or an official meal (公务用餐)."""

    GUEST = "guest"
    OFFICIAL = "official"


class RegistrationItem(BaseModel):
    """One meal for one person; `id` becomes the registration's.

    The meal is named by `meal_session_id`, or by `canteen_id`, `date` and `meal`; the person by
    `person_id` or `number`, and is the caller where both are left out.
    """

    id: UUID
    meal_session_id: UUID | None = None
    canteen_id: UUID | None = None
    date: Day | None = None
    meal: Meal | None = None
    person_id: UUID | None = None
    number: Code | None = None
    portion: Portion = Portion.FULL
    rice: Rice = Rice.NORMAL
    choice: Choice | None = None


class ProxySheetRow(BaseModel):
    """One row of a sheet of registrations for others (代报餐): one meal for one person."""

    date: Day = Field(title="日期", examples=["2026-03-02"])
    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    meal: Meal = Field(title="餐次", examples=["lunch"])
    number: Code = Field(title="工号", examples=["A0001"])
    portion: Portion = Field(default=Portion.FULL, title="份量", examples=["full"])
    rice: Rice = Field(default=Rice.NORMAL, title="米饭", examples=["normal"])


class SheetAnswer(BaseModel):
    """What became of a sheet whose good rows are taken and whose bad rows are refused alone."""

    created: int
    unchanged: int = Field(description="registered already")
    refused: int = Field(description="rows; each has an entry in `errors`")
    errors: list[RowProblem]
    dry_run: bool


class Office(BaseModel):
    """A unit whose people the caller registers at a canteen."""

    unit_id: UUID
    unit: str
    people: int


class UnitRegistration(BaseModel):
    """A standing registration of somebody of a unit."""

    id: UUID
    meal_session_id: UUID
    person_id: UUID
    portion: Portion
    rice: Rice
    choice: str | None


class GroupRegistrationCreate(Body):
    """Seats for guests or for an official meal, under the name of a host.

    An official meal needs `standard_fen` and, in `note`, its reference number or purpose.
    """

    meal_session_id: UUID
    kind: GroupKind
    headcount: Headcount
    host_id: UUID | None = Field(default=None, description="the caller, if left out")
    portion: Portion = Portion.FULL
    standard_fen: StandardFen | None = None
    note: Note | None = None


class GroupRegistrationChange(Body):
    """How many come; until the cut-off."""

    headcount: Headcount


class GroupRegistration(BaseModel):
    """Seats for guests or for an official meal; the pick-up code is good for all of them."""

    id: UUID
    meal_session_id: UUID
    canteen_id: UUID
    date: Day
    meal: Meal
    cutoff_at: datetime
    kind: GroupKind
    headcount: int
    host_id: UUID
    host: str
    unit_id: UUID | None = Field(description="the host's")
    unit: str | None
    portion: Portion
    standard_fen: int | None
    note: str | None
    status: RegistrationStatus
    pickup_code: str
    registered_at: datetime


class GroupOfMeal(BaseModel):
    """What a kitchen needs to know of a group: how many, and what to mind."""

    kind: GroupKind
    headcount: int
    portion: Portion
    note: str | None


class OfficialStandardSet(Body):
    """What an official meal may cost per head at a canteen, and by which rule."""

    standard_fen: StandardFen
    basis: Note


class OfficialStandard(BaseModel):
    """What an official meal may cost per head at a canteen; nulls where nobody has set it."""

    canteen_id: UUID
    standard_fen: int | None
    basis: str | None


class OfficialMeal(BaseModel):
    """An official meal as the canteen's monthly list has it, without names."""

    date: Day
    meal: Meal
    unit: str | None
    headcount: int
    standard_fen: int
    total_fen: int
    note: str | None


class OfficialMeals(BaseModel):
    """A canteen's official meals of a month, with the standard that holds there."""

    month: str
    standard: OfficialStandard
    items: list[OfficialMeal]
    headcount: int
    total_fen: int
