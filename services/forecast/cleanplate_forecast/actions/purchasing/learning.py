"""Ingredients, stock and orders as the supply service tells them."""

from typing import Any

from sqlmodel import Session

from cleanplate_forecast.models import INGREDIENTS, ON_ORDER, STOCK
from cleanplate_shared.contracts.supply import (
    IngredientsChanged,
    OrdersChanged,
    OrdersOfIngredient,
    StockChanged,
    StockOfIngredient,
)
from cleanplate_shared.newest import keep_newest


def learn_ingredients(session: Session, event: IngredientsChanged) -> None:
    """Remember how ingredients are bought; levels and reorder points set by hand stay."""
    usual = {"is_bought": True}
    keep_newest(session, INGREDIENTS, [usual | item.model_dump() for item in event.items])


def learn_stock(session: Session, event: StockChanged) -> None:
    """Remember the lots in store; what is not newer is ignored."""
    keep_newest(session, STOCK, [_as_row(item) for item in event.items])


def learn_orders(session: Session, event: OrdersChanged) -> None:
    """Remember what is on order; what is not newer is ignored."""
    keep_newest(session, ON_ORDER, [_as_row(item) for item in event.items])


def _as_row(item: StockOfIngredient | OrdersOfIngredient) -> dict[str, Any]:
    """Return it with its lots as JSON has them, and its id as the column has it."""
    return item.model_dump(mode="json") | {"canteen_id": item.canteen_id}
