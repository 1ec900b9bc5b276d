"""Who is told of what: the event map of the whole suite, on one page."""

from cleanplate_shared.contracts import (
    directory,
    menu,
    menu_recipes,
    supply,
    waste,
    waste_tiers,
)
from cleanplate_shared.events import Subscriptions

# In the order of starting: the directory's keys are needed by all others.
SERVICES = ("directory", "menu", "forecast", "waste", "report")
_ALL_BUT_DIRECTORY = tuple(name for name in SERVICES if name != "directory")

SUBSCRIPTIONS: Subscriptions = {
    directory.CanteenChanged.name: _ALL_BUT_DIRECTORY,
    directory.SignInsEnded.name: _ALL_BUT_DIRECTORY,
    directory.CalendarDaySet.name: _ALL_BUT_DIRECTORY,
    directory.PeopleChanged.name: ("menu",),
    menu.MealSessionsChanged.name: ("forecast", "waste", "report"),
    menu_recipes.DishesChanged.name: ("forecast",),
    supply.IngredientsChanged.name: ("forecast",),
    supply.StockChanged.name: ("forecast",),
    supply.OrdersChanged.name: ("forecast",),
    waste.DaysWeighed.name: ("report",),
    waste_tiers.TiersJudged.name: ("report",),
}
