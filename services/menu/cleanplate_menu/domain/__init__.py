"""Rules and arithmetic of the menu: no database, no web."""

from cleanplate_menu.domain.codes import CODE_LENGTH, pickup_code, pickup_codes
from cleanplate_menu.domain.days import at_clock, default_cutoff, end_of_day, meal_time
from cleanplate_menu.domain.portions import portion_grams
from cleanplate_menu.domain.recipes import gross_milligrams, served_milligrams
from cleanplate_menu.domain.reminding import is_quiet, quiet_from, remind_at
from cleanplate_menu.domain.turnout import Turnout, turnout
from cleanplate_menu.domain.weeks import menu_of, monday_of

__all__ = [
    "CODE_LENGTH",
    "Turnout",
    "at_clock",
    "default_cutoff",
    "end_of_day",
    "gross_milligrams",
    "is_quiet",
    "meal_time",
    "menu_of",
    "monday_of",
    "pickup_code",
    "pickup_codes",
    "portion_grams",
    "quiet_from",
    "remind_at",
    "served_milligrams",
    "turnout",
]
