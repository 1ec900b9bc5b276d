"""Words for the codes that data carries."""

from enum import Enum

from cleanplate_shared.contracts.common import Meal, Portion
from cleanplate_shared.contracts.directory import OrganizationKind
from cleanplate_shared.contracts.menu import Allergen, DishKind
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
