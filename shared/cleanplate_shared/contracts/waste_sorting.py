"""Contract of the waste service: sampled sorting (抽样分拣), and what it says of all bins."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from cleanplate_shared.contracts.common import Body, Day, Grams, Meal
from cleanplate_shared.contracts.waste import FOOD_STREAMS, Stream


class Food(StrEnum):
    """What is found in a bin."""

    RICE_NOODLES = "rice_noodles"
    VEGETABLES = "vegetables"
    MEAT_POULTRY = "meat_poultry"
    FISH = "fish_seafood"
    EGGS = "egg"
    SOYA = "soya"
    FRUIT = "fruit"
    SOUP_LIQUID = "soup_liquid"
    OTHER = "other_food"


class Material(StrEnum):
    """The two material types of the FLW Standard, and what should not be in the bin."""

    EDIBLE = "edible"
    INEDIBLE = "inedible"
    NONFOOD = "nonfood_found"


def _is_food(stream: Stream) -> Stream:
    if stream not in FOOD_STREAMS:
        raise ValueError("oil and nonfood are not sorted")
    return stream


class StreamDraw(Body):
    """How many of a stream's bins are drawn: one in so many."""

    stream: Annotated[Stream, AfterValidator(_is_food)]
    one_in: Annotated[int, Field(ge=1, le=100, strict=True)]


def _each_once(draws: list[StreamDraw]) -> list[StreamDraw]:
    if len({draw.stream for draw in draws}) != len(draws):
        raise ValueError("a stream comes twice")
    return draws


class SortingPlanCreate(Body):
    """A week whose bins are drawn for sorting.

    Attributes:
        week: any day of it; it begins on Monday.
        seed: the same seed draws the same bins; None: a new one.
    """

    canteen_id: UUID
    week: Day
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, strict=True)] | None = None
    streams: Annotated[
        list[StreamDraw], Field(min_length=1, max_length=5), AfterValidator(_each_once)
    ]


class PlannedStream(BaseModel):
    """A stream of a plan, and how far its sorting is."""

    stream: Stream
    one_in: int
    bins: int
    drawn: int
    sorted: int


class SortingPlan(BaseModel):
    """A week's plan."""

    id: UUID
    canteen_id: UUID
    week: Day
    seed: int
    streams: list[PlannedStream]


class SortingPlans(BaseModel):
    """A canteen's plans, newest week first."""

    items: list[SortingPlan]


class Part(Body):
    """What was found of one food."""

    food: Food
    edible_grams: Grams
    inedible_grams: Grams


def _each_food_once(parts: list[Part]) -> list[Part]:
    if len({part.food for part in parts}) != len(parts):
        raise ValueError("a food comes twice")
    return parts


class SortedBinPut(Body):
    """What a bin held; the parts must add up to the bin, give or take 5 % or 100 g."""

    parts: Annotated[list[Part], Field(max_length=9), AfterValidator(_each_food_once)]
    nonfood_grams: Grams


class SortedBin(BaseModel):
    """What a bin held, as it was entered last."""

    parts: list[Part]
    nonfood_grams: int
    sorted_at: datetime


class DrawnBin(BaseModel):
    """A bin that was drawn; `sorted` is None while it waits."""

    weighing_id: UUID
    date: Day
    meal: Meal | None
    weighed_at: datetime
    stream: Stream
    container: str | None
    bin_grams: int
    tolerance_grams: int
    sorted: SortedBin | None


class DrawnBins(BaseModel):
    """Drawn bins of some days, newest first."""

    items: list[DrawnBin]


class Basis(StrEnum):
    """What a stream's shares rest on."""

    SORTED = "sorted"
    DEFINITION = "definition"
    TOO_FEW = "too_few"


class ShareEstimate(BaseModel):
    """A share of the mass of a stream's bins, with standard error and 95 % interval."""

    value: float
    standard_error: float
    low: float
    high: float


class MaterialShare(BaseModel):
    """The share of a material."""

    material: Material
    share: ShareEstimate


class FoodShare(BaseModel):
    """The share of a food, edible and inedible together."""

    food: Food
    share: ShareEstimate


class StreamEstimate(BaseModel):
    """What sorting says of one stream.

    Attributes:
        missing_bins: how many more sorted bins an estimate needs.
    """

    stream: Stream
    net_grams: int
    basis: Basis
    drawn: int
    sorted: int
    missing_bins: int
    materials: list[MaterialShare]
    foods: list[FoodShare]


class RateEstimate(BaseModel):
    """A rate with its standard error and 95 % interval."""

    value: float
    standard_error: float
    low: float
    high: float


class SortingEstimates(BaseModel):
    """What sorting says of a canteen's bins over some days.

    Attributes:
        edible_grams_per_diner_meal: over complete days (人均可食浪费); None while a
            stream with waste lacks sorted bins, or no day is complete.
        missing: the streams that lack sorted bins.
    """

    streams: list[StreamEstimate]
    edible_grams_per_diner_meal: RateEstimate | None
    missing: list[Stream]
