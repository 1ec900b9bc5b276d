"""Contract of the menu service: how a canteen holds its meals, and planning by the week."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from cleanplate_shared.contracts.common import Body, Day, Instant, Meal, Name, Note
from cleanplate_shared.contracts.menu import ServiceMode
from cleanplate_shared.contracts.menu_registrations import Choice

ClockTime = Annotated[
    str,
    StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$"),
    Field(description="HH:MM where the canteen is", examples=["09:30"]),
]
Seats = Annotated[int, Field(ge=0, le=100_000, strict=True)]
Week = Annotated[
    date,
    Field(ge=date(2000, 1, 3), le=date(2099, 12, 27), description="any day of the week"),
]
_Weekday = Annotated[int, Field(ge=1, le=7, description="of ISO 8601: 1 = Monday")]


class MealRule(Body):
    """How a canteen usually holds a meal: what a new meal session starts from."""

    meal: Meal
    cutoff_days_before: Annotated[int, Field(ge=0, le=14, strict=True)]
    cutoff_time: ClockTime
    serves_from: ClockTime
    serves_until: ClockTime
    capacity: Seats
    service_mode: ServiceMode

    @field_validator("serves_until")
    @classmethod
    def _ends_after_it_begins(cls, until: str, info: ValidationInfo) -> str:
        if until <= info.data.get("serves_from", ""):
            raise PydanticCustomError("ends_early", "must be later than serves_from")
        return until


class MealRules(Body):
    """A canteen's rules, at most one for each meal of the day."""

    rules: Annotated[list[MealRule], Field(max_length=3)]

    @field_validator("rules")
    @classmethod
    def _one_for_each_meal(cls, rules: list[MealRule]) -> list[MealRule]:
        if len({rule.meal for rule in rules}) < len(rules):
            raise PydanticCustomError("twice", "one rule for each meal")
        return rules


class CanteenSettings(Body):
    """What a canteen decided about its menu and its diners."""

    is_menu_public: bool
    no_show_grace: Annotated[
        int, Field(ge=0, le=31, strict=True, description="no-shows in 30 days without a reason")
    ]
    remind_minutes: Annotated[
        int, Field(ge=0, le=10_080, strict=True, description="before the cut-off; 0: no reminder")
    ]


class DishOnMenu(Body):
    """A dish on a meal's menu; `choice` where a diner takes one of several sets."""

    dish_id: UUID
    choice: Choice | None = None


class MealSessionChange(Body):
    """What changes of a meal; what is left out stays as it is."""

    cutoff_at: Instant | None = None
    service_mode: ServiceMode | None = None
    serves_from: Instant | None = None
    serves_until: Instant | None = None
    dishes: Annotated[list[DishOnMenu], Field(max_length=60)] | None = None


class MealSessionClose(Body):
    """Why the canteen does not hold a meal that people may have registered for."""

    reason: Note


class WeekTarget(Body):
    """A week to plan."""

    week: Week
    make_up_as: _Weekday | None = Field(
        default=None,
        description="whose menu the make-up workdays (调休) get; null: none is planned for them",
    )


class WeekCopy(WeekTarget):
    """Plan a week as another one was planned."""

    canteen_id: UUID
    from_week: Week


class SkipReason(StrEnum):
    """Why a meal was not planned."""

    REST_DAY = "rest_day"
    MAKE_UP_DAY = "make_up_day"
    EXISTS = "exists"
    TOO_LATE = "too_late"


class MadeMeal(BaseModel):
    """A meal that was planned."""

    meal_session_id: UUID
    date: Day
    meal: Meal


class SkippedMeal(BaseModel):
    """A meal that was not planned."""

    date: Day
    meal: Meal
    reason: SkipReason


class WeekPlanned(BaseModel):
    """What became of each meal of a week."""

    made: list[MadeMeal]
    skipped: list[SkippedMeal]
    left_out: list[str] = Field(description="dishes that were retired since")


class MealOfWeek(BaseModel):
    """A meal of a kept week."""

    weekday: _Weekday
    meal: Meal
    capacity: Seats
    service_mode: ServiceMode
    serves_from: ClockTime | None
    serves_until: ClockTime | None
    dishes: list[DishOnMenu]


class MenuTemplateCreate(Body):
    """Keep a planned week under a name."""

    canteen_id: UUID
    name: Name
    week: Week


class MenuTemplateReplace(Body):
    """Another name, and another week where one is given."""

    name: Name
    week: Week | None = Field(default=None, description="null: the kept meals stay")


class MenuTemplate(BaseModel):
    """A week's menu kept for use again (周菜单模板)."""

    id: UUID
    canteen_id: UUID
    name: str
    meals: list[MealOfWeek]
