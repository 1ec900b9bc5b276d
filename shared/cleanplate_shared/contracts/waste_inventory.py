"""Contract of the waste service: the food loss and waste inventory (FLW Standard 1.0).

docs/flw.md says which column answers which of the standard's reporting requirements.
"""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from cleanplate_shared.contracts.common import Day
from cleanplate_shared.contracts.waste import Method, Stream
from cleanplate_shared.contracts.waste_reconciliation import FactorEstimate
from cleanplate_shared.contracts.waste_sorting import Basis
from cleanplate_shared.contracts.waste_tiers import DataTier, Tier


class MaterialType(StrEnum):
    """What a kilogram is: the FLW Standard's two types, or what stands outside them."""

    FOOD = "food"
    INEDIBLE_PARTS = "inedible_parts"
    NOT_SEPARATED = "food_and_inedible_parts"
    NONFOOD = "not_food"
    OIL = "used_oil"


class Whither(StrEnum):
    """Where a kilogram went: the ten destinations, or what is not one of them."""

    ANIMAL_FEED = "animal_feed"
    BIOMATERIAL = "biomaterial"
    CODIGESTION = "codigestion"
    COMPOSTING = "composting"
    COMBUSTION = "combustion"
    LAND_APPLICATION = "land_application"
    LANDFILL = "landfill"
    NOT_HARVESTED = "not_harvested"
    REFUSE = "refuse"
    SEWER = "sewer"
    ON_SITE = "treated_on_site"
    NOT_KNOWN = "not_known"


class LifecycleStage(StrEnum):
    """Where in the food service it arose."""

    STORAGE = "storage"
    PREPARATION = "preparation"
    SERVING = "serving"
    CONSUMPTION = "consumption"


class InventoryRow(BaseModel):
    """A line of the inventory; the grams of all lines are those weighed, to the gram.

    Attributes:
        share_basis: what the split by material rests on.
        share, share_standard_error: of the material in its stream.
        sampled_from, sampled_to: first and last day of the bins that may have been drawn.
        rho: collected divided by weighed, in the period.
        factor, factor_low, factor_high: which part of what was collected had been weighed.
    """

    date: Day
    canteen: str
    geography: str
    food_category: str
    lifecycle_stage: LifecycleStage | None
    stream: Stream
    material_type: MaterialType
    destination: Whither
    grams: int
    in_kitchen_waste_total: bool
    in_flw_total: bool
    method: Method
    share_basis: Basis | None
    share: float | None
    share_standard_error: float | None
    bins_sorted: int
    sampled_from: Day | None
    sampled_to: Day | None
    day_complete: bool
    tier: Tier
    rho: float | None
    factor: float | None
    factor_low: float | None
    factor_high: float | None
    weeks_compared: int
    base_period: str
    assurance: str


class ScopeBox(BaseModel):
    """What the figures are about: timeframe, material types, destinations, boundary."""

    date_from: Day
    date_to: Day
    material_types: list[MaterialType]
    destinations: list[Whither]
    canteen: str
    geography: str
    lifecycle_stages: list[LifecycleStage]
    streams: list[Stream]


class Totals(BaseModel):
    """The two totals, and what is in none.

    Attributes:
        kitchen_waste_grams: 厨余垃圾: all food streams as weighed.
        flw_grams: food and inedible parts that left the human chain, animal feed excluded; what
            is no food was taken out by the share that sorting found.
    """

    kitchen_waste_grams: int
    flw_grams: int
    food_grams: int
    inedible_grams: int
    not_separated_grams: int
    animal_feed_grams: int
    nonfood_found_grams: int
    oil_grams: int
    nonfood_grams: int


class Footprint(BaseModel):
    """What the food in the waste stood for, as a range; of the waste, not of anything avoided.

    Attributes:
        low, high: in `unit`; orders of magnitude from elsewhere, no interval of chance.
    """

    quantity: str
    unit: str
    low: float
    high: float
    factor_version: str
    boundary: str
    sources: list[str]


class Inventory(BaseModel):
    """A canteen's inventory in short.

    Attributes:
        footprint: of `food_grams`; empty where edible and inedible are not separated.
    """

    canteen_id: UUID
    scope: ScopeBox
    totals: Totals
    tier: DataTier
    factor: FactorEstimate | None
    days_open: int
    days_complete: int
    footprint: list[Footprint]
