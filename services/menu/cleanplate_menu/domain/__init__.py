"""Rules and arithmetic of the menu: no database, no web."""

from cleanplate_menu.domain.codes import CODE_LENGTH, pickup_code
from cleanplate_menu.domain.days import default_cutoff, end_of_day, meal_time
from cleanplate_menu.domain.portions import portion_grams
from cleanplate_menu.domain.turnout import Turnout, turnout

__all__ = [
    "CODE_LENGTH",
    "Turnout",
    "default_cutoff",
    "end_of_day",
    "meal_time",
    "pickup_code",
    "portion_grams",
    "turnout",
]
