"""Words of feeds, free of what their formats cannot hold."""

import re
from collections.abc import Sequence
from enum import Enum

from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import Allergen
from cleanplate_shared.i18n import Locale, msg
from cleanplate_shared.labels import words_of

# XML 1.0 knows no other characters (its production 2); C1 controls are of no use to anybody.
_NOT_TEXT = re.compile("[^\\x20-\\x7e\\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
_LONGEST = 250


def plain(text: str) -> str:
    """Return text in one line, without characters that are none, at most 250 of them."""
    return " ".join(_NOT_TEXT.sub(" ", text).split())[:_LONGEST].strip() or "–"


def meal_name(meal: Meal, locale: Locale) -> str:
    """Return 午餐 or Lunch."""
    return _said(meal, locale)


def contains(allergens: Sequence[Allergen], locale: Locale) -> str | None:
    """Return the sentence that names allergens; None if there are none to name."""
    if not allergens:
        return None
    between = "、" if locale == "zh" else ", "
    listed = between.join(_said(one, locale) for one in allergens)
    return msg("Contains: {allergens}", allergens=listed).in_(locale)


def _said(code: Enum, locale: Locale) -> str:
    words = words_of(code)
    return str(code.value) if words is None else words.in_(locale)
