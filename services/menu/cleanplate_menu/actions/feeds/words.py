"""Words of feeds, free of what their formats cannot hold."""

import re
from collections.abc import Sequence

from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import Allergen
from cleanplate_shared.i18n import Locale, Message, msg

# XML 1.0 knows no other characters (its production 2); C1 controls are of no use to anybody.
_NOT_TEXT = re.compile("[^\\x20-\\x7e\\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
_MEALS = {
    Meal.BREAKFAST: msg("Breakfast"),
    Meal.LUNCH: msg("Lunch"),
    Meal.DINNER: msg("Dinner"),
}
_ALLERGENS = {
    Allergen.GLUTEN: msg("gluten"),
    Allergen.CRUSTACEANS: msg("crustaceans"),
    Allergen.FISH: msg("fish"),
    Allergen.EGGS: msg("eggs"),
    Allergen.PEANUTS: msg("peanuts"),
    Allergen.SOY: msg("soy"),
    Allergen.MILK: msg("milk"),
    Allergen.NUTS: msg("nuts"),
    Allergen.SESAME: msg("sesame"),
}
_LONGEST = 250


def plain(text: str) -> str:
    """Return text in one line, without characters that are none, at most 250 of them."""
    return " ".join(_NOT_TEXT.sub(" ", text).split())[:_LONGEST].strip() or "–"


def meal_name(meal: Meal, locale: Locale) -> str:
    """Return 午餐 or Lunch."""
    return _MEALS[meal].in_(locale)


def contains(allergens: Sequence[Allergen], locale: Locale) -> str | None:
    """Return the sentence that names allergens; None if there are none to name."""
    if not allergens:
        return None
    words: Sequence[Message] = [_ALLERGENS[one] for one in allergens]
    between = "、" if locale == "zh" else ", "
    listed = between.join(word.in_(locale) for word in words)
    return msg("Contains: {allergens}", allergens=listed).in_(locale)
