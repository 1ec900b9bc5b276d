"""What the forecast service does when others tell something."""

from sqlmodel import Session

from cleanplate_forecast.actions import sessions
from cleanplate_forecast.actions.production import learning as menus
from cleanplate_forecast.actions.purchasing import learning as supplies
from cleanplate_shared.contracts.menu import MealSessionsChanged
from cleanplate_shared.contracts.menu_recipes import DishesChanged
from cleanplate_shared.contracts.supply import IngredientsChanged, OrdersChanged, StockChanged
from cleanplate_shared.events import Handlers


def _learn_sessions(session: Session, event: MealSessionsChanged) -> None:
    sessions.learn_sessions(session, event)
    menus.learn_menus(session, event)


HANDLERS: Handlers = {
    MealSessionsChanged.name: (MealSessionsChanged, _learn_sessions),
    DishesChanged.name: (DishesChanged, menus.learn_dishes),
    IngredientsChanged.name: (IngredientsChanged, supplies.learn_ingredients),
    StockChanged.name: (StockChanged, supplies.learn_stock),
    OrdersChanged.name: (OrdersChanged, supplies.learn_orders),
}
