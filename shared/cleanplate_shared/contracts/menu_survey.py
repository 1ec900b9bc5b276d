"""Contract of the menu service: ratings of dishes, what was left of them, what was decided."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from cleanplate_shared.contracts.common import Body, Day, Grams, Meal, Name, Note
from cleanplate_shared.contracts.menu import DishKind, DishState


class RatingTag(StrEnum):
    """好吃, 偏咸, 偏淡, 偏油, 偏硬, 凉了, 量多, 量少."""

    GOOD = "good"
    SALTY = "salty"
    BLAND = "bland"
    OILY = "oily"
    TOUGH = "tough"
    COLD = "cold"
    TOO_MUCH = "too_much"
    TOO_LITTLE = "too_little"


class DishRating(Body):
    """One dish in a diner's opinion."""

    dish_id: UUID
    stars: Annotated[int, Field(ge=1, le=5, strict=True)]
    tags: Annotated[list[RatingTag], Field(max_length=8)] = []


class RatingsCreate(Body):
    """What a diner thinks of dishes of one meal; dishes that are left out are not rated."""

    dishes: Annotated[list[DishRating], Field(min_length=1, max_length=60)]


class Rated(BaseModel):
    """That a registration's diner has rated; what, nobody can look up any more."""

    registration_id: UUID
    dishes: int


class DueDish(BaseModel):
    """A dish that may be rated."""

    id: UUID
    name: str
    kind: DishKind


class RatingDue(BaseModel):
    """A meal that the diner ate and has not rated yet."""

    registration_id: UUID
    meal_session_id: UUID
    canteen_id: UUID
    date: Day
    meal: Meal
    until: Day = Field(description="the last day for it")
    dishes: list[DueDish]


class DishScore(BaseModel):
    """A dish in the figures of the last 60 days.

    `stars` (1 to 5) is the mean, shrunk towards the mean of the dish's kind at the canteen; it and
    `tags` are given from 5 ratings on. `left_share` is left per prepared mass, 0 to 1.
    """

    dish_id: UUID
    name: str
    kind: DishKind
    state: DishState
    ratings: int
    stars: float | None
    tags: dict[RatingTag, int]
    meals: int = Field(description="at which the leftovers were weighed")
    left_share: float | None
    reply: str | None


class Interval(BaseModel):
    """A change with its 95 % confidence interval."""

    value: float
    low: float
    high: float


class DishFigures(BaseModel):
    """A dish in plain means, not shrunk; `stars` from 5 ratings on."""

    ratings: int
    stars: float | None
    meals: int
    left_share: float | None


class Comparison(BaseModel):
    """A dish in the 60 days before the last decision, and since; None where it cannot be said."""

    before: DishFigures
    after: DishFigures
    stars_change: Interval | None
    left_change: Interval | None = Field(description="of the share left, -0.10 = 10 points less")


class DishDecisionKind(StrEnum):
    """What a kitchen decides about a dish: 保留, 改进, 试供, 淘汰."""

    KEEP = "keep"
    ADJUST = "adjust"
    TRIAL = "trial"
    RETIRE = "retire"


class DishDecisionCreate(Body):
    """A decision, and the kitchen's words to the diners."""

    decision: DishDecisionKind
    reply: Note
    trial_until: Day | None = Field(default=None, description="last day of a trial")


class DishDecision(BaseModel):
    """A decision with the figures it was made on."""

    id: UUID
    dish_id: UUID
    name: str
    decision: DishDecisionKind
    reply: str
    trial_until: date | None
    stars: float | None
    ratings: int
    left_share: float | None
    at: datetime


class QueueReason(StrEnum):
    """Why a dish is in the queue."""

    FIGURES = "figures"
    TRIAL_OVER = "trial_over"


class QueuedDish(BaseModel):
    """A dish to decide about; figures count since the last decision, at most 60 days.

    `score` = (5 - stars) / 4 * left_share: 0 (liked, or eaten up) to 1. None after a trial that
    brought too little to say.
    """

    dish_id: UUID
    name: str
    kind: DishKind
    state: DishState
    why: QueueReason
    score: float | None
    ratings: int
    stars: float | None
    tags: dict[RatingTag, int]
    meals: int
    left_share: float | None
    kind_stars: float | None = Field(description="mean of all dishes of the kind here")
    kind_left_share: float | None
    decided: DishDecision | None
    comparison: Comparison | None


class Leftover(Body):
    """What was prepared and what was left of a dish."""

    dish_id: UUID
    prepared_grams: Annotated[Grams, Field(ge=1)]
    left_grams: Grams


class LeftoversPut(Body):
    """All leftovers of a meal; a dish that is left out was not weighed."""

    items: Annotated[list[Leftover], Field(max_length=60)]


class DishLeftover(BaseModel):
    """A dish of a meal, and what was left of it.

    Until it is weighed, `left_grams` is None and `prepared_grams` is what the registered portions
    come to.
    """

    dish_id: UUID
    name: str
    kind: DishKind
    prepared_grams: int
    left_grams: int | None


class Leftovers(BaseModel):
    """The dishes of a meal, and what was left of them."""

    meal_session_id: UUID
    items: list[DishLeftover]


class RatingSheetRow(BaseModel):
    """One row of the ratings import (评价导入): cards of a paper survey that say the same."""

    date: Day = Field(title="日期", examples=["2026-03-02"])
    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    dish: Name = Field(title="菜名", examples=["番茄炒蛋"])
    stars: Annotated[int, Field(ge=1, le=5)] = Field(title="星级", examples=[4])
    tags: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="", title="评语", examples=["salty"], description="codes, separated by spaces"
    )
    count: Annotated[int, Field(ge=1, le=5000)] = Field(default=1, title="份数", examples=[3])


class LeftoverSheetRow(BaseModel):
    """One row of the leftovers import (余菜导入): a dish of a past meal."""

    date: Day = Field(title="日期", examples=["2026-03-02"])
    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    meal: Meal = Field(title="餐次", examples=["lunch"])
    dish: Name = Field(title="菜名", examples=["番茄炒蛋"])
    prepared_grams: Annotated[int, Field(ge=1, le=10_000_000)] = Field(
        title="备餐克数", examples=[24000]
    )
    left_grams: Annotated[int, Field(ge=0, le=10_000_000)] = Field(
        title="剩余克数", examples=[1800]
    )
