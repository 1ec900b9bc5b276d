"""Contract of the forecast service: what to buy, and how ingredients are bought and kept."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Body, Day, Name

_PACK = Field(ge=1, le=1_000_000, description="grams of a pack")
_LEAD = Field(ge=0, le=60, description="days from ordering to delivery")
_SHELF = Field(
    ge=1, le=3650, description="days on which it can be cooked, the day of delivery included"
)
_Level = Annotated[float, Field(ge=0.01, le=0.99)] | None
_Stock = Annotated[int, Field(ge=0, le=100_000_000, strict=True)] | None


class IngredientTerms(Body):
    """How a canteen buys an ingredient, as its recipe cards name it."""

    ingredient: Name
    category: Name | None = None
    supplier: Name | None = None
    pack_grams: Annotated[int, _PACK]
    lead_days: Annotated[int, _LEAD] = 1
    shelf_days: Annotated[int, _SHELF]
    price_fen_per_kg: Annotated[int, Field(ge=0, le=10_000_000, strict=True)] | None = None
    is_bought: bool = Field(default=True, description="water from the tap is not")
    level: _Level = Field(default=None, description="wanted chance that it suffices; null: usual")
    reorder_grams: _Stock = Field(default=None, description="s of (s, S)")
    upto_grams: _Stock = Field(default=None, description="S of (s, S)")


class IngredientsPut(Body):
    """All ingredients of a canteen, in place of those before."""

    items: Annotated[list[IngredientTerms], Field(max_length=2000)]


class StockLot(BaseModel):
    """A part of the stock that expires on one day."""

    ingredient: str
    grams: int
    expires_on: Day


class PlannedDelivery(BaseModel):
    """What to have delivered on a day, and for which days."""

    deliver_on: Day
    last_day: Day = Field(description="until which it is for")
    order_by: Day
    is_late: bool = Field(description="it would have had to be ordered before today")
    packs: int
    grams: int
    is_capped: bool = Field(description="a pack less, as it would not be used up before it expires")
    outlives: bool = Field(description="more than is expected to be used before it expires")


class PurchaseRow(BaseModel):
    """What to buy of an ingredient for a range of days; grams as bought.

    to_buy = packs x pack, and rounding is what only whole packs add. needed - expected is what is
    bought for safety.
    """

    ingredient: str
    category: str | None
    supplier: str | None
    needed_grams: int = Field(description="suffices with the chance `quantile`")
    expected_grams: int
    on_hand_grams: int = Field(description="in store, and can still be cooked on the first day")
    on_order_grams: int = Field(description="of what is on order, used for these days")
    to_buy_grams: int
    packs: int
    pack_grams: int
    safety_grams: int
    rounding_grams: int
    expiring_grams: int = Field(description="in store, and will expire before it is used")
    quantile: float
    price_fen_per_kg: int | None
    cost_fen: int | None
    is_known: bool = Field(description="False: nobody said how it is bought; usual packs and days")
    deliveries: list[PlannedDelivery]
    reason: str


class PurchaseSum(BaseModel):
    """What is bought of a category from a supplier."""

    supplier: str | None
    category: str | None
    ingredients: int
    to_buy_grams: int
    cost_fen: int | None = Field(description="null: a price is not known")


class PurchasePlan(BaseModel):
    """What to buy for a range of days, by supplier and category.

    `without_recipe` are dishes that nothing could be planned for; `without_forecast` counts meals
    that nobody can say anything about yet; `cards_to_check` are dishes whose recipe card does not
    come to the grams of a portion (more than a fifth beside it).
    """

    canteen_id: UUID
    date_from: Day
    date_to: Day
    items: list[PurchaseRow]
    sums: list[PurchaseSum]
    meals: int
    without_recipe: list[str]
    without_forecast: int
    cards_to_check: list[str]


class IngredientSheetRow(BaseModel):
    """One row of the ingredients import (食材导入): how a canteen buys an ingredient."""

    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    ingredient: Name = Field(title="食材", examples=["番茄"])
    category: Name | None = Field(default=None, title="品类", examples=["蔬菜"])
    supplier: Name | None = Field(default=None, title="供应商", examples=["城南菜场"])
    pack_grams: Annotated[int, _PACK] = Field(title="包装克数", examples=[5000])
    lead_days: Annotated[int, _LEAD] = Field(default=1, title="提前天数", examples=[1])
    shelf_days: Annotated[int, _SHELF] = Field(title="保质天数", examples=[4])
    price_yuan_per_kg: Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=2)] | None = Field(
        default=None, title="每公斤元", examples=["6.50"]
    )
    is_bought: bool = Field(default=True, title="需采购", examples=[True])
    level: Annotated[Decimal, Field(ge=1, le=99)] | None = Field(
        default=None, title="满足率%", examples=[80], description="empty: as usual"
    )
    reorder_grams: Annotated[int, Field(ge=0, le=100_000_000)] | None = Field(
        default=None, title="最低库存克数", examples=[""], description="s of (s, S)"
    )
    upto_grams: Annotated[int, Field(ge=0, le=100_000_000)] | None = Field(
        default=None, title="最高库存克数", examples=[""], description="S of (s, S)"
    )


class StockSheetRow(BaseModel):
    """One row of the stock import (库存导入): a lot; all lots of an ingredient that is named."""

    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    ingredient: Name = Field(title="食材", examples=["番茄"])
    grams: Annotated[int, Field(ge=0, le=10_000_000)] = Field(title="克数", examples=[12000])
    expires_on: Day = Field(title="到期日", examples=["2026-03-05"])
