"""Which tables can be imported at the desk."""

from dataclasses import dataclass

from pydantic import BaseModel

from cleanplate_shared.contracts.directory import PersonSheetRow, UnitSheetRow
from cleanplate_shared.contracts.forecast_given import GivenSheetRow
from cleanplate_shared.contracts.forecast_purchasing import IngredientSheetRow, StockSheetRow
from cleanplate_shared.contracts.menu import (
    DishSheetRow,
    HistorySheetRow,
    MealSessionSheetRow,
    RegistrationSheetRow,
)
from cleanplate_shared.contracts.menu_door import CountSheetRow
from cleanplate_shared.contracts.menu_planning import AbsenceSheetRow
from cleanplate_shared.contracts.menu_recipes import RecipeSheetRow
from cleanplate_shared.contracts.menu_survey import LeftoverSheetRow, RatingSheetRow
from cleanplate_shared.contracts.waste import WeighingSheetRow
from cleanplate_shared.contracts.waste_manifests import ManifestSheetRow
from cleanplate_shared.contracts.waste_reconciliation import CollectionSheetRow
from cleanplate_shared.i18n import Locale, Message, msg


@dataclass(frozen=True)
class Kind:
    """A table that can be imported, and the service that takes it."""

    code: str
    service: str
    name: Message
    hint: Message
    row: type[BaseModel]

    def column(self, name: str, locale: Locale) -> str:
        """Return a column as the template heads it, in English with the name that works too."""
        known = self.row.model_fields.get(name)
        if known is None or not known.title:
            return name
        return known.title if locale == "zh" else f"{known.title} ({name})"


_KNOWN_AHEAD = msg(
    "one row per day or meal, past and coming; columns x_… with numbers or text that the forecast "
    "may look at. A file of past attendance with such columns can be brought here as well"
)
KINDS = {
    kind.code: kind
    for kind in (
        Kind(
            "units",
            "directory",
            msg("Units"),
            msg("one row per unit of an organisation"),
            UnitSheetRow,
        ),
        Kind(
            "people",
            "directory",
            msg("People"),
            msg("one row per person; units come first"),
            PersonSheetRow,
        ),
        Kind("dishes", "menu", msg("Dishes"), msg("one row per dish of a canteen"), DishSheetRow),
        Kind(
            "recipes",
            "menu",
            msg("Recipes"),
            msg("one row per ingredient of a dish"),
            RecipeSheetRow,
        ),
        Kind(
            "meal-sessions",
            "menu",
            msg("Meal plan"),
            msg("one row per meal of a day"),
            MealSessionSheetRow,
        ),
        Kind(
            "history",
            "menu",
            msg("Past attendance"),
            msg("one row per meal: how many came"),
            HistorySheetRow,
        ),
        Kind(
            "counts",
            "menu",
            msg("Diner counts"),
            msg("one row per meal: counted by what"),
            CountSheetRow,
        ),
        Kind(
            "registrations",
            "menu",
            msg("Past registrations"),
            msg("one row per diner and meal"),
            RegistrationSheetRow,
        ),
        Kind(
            "absences",
            "menu",
            msg("Leave and business trips"),
            msg("one row per absence"),
            AbsenceSheetRow,
        ),
        Kind(
            "ratings",
            "menu",
            msg("Paper surveys"),
            msg("one row per dish, stars and words"),
            RatingSheetRow,
        ),
        Kind(
            "leftovers",
            "menu",
            msg("Past leftovers"),
            msg("one row per dish of a meal"),
            LeftoverSheetRow,
        ),
        Kind(
            "columns", "forecast", msg("Weather, events and the like"), _KNOWN_AHEAD, GivenSheetRow
        ),
        Kind(
            "ingredients",
            "forecast",
            msg("Ingredients"),
            msg("one row per ingredient bought"),
            IngredientSheetRow,
        ),
        Kind(
            "stock",
            "forecast",
            msg("Stock"),
            msg("one row per ingredient and day of expiry"),
            StockSheetRow,
        ),
        Kind(
            "weighings",
            "waste",
            msg("Past weighings"),
            msg("one row per stream and day"),
            WeighingSheetRow,
        ),
        Kind(
            "collections",
            "waste",
            msg("Haulers' statements"),
            msg("one row per collection, weighed by the hauler"),
            CollectionSheetRow,
        ),
        Kind(
            "manifests",
            "waste",
            msg("Past manifests"),
            msg("one row per collection, as it stands on paper"),
            ManifestSheetRow,
        ),
    )
}
