"""Contract of the forecast service: forecasts beside what came, decisions beside suggestions."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Day, Meal, Month
from cleanplate_shared.contracts.forecast_production import DishRecord


class ScoredMeal(BaseModel):
    """The last forecast of a meal beside who came."""

    meal_session_id: UUID
    date: Day
    meal: Meal
    registered: int | None
    mean: float = Field(ge=0)
    quantiles: dict[str, float] = Field(
        description='diners by level, "0.05" to "0.95" by a learnt model; "0.1", "0.5" and "0.9" '
        "always; never crossing"
    )
    served: int | None = Field(description="null: not known, or the day is not over")
    naive: int | None = Field(
        description="who came to this meal on the same weekday before; null: not in four weeks"
    )
    is_published: bool = Field(
        description="False: worked out afterwards from what was known on the eve"
    )
    model: str
    made_at: datetime


class ForecastScore(BaseModel):
    """How good the forecasts of some meals were; only meals whose diners are known.

    The errors are those of the middle forecast (the 0.5 quantile) and of the naive forecast, over
    the same `compared` meals: the sum of all deviations, over the sum of diners (WAPE).
    """

    meals: int = Field(description="whose diners are known")
    published: int = Field(description="of these, with a forecast that was published before")
    inside: int = Field(description="of these, with the diners within the 80 % range")
    coverage80: float | None = Field(ge=0, le=1, description="inside over meals; null: no meal")
    compared: int = Field(description="meals that have a naive forecast as well")
    error: float | None = Field(ge=0, description="WAPE; null: nobody came")
    naive_error: float | None = Field(ge=0, description="WAPE; null: nobody came")


class MonthScore(ForecastScore):
    """The score of one meal in one month."""

    month: Month
    meal: Meal


class ForecastScores(BaseModel):
    """Forecasts beside what came, day by day, by meal and month, and over all."""

    canteen_id: UUID
    date_from: Day
    date_to: Day
    items: list[ScoredMeal] = Field(description="by day and meal")
    months: list[MonthScore] = Field(description="newest first")
    total: ForecastScore


class DecidedDish(DishRecord):
    """A dish that a cook decided about, when its day is over: numbers, nobody's name."""

    meal_session_id: UUID
    date: Day
    meal: Meal


class DecisionRecord(BaseModel):
    """What cooks decided in place of suggestions, and what each would have cost."""

    items: list[DecidedDish] = Field(description="newest day first")
    known: int = Field(description="dishes of which both costs are known")
    suggestion_fen: int = Field(description="over the known ones")
    cooked_fen: int
