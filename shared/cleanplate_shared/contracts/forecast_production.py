"""Contract of the forecast service: what to cook, what the cook decided, and how that went."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Body, Day, Meal, Note, Portion
from cleanplate_shared.contracts.menu import DishKind
from cleanplate_shared.contracts.menu_registrations import Rice

Portions = Annotated[int, Field(ge=0, le=100_000, strict=True)]
_Fen = Annotated[int, Field(ge=0, le=1_000_000, strict=True)] | None
_Batch = Annotated[int, Field(ge=1, le=10_000, strict=True)] | None


class QuantityRule(Body):
    """What a portion too few or too many costs, and how a dish is cooked; null: as usual."""

    shortage_fen: _Fen = Field(default=None, description="one portion too few")
    surplus_fen: _Fen = Field(default=None, description="one portion too many")
    refill_fen: _Fen = Field(default=None, description="more per portion in a small batch")
    pot_portions: _Batch = Field(default=None, description="the first batch is whole pots")
    refill_portions: Annotated[int, Field(ge=0, le=10_000, strict=True)] | None = Field(
        default=None, description="of a small batch; 0: no refills"
    )
    refill_minutes: Annotated[int, Field(ge=1, le=600, strict=True)] | None = Field(
        default=None, description="from noticing to serving a small batch"
    )


class QuantityRulesPut(Body):
    """A canteen's rules by kind of dish, and for single dishes, in place of those before."""

    kinds: dict[DishKind, QuantityRule] = {}
    dishes: Annotated[dict[UUID, QuantityRule], Field(max_length=500)] = {}


class QuantityRules(QuantityRulesPut):
    """A canteen's rules, and what follows for each kind."""

    effective: dict[DishKind, QuantityRule] = Field(description="nothing is null here")


class Refills(BaseModel):
    """Small batches while a meal is served (小锅续供)."""

    portions: int = Field(description="of one batch")
    at_most: int = Field(description="batches")
    when_left: int = Field(description="start one when so many portions are left")


class ProductionOverride(BaseModel):
    """What a cook decided in place of the suggestion; numbered per dish and meal."""

    number: int
    portions: int | None = Field(description="null: the suggestion after all")
    suggested_portions: int | None = Field(description="at that time; null: nothing yet")
    reason: str
    made_by: str | None = Field(description="null: not for this reader, or forgotten")
    made_at: datetime


class DishOverride(ProductionOverride):
    """A decision with the dish and the meal that it was about."""

    meal_session_id: UUID
    date: Day
    meal: Meal
    dish_id: UUID
    dish: str | None = Field(description="its name; null: not known any more")


class DishPlan(BaseModel):
    """How much to cook of a dish at a meal.

    `portions` is the cook's decision where there is one, and else the suggestion. A portion is what
    one diner takes; `sizes` says how many are whole, half and small.
    """

    dish_id: UUID
    name: str
    kind: DishKind
    choice: str | None
    portions: int
    grams: int
    sizes: dict[Portion, int]
    suggested_portions: int
    first_portions: int = Field(description="to be cooked before service")
    refills: Refills | None
    rounding_portions: int = Field(description="added by whole pots and batches only")
    quantile: float = Field(description="the chance with which the suggestion suffices")
    expected_portions: float
    low_portions: float = Field(description="at least so many in 9 of 10 cases")
    high_portions: float = Field(description="at most so many in 9 of 10 cases")
    taking: int = Field(description="registered heads that take it for certain")
    reason: str
    override: ProductionOverride | None
    refilled_portions: int


class ProductionPlan(BaseModel):
    """What to cook for a meal."""

    meal_session_id: UUID
    canteen_id: UUID
    date: Day
    meal: Meal
    registered: int | None
    diners: float = Field(description="expected")
    quantiles: dict[str, float] = Field(description="of the diners, by level")
    rice: dict[Rice, int] = Field(description="registered heads by helping")
    dishes: list[DishPlan]
    model: str
    made_at: datetime


class OverridePut(Body):
    """How much to cook of a dish, and why."""

    portions: Portions | None = Field(description="null: the suggestion after all")
    reason: Note


class RefillCreate(Body):
    """A small batch that was cooked while the meal was served."""

    dish_id: UUID
    portions: Annotated[int, Field(ge=1, le=10_000, strict=True)]


class Refill(BaseModel):
    """A small batch that was cooked while the meal was served."""

    id: UUID
    meal_session_id: UUID
    dish_id: UUID
    portions: int
    at: datetime


class Outcome(BaseModel):
    """A quantity, and what it cost or would have cost against what was asked for."""

    portions: int
    cost_fen: int | None = Field(description="null: not known how many were asked for")


class DishRecord(BaseModel):
    """A dish when its day is over: the suggestion beside what was cooked.

    Where nothing was left, more may have been asked for: `sold_out`, and nobody knows the costs.
    """

    dish_id: UUID
    name: str
    asked_portions: int | None = Field(
        description="at least so many, if sold out; null: not weighed"
    )
    sold_out: bool
    suggestion: Outcome
    cooked: Outcome
    difference_fen: int | None = Field(description="cooked less suggestion; below 0: cheaper")
    overrides: int
    reason: str | None = Field(description="of the last override")


class ProductionRecord(BaseModel):
    """What was cooked for a meal beside what was suggested: numbers, nobody's name."""

    meal_session_id: UUID
    dishes: list[DishRecord]
    suggestion_fen: int = Field(description="over the dishes where both costs are known")
    cooked_fen: int
