"""Contract of the menu service: menus that anybody may read, and a diner's own calendar."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import Allergen, DishKind


class PublicCanteen(BaseModel):
    """A canteen whose menu anybody may read."""

    id: UUID
    name: str


class PublicDish(BaseModel):
    """A dish on a public menu."""

    name: str
    kind: DishKind
    allergens: list[Allergen]
    portion_grams: int
    choice: str | None = Field(description="A, B, ... of which a diner takes one; None: for all")


class PublicMeal(BaseModel):
    """A meal on a public menu; times are known, or the usual ones of the meal."""

    id: UUID
    date: date
    meal: Meal
    serves_from: datetime
    serves_until: datetime
    closed_reason: str | None
    dishes: list[PublicDish]


class PublicMenu(BaseModel):
    """What a canteen offers from a week ago to two weeks ahead."""

    canteen_id: UUID
    canteen: str
    time_zone: str
    today: date
    meals: list[PublicMeal]


class FeedAddress(BaseModel):
    """Where a diner's own calendar is; whoever knows it reads it. It is told once."""

    path: str
