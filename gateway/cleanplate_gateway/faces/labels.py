"""Words for the codes that data carries."""

from enum import Enum

from cleanplate_shared.contracts.common import Meal, Portion
from cleanplate_shared.contracts.directory import OrganizationKind
from cleanplate_shared.contracts.menu import Allergen, DishKind
from cleanplate_shared.contracts.menu_door import FailureKind, NoShowState
from cleanplate_shared.contracts.menu_planning import AbsenceKind, Diet
from cleanplate_shared.contracts.menu_registrations import Rice
from cleanplate_shared.contracts.waste import Reason, Stream
from cleanplate_shared.i18n import Message, msg
from cleanplate_shared.roles import Role

LABELS: dict[Enum, Message] = {
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
    NoShowState.COUNTED: msg("Did not come"),
    NoShowState.GRACED: msg("Did not come, not counted"),
    NoShowState.EXPLAINED: msg("Explained"),
    NoShowState.DISPUTED: msg("Disputed"),
    NoShowState.UPHELD: msg("Was there"),
    NoShowState.WITHDRAWN: msg("Withdrawn"),
    FailureKind.SOLD_OUT: msg("Food was sold out"),
    FailureKind.CLOSED: msg("The canteen was closed"),
    FailureKind.NOT_AS_REGISTERED: msg("Not what was registered for"),
    FailureKind.LONG_WAIT: msg("The wait was too long"),
    FailureKind.OTHER: msg("Something else"),
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
    Role.DINER: msg("Diner"),
    Role.COOK: msg("Cook"),
    Role.MANAGER: msg("Manager"),
    Role.SUPERVISOR: msg("Supervisor"),
    Role.OVERSEER: msg("Overseer"),
    Role.ADMIN: msg("Administrator"),
    OrganizationKind.OVERSIGHT: msg("Oversight body"),
    OrganizationKind.ORGANIZATION: msg("Organisation"),
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
}
