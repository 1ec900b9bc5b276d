"""Contract of the menu service: standing patterns, absences, preferences, units, secretaries."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Body, Code, Day, Meal, Name, Portion
from cleanplate_shared.contracts.menu import Allergen
from cleanplate_shared.contracts.menu_registrations import Rice

Weekday = Annotated[int, Field(ge=1, le=7, strict=True, description="ISO: 1 = Monday")]


class AbsenceKind(StrEnum):
    """请假, 出差, 其他."""

    LEAVE = "leave"
    TRIP = "trip"
    OTHER = "other"


class Diet(StrEnum):
    """素食, 清真, 不吃猪肉, 不吃辣, 少盐, 软食."""

    VEGETARIAN = "vegetarian"
    HALAL = "halal"
    NO_PORK = "no_pork"
    NO_SPICY = "no_spicy"
    LESS_SALT = "less_salt"
    SOFT = "soft"


class UnitMealMode(StrEnum):
    """报餐: who registers eats; 报停: who does not cancel eats."""

    OPT_IN = "opt_in"
    OPT_OUT = "opt_out"


class Planned(BaseModel):
    """What a change did to meals whose cut-off had not passed."""

    registered: int
    waiting: int = Field(description="full meals: put on the waiting list")
    cancelled: int


class PatternSet(Body):
    """A standing registration (固定报餐): on these weekdays, where they are workdays."""

    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    portion: Portion = Portion.FULL
    rice: Rice = Rice.NORMAL
    first_day: Day | None = Field(default=None, description="none: as before, or from today")
    last_day: Day | None = Field(default=None, description="none: until it is removed")


class Pattern(BaseModel):
    """A standing registration (固定报餐) for a meal at a canteen."""

    canteen_id: UUID
    meal: Meal
    weekdays: list[int]
    portion: Portion
    rice: Rice
    first_day: Day
    last_day: Day | None


class UnitPattern(Pattern):
    """A standing registration of one of a unit's people."""

    person_id: UUID


class PatternChanged(Pattern):
    """A standing registration, and what setting it did."""

    planned: Planned


class AbsenceCreate(Body):
    """Days without meals, both included, at most 366; for somebody else with `person_id`."""

    first_day: Day
    last_day: Day
    kind: AbsenceKind
    person_id: UUID | None = None


class Absence(BaseModel):
    """Days on which a person does not eat here; the days themselves are included."""

    id: UUID
    person_id: UUID
    first_day: Day
    last_day: Day
    kind: AbsenceKind


class AbsenceAdded(Absence):
    """An absence, and what adding it did."""

    planned: Planned


class Preferences(Body):
    """What a diner usually takes and does not eat (忌口); others see only counts."""

    portion: Portion = Portion.FULL
    rice: Rice = Rice.NORMAL
    diets: Annotated[list[Diet], Field(max_length=6)] = []
    avoids: Annotated[list[Allergen], Field(max_length=9)] = []


class SessionDiets(BaseModel):
    """How many of a meal's registered diners eat so, or avoid that; a diner may be in several."""

    meal_session_id: UUID
    registered: int = Field(description="diners with a seat of their own, guests not among them")
    diets: dict[Diet, int]
    avoids: dict[Allergen, int]


class UnitModes(BaseModel):
    """How a unit's people come to be registered at a canteen, meal by meal."""

    unit_id: UUID
    unit: str
    people: int = Field(description="who may eat at the canteen")
    modes: dict[Meal, UnitMealMode]
    secretaries: int


class UnitModeSet(Body):
    """The mode of one unit and meal."""

    unit_id: UUID
    meal: Meal
    mode: UnitMealMode


class UnitModeChanged(BaseModel):
    """What a change of mode does; meals whose cut-off has passed stay as they are."""

    unit_id: UUID
    meal: Meal
    mode: UnitMealMode
    people: int
    meals: int = Field(description="meals ahead")
    registered: int
    cancelled: int
    dry_run: bool


class UnitPerson(BaseModel):
    """A person of a unit, as its secretary and managers see them."""

    id: UUID
    name: str
    number: str


class SecretariesSet(Body):
    """Who may register for a unit's people, by staff number (工号)."""

    numbers: Annotated[list[Code], Field(max_length=20)]


class Secretaries(BaseModel):
    """Who may register for a unit's people at a canteen."""

    canteen_id: UUID
    unit_id: UUID
    people: list[UnitPerson]


class SecretaryUnit(BaseModel):
    """A unit whose people the caller may register, with its first 2000 people by number."""

    canteen_id: UUID
    canteen: str
    unit_id: UUID
    unit: str
    people: list[UnitPerson]


class AbsenceSheetRow(BaseModel):
    """One row of the absences import (请假出差导入), as an office system exports them."""

    number: Code = Field(title="工号", examples=["A0001"])
    first_day: Day = Field(title="开始日期", examples=["2026-03-02"])
    last_day: Day = Field(title="结束日期", examples=["2026-03-06"])
    kind: AbsenceKind = Field(default=AbsenceKind.LEAVE, title="类型", examples=["leave"])
    canteen: Name | None = Field(
        default=None,
        title="食堂",
        examples=["机关第一食堂"],
        description="only where several people have this number",
    )
