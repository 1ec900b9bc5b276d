"""What the supply service tells: ingredients, stock by lots, and what is on order."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Day, Grams, Name
from cleanplate_shared.events import Event

_Many = Field(max_length=500)


class IngredientOffer(BaseModel):
    """How an ingredient of recipes is bought by a canteen."""

    canteen_id: UUID
    ingredient: Name = Field(description="as recipe cards name it")
    category: Name | None
    supplier: Name | None
    pack_grams: Annotated[int, Field(ge=1, le=1_000_000)]
    lead_days: Annotated[int, Field(ge=0, le=60)]
    shelf_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        description="it can be cooked on so many days, the day of delivery included"
    )
    price_fen_per_kg: Annotated[int, Field(ge=0, le=10_000_000)] | None
    version: int


class IngredientsChanged(Event):
    """Ingredients are bought in another way than before."""

    name: ClassVar[str] = "supply.ingredients_changed.v1"
    items: Annotated[list[IngredientOffer], _Many]


class Lot(BaseModel):
    """A part of the stock that expires on one day; on that day it is not cooked any more."""

    grams: Grams
    expires_on: date = Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))


class StockOfIngredient(BaseModel):
    """All lots of one ingredient; totals, not changes."""

    canteen_id: UUID
    ingredient: Name
    lots: Annotated[list[Lot], _Many]
    version: int


class StockChanged(Event):
    """Something was received, issued, thrown away or counted."""

    name: ClassVar[str] = "supply.stock_changed.v1"
    items: Annotated[list[StockOfIngredient], _Many]


class Order(BaseModel):
    """Ordered and not received yet."""

    grams: Grams
    arrives_on: Day


class OrdersOfIngredient(BaseModel):
    """All that is on order of one ingredient; totals, not changes."""

    canteen_id: UUID
    ingredient: Name
    orders: Annotated[list[Order], _Many]
    version: int


class OrdersChanged(Event):
    """Something was ordered, received or called off."""

    name: ClassVar[str] = "supply.orders_changed.v1"
    items: Annotated[list[OrdersOfIngredient], _Many]
