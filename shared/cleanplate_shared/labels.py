"""Words for the codes that data carries, and codes for the words that people write."""

from enum import Enum
from functools import cache
from typing import get_args

from cleanplate_shared.contracts.common import Meal, Portion
from cleanplate_shared.contracts.directory import OrganizationKind
from cleanplate_shared.contracts.menu import Allergen, DishKind, DishState, ServiceMode
from cleanplate_shared.contracts.menu_door import FailureKind, NoShowState
from cleanplate_shared.contracts.menu_groups import GroupKind
from cleanplate_shared.contracts.menu_planning import AbsenceKind, Diet, UnitMealMode
from cleanplate_shared.contracts.menu_registrations import Rice
from cleanplate_shared.contracts.menu_survey import DishDecisionKind, RatingTag
from cleanplate_shared.contracts.menu_weeks import SkipReason
from cleanplate_shared.contracts.report_measurement import ChangeVerdict
from cleanplate_shared.contracts.waste import Reason, Stream
from cleanplate_shared.contracts.waste_inventory import LifecycleStage, Whither
from cleanplate_shared.contracts.waste_manifests import (
    Destination,
    How,
    Licence,
    ManifestState,
    WasteKind,
)
from cleanplate_shared.contracts.waste_reconciliation import WeekOutcome
from cleanplate_shared.contracts.waste_scale_checks import Verdict
from cleanplate_shared.contracts.waste_sorting import Food, Material
from cleanplate_shared.contracts.waste_tiers import TierReason
from cleanplate_shared.contracts.waste_treatment import OutputKind
from cleanplate_shared.i18n import Locale, Message, msg
from cleanplate_shared.roles import Role

_LABELS: dict[Enum, Message] = {
    GroupKind.GUEST: msg("Guests"),
    GroupKind.OFFICIAL: msg("Official meal"),
    Meal.BREAKFAST: msg("Breakfast"),
    Meal.LUNCH: msg("Lunch"),
    Meal.DINNER: msg("Dinner"),
    Portion.FULL: msg("Full portion"),
    Portion.HALF: msg("Half portion"),
    Portion.SMALL: msg("Small portion"),
    Rice.NORMAL: msg("Normal rice"),
    Rice.LESS: msg("Less rice"),
    Rice.NONE: msg("No rice"),
    Diet.VEGETARIAN: msg("Vegetarian"),
    Diet.HALAL: msg("Halal"),
    Diet.NO_PORK: msg("No pork"),
    Diet.NO_SPICY: msg("Not spicy"),
    Diet.LESS_SALT: msg("Less salt"),
    Diet.SOFT: msg("Soft food"),
    AbsenceKind.LEAVE: msg("Leave"),
    AbsenceKind.TRIP: msg("Business trip"),
    AbsenceKind.OTHER: msg("Other"),
    UnitMealMode.OPT_IN: msg("Opt in"),
    UnitMealMode.OPT_OUT: msg("Opt out"),
    NoShowState.COUNTED: msg("Did not come"),
    NoShowState.GRACED: msg("Did not come, not counted"),
    NoShowState.EXPLAINED: msg("Explained"),
    NoShowState.DISPUTED: msg("Disputed"),
    NoShowState.UPHELD: msg("Was there"),
    NoShowState.WITHDRAWN: msg("Withdrawn"),
    Allergen.GLUTEN: msg("gluten"),
    Allergen.CRUSTACEANS: msg("crustaceans"),
    Allergen.FISH: msg("fish"),
    Allergen.EGGS: msg("eggs"),
    Allergen.PEANUTS: msg("peanuts"),
    Allergen.SOY: msg("soy"),
    Allergen.MILK: msg("milk"),
    Allergen.NUTS: msg("nuts"),
    Allergen.SESAME: msg("sesame"),
    DishKind.STAPLE: msg("Staple"),
    DishKind.MEAT: msg("Meat"),
    DishKind.VEGETABLE: msg("Vegetable"),
    DishKind.SOUP: msg("Soup"),
    DishKind.SIDE: msg("Side"),
    ServiceMode.BUFFET: msg("Buffet"),
    ServiceMode.SET: msg("Set meal"),
    ServiceMode.WEIGH: msg("Paid by weight"),
    ServiceMode.CHOICE: msg("A choice of sets"),
    SkipReason.REST_DAY: msg("a day of rest"),
    SkipReason.MAKE_UP_DAY: msg("a make-up day, for which no menu was chosen"),
    SkipReason.EXISTS: msg("there is a meal already"),
    SkipReason.TOO_LATE: msg("its cut-off would have passed"),
    Role.DINER: msg("Diner"),
    Role.COOK: msg("Cook"),
    Role.MANAGER: msg("Manager"),
    Role.SUPERVISOR: msg("Supervisor"),
    Role.OVERSEER: msg("Overseer"),
    Role.ADMIN: msg("Administrator"),
    OrganizationKind.OVERSIGHT: msg("Oversight body"),
    OrganizationKind.ORGANIZATION: msg("Organisation"),
    TierReason.AGREES: msg("weighed and collected agree, and days are complete"),
    TierReason.INCOMPLETE: msg("weighed and collected agree, but too many days are not complete"),
    TierReason.DIFFERS: msg("weighed and collected differ somewhat"),
    TierReason.FAR_OFF: msg("weighed and collected are far apart"),
    TierReason.NOT_COMPARED: msg("too few weeks can be compared with what was collected"),
    WeekOutcome.COMPARED: msg("compared"),
    WeekOutcome.GAP: msg("not every stream was weighed"),
    WeekOutcome.NOT_COLLECTED: msg("no collected weight"),
    WeekOutcome.HAULER_SILENT: msg("collected without the hauler's weight"),
    WeekOutcome.NOT_WEIGHED: msg("nothing was weighed"),
    Food.RICE_NOODLES: msg("Rice and noodles"),
    Food.VEGETABLES: msg("Vegetables"),
    Food.MEAT_POULTRY: msg("Meat and poultry"),
    Food.FISH: msg("Fish and seafood"),
    Food.EGGS: msg("Eggs"),
    Food.SOYA: msg("Soya"),
    Food.FRUIT: msg("Fruit"),
    Food.SOUP_LIQUID: msg("Soup and liquid"),
    Food.OTHER: msg("Other food"),
    Material.EDIBLE: msg("Edible"),
    Material.INEDIBLE: msg("Inedible"),
    Material.NONFOOD: msg("Not food"),
    Whither.ON_SITE: msg("Treated on site"),
    Whither.NOT_KNOWN: msg("Destination not known"),
    LifecycleStage.STORAGE: msg("Storage"),
    LifecycleStage.PREPARATION: msg("Preparation"),
    LifecycleStage.SERVING: msg("Serving"),
    LifecycleStage.CONSUMPTION: msg("Consumption"),
    Stream.SPOILAGE: msg("Spoiled in store"),
    Stream.PREP_UNAVOIDABLE: msg("Peel and bones"),
    Stream.PREP_AVOIDABLE: msg("Avoidable trimmings"),
    Stream.UNSERVED: msg("Cooked, not served"),
    Stream.PLATE: msg("Left on plates"),
    Stream.OIL: msg("Used oil"),
    Stream.NONFOOD: msg("Not food"),
    Reason.OVERPRODUCTION: msg("Too much cooked"),
    Reason.TASTE: msg("Not to the taste"),
    Reason.LATE_CANCELLATION: msg("Cancelled late"),
    Reason.QUALITY: msg("Poor quality"),
    Reason.NORMAL_LOSS: msg("Normal loss"),
    Reason.EXPIRED: msg("Past its date"),
    RatingTag.GOOD: msg("tasty"),
    RatingTag.SALTY: msg("too salty"),
    RatingTag.BLAND: msg("too bland"),
    RatingTag.OILY: msg("too oily"),
    RatingTag.TOUGH: msg("too tough"),
    RatingTag.COLD: msg("cold"),
    RatingTag.TOO_MUCH: msg("too much"),
    RatingTag.TOO_LITTLE: msg("too little"),
    DishState.OFFERED: msg("In use"),
    DishState.TRIAL: msg("On trial"),
    DishState.RETIRED: msg("Retired"),
    DishDecisionKind.KEEP: msg("Keep"),
    DishDecisionKind.ADJUST: msg("Adjust"),
    DishDecisionKind.TRIAL: msg("On trial"),
    DishDecisionKind.RETIRE: msg("Retire"),
    WasteKind.FOOD: msg("Kitchen waste"),
    Destination.ANIMAL_FEED: msg("Animal feed"),
    Destination.BIOMATERIAL: msg("Bio-based materials"),
    Destination.CODIGESTION: msg("Anaerobic digestion"),
    Destination.COMPOSTING: msg("Composting"),
    Destination.COMBUSTION: msg("Controlled combustion"),
    Destination.LAND_APPLICATION: msg("Land application"),
    Destination.LANDFILL: msg("Landfill"),
    Destination.NOT_HARVESTED: msg("Not harvested"),
    Destination.REFUSE: msg("Refuse"),
    Destination.SEWER: msg("Sewer"),
    Licence.VALID: msg("Licence valid"),
    Licence.EXPIRES_SOON: msg("Licence expires soon"),
    Licence.EXPIRED: msg("Licence expired"),
    Licence.NOT_YET: msg("Licence not valid yet"),
    Licence.UNKNOWN: msg("No licence known"),
    How.SIGN_IN: msg("signed in"),
    How.LINK: msg("by the driver's code"),
    How.IMPORT: msg("from a table"),
    OutputKind.PRODUCT: msg("Product"),
    OutputKind.RESIDUE: msg("Residue"),
}
# A code is its text, and "other" is one of these and of absences too.
_FAILURES: dict[Enum, Message] = {
    FailureKind.SOLD_OUT: msg("Food was sold out"),
    FailureKind.CLOSED: msg("The canteen was closed"),
    FailureKind.NOT_AS_REGISTERED: msg("Not what was registered for"),
    FailureKind.LONG_WAIT: msg("The wait was too long"),
    FailureKind.OTHER: msg("Something else"),
}
_MANIFESTS: dict[Enum, Message] = {
    ManifestState.DRAFT: msg("Draft"),
    ManifestState.HANDED_OVER: msg("Waits for the driver"),
    ManifestState.RECEIVED: msg("Received, not closed"),
    ManifestState.DISPUTED: msg("The weights differ"),
    ManifestState.CLOSED: msg("Finished"),
    ManifestState.VOIDED: msg("Voided"),
}
_SCALES: dict[Enum, Message] = {
    Verdict.GOOD: msg("In order"),
    Verdict.OFF: msg("Off: have it adjusted"),
    Verdict.FAILED: msg("Failed: weights are doubtful"),
}
_CHANGES: dict[Enum, Message] = {
    ChangeVerdict.DECREASE: msg("Clearly less"),
    ChangeVerdict.INCREASE: msg("Clearly more"),
    ChangeVerdict.NO_SIGNIFICANT_CHANGE: msg("Not significant"),
    ChangeVerdict.NOT_ENOUGH_DATA: msg("Too few data"),
}
_OWN: dict[type, dict[Enum, Message]] = {
    FailureKind: _FAILURES,
    ManifestState: _MANIFESTS,
    Verdict: _SCALES,
    ChangeVerdict: _CHANGES,
}


def words_of(code: Enum | str) -> Message | None:
    """Return the words for a code of the contracts, if it has some."""
    return _OWN.get(type(code), _LABELS).get(code)  # type: ignore[arg-type]


def code_of(kind: type[Enum], word: str) -> str:
    """Return the code of `kind` that a word stands for, in any language; else the word itself."""
    return _codes(kind).get(word.strip().casefold(), word)


@cache
def _codes(kind: type[Enum]) -> dict[str, str]:
    said = [(code, words) for code in kind if (words := words_of(code)) is not None]
    return {
        words.in_(locale).casefold(): code.value
        for code, words in said
        for locale in get_args(Locale)
    }
