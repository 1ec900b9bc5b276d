"""Contract of the report service: how much less was wasted, and how sure that is."""

from enum import StrEnum

from pydantic import BaseModel


class ChangeVerdict(StrEnum):
    """What the figures allow to say."""

    DECREASE = "decrease"
    INCREASE = "increase"
    NO_SIGNIFICANT_CHANGE = "no_significant_change"
    NOT_ENOUGH_DATA = "not_enough_data"


class Effect(BaseModel):
    """What the measure did beyond what happened to canteens without it."""

    change: float
    ci95: tuple[float, float]
    verdict: ChangeVerdict
    canteens_treated: int
    canteens_untreated: int


class Measure(BaseModel):
    """A change and what it rests on; None where there are not enough days.

    Rates are grams per diner and meal; changes are shares, -0.15 is 15 % less.
    """

    rate_before: float | None
    rate_after: float | None
    raw_change: float | None
    adjusted_change: float | None
    ci95: tuple[float, float] | None
    avoided_kg: float | None
    avoided_kg_ci95: tuple[float, float] | None
    smallest_detectable_change: float | None
    verdict: ChangeVerdict
    days_before: int
    days_after: int


class CanteenMeasure(Measure):
    """The change of one canteen."""

    canteen: str


class OverallMeasure(Measure):
    """The change of all canteens together, and the effect where some were not treated."""

    effect: Effect | None = None


class Measured(BaseModel):
    """The outcome of a measurement; `model_dump_json()` is what `--json` prints."""

    overall: OverallMeasure
    canteens: list[CanteenMeasure]
