"""Tables of the menu service."""

from cleanplate_menu.models.base import Table
from cleanplate_menu.models.door import (
    CanteenFailureRow,
    CheckInRow,
    MealJudgedRow,
    NoShowRow,
)
from cleanplate_menu.models.groups import OfficialMealRow, OfficialStandardRow
from cleanplate_menu.models.menus import (
    CanteenSettingsRow,
    DishPhotoRow,
    DishRow,
    MealRuleRow,
    MealSessionRow,
    MenuStampRow,
    MenuTemplateRow,
    RecipeIngredientRow,
    RecipeRow,
    SessionDishRow,
)
from cleanplate_menu.models.registrations import (
    AbsenceRow,
    ChannelRow,
    DinerPreferenceRow,
    FeedKeyRow,
    KnownPersonRow,
    NoticeRow,
    PatternRow,
    RegistrationRow,
    UnitModeRow,
    UnitSecretaryRow,
    WaitingRow,
)
from cleanplate_menu.models.survey import DishDecisionRow, LeftoverRow, RatedRow, RatingRow

# The tables themselves, for statements that are built once and for batches.
DISHES = Table.metadata.tables["dish"]
SESSIONS = Table.metadata.tables["meal_session"]
SESSION_DISHES = Table.metadata.tables["session_dish"]
REGISTRATIONS = Table.metadata.tables["registration"]
WAITING = Table.metadata.tables["waiting"]
CHECK_INS = Table.metadata.tables["check_in"]
FAILURES = Table.metadata.tables["canteen_failure"]
NO_SHOWS = Table.metadata.tables["no_show"]
MEALS_JUDGED = Table.metadata.tables["meal_judged"]
CHANNELS = Table.metadata.tables["channel"]
NOTICES = Table.metadata.tables["notice"]
PEOPLE = Table.metadata.tables["known_person"]
PATTERNS = Table.metadata.tables["pattern"]
ABSENCES = Table.metadata.tables["absence"]
PREFERENCES = Table.metadata.tables["diner_preference"]
UNIT_MODES = Table.metadata.tables["unit_mode"]
RATED = Table.metadata.tables["rated"]
RATINGS = Table.metadata.tables["rating"]
FEED_KEYS = Table.metadata.tables["feed_key"]
LEFTOVERS = Table.metadata.tables["leftover"]
MENU_STAMPS = Table.metadata.tables["menu_stamp"]

__all__ = [
    "ABSENCES",
    "CHANNELS",
    "CHECK_INS",
    "DISHES",
    "FAILURES",
    "FEED_KEYS",
    "LEFTOVERS",
    "MEALS_JUDGED",
    "MENU_STAMPS",
    "NOTICES",
    "NO_SHOWS",
    "PATTERNS",
    "PEOPLE",
    "PREFERENCES",
    "RATED",
    "RATINGS",
    "REGISTRATIONS",
    "SESSIONS",
    "SESSION_DISHES",
    "UNIT_MODES",
    "WAITING",
    "AbsenceRow",
    "CanteenFailureRow",
    "CanteenSettingsRow",
    "ChannelRow",
    "CheckInRow",
    "DinerPreferenceRow",
    "DishDecisionRow",
    "DishPhotoRow",
    "DishRow",
    "FeedKeyRow",
    "KnownPersonRow",
    "LeftoverRow",
    "MealJudgedRow",
    "MealRuleRow",
    "MealSessionRow",
    "MenuStampRow",
    "MenuTemplateRow",
    "NoShowRow",
    "NoticeRow",
    "OfficialMealRow",
    "OfficialStandardRow",
    "PatternRow",
    "RatedRow",
    "RatingRow",
    "RecipeIngredientRow",
    "RecipeRow",
    "RegistrationRow",
    "SessionDishRow",
    "Table",
    "UnitModeRow",
    "UnitSecretaryRow",
    "WaitingRow",
]
