"""Contract of the waste service: weighings, and waste per diner-meal."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, computed_field

from cleanplate_shared.contracts.common import Body, Code, Day, Grams, Instant, Meal, Name
from cleanplate_shared.contracts.waste_tiers import DataTier
from cleanplate_shared.events import Event

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Stream(StrEnum):
    """Where waste arises (domain: Zhejiang's three streams, refined). The last two do not count."""

    SPOILAGE = "spoilage"
    PREP_UNAVOIDABLE = "prep_unavoidable"
    PREP_AVOIDABLE = "prep_avoidable"
    UNSERVED = "unserved"
    PLATE = "plate"
    OIL = "oil"
    NONFOOD = "nonfood"


FOOD_STREAMS = tuple(stream for stream in Stream if stream not in {Stream.OIL, Stream.NONFOOD})


class Reason(StrEnum):
    """Why it was wasted, as the cook sees it."""

    OVERPRODUCTION = "overproduction"
    TASTE = "taste"
    LATE_CANCELLATION = "late_cancellation"
    QUALITY = "quality"
    NORMAL_LOSS = "normal_loss"
    EXPIRED = "expired"


class Method(StrEnum):
    """How the grams were found (FLW Standard: direct weighing, or converted from a volume)."""

    SCALE = "scale"
    TYPED = "typed"
    VOLUME = "volume"


class Unit(StrEnum):
    """What a cook says amounts in: kilograms, 斤 (500 g), 升, 桶."""

    KG = "kg"
    JIN = "jin"
    LITRE = "litre"
    BUCKET = "bucket"


class Entered(BaseModel):
    """An amount as it was entered, and what a unit of it weighs."""

    quantity: Annotated[str, StringConstraints(pattern=r"^(0|[1-9]\d{0,4})(\.\d{1,3})?$")]
    unit: Unit
    grams_per_unit: Annotated[int, Field(ge=1, le=1_000_000, strict=True)]

    @property
    def grams(self) -> int:
        """Return the amount in grams, halves rounded up."""
        exact = Decimal(self.quantity) * self.grams_per_unit
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


class WeighingItem(BaseModel):
    """One reading of the scale; net = gross - tare, and zero says "weighed, nothing there".

    Attributes:
        entered: what `gross_grams` was computed from.
        dish_id, food: of what it is the waste, where somebody said so.
        photo_sha256: of the photo that will follow.
        corrects: the record whose place this one takes.
        withdraws: there was no such weighing; gross and tare are 0.
        previous_hash, hash: see `cleanplate_shared.chain`; both or neither.
    """

    id: UUID
    canteen_id: UUID
    meal_session_id: UUID | None = None
    stream: Stream
    gross_grams: Grams
    tare_grams: Grams
    device_id: Code
    sequence: Annotated[int, Field(ge=0, le=2**53, strict=True)]
    weighed_at: Instant
    reason: Reason | None = None
    container: Name | None = None
    method: Method = Method.TYPED
    entered: Entered | None = None
    dish_id: UUID | None = None
    food: Name | None = None
    photo_sha256: Digest | None = None
    corrects: UUID | None = None
    withdraws: bool = False
    previous_hash: Digest | None = None
    hash: Digest | None = None


class Weighing(BaseModel):
    """A weighing as it was kept.

    Attributes:
        weighed_at, received_at: by the device's clock and by the server's.
        clock_skew_seconds: the server's clock minus the device's when it was sent; None: not said.
        corrected_by: the record that took this one's place; it is in no sum any more.
    """

    id: UUID
    canteen_id: UUID
    meal_session_id: UUID | None
    date: Day
    meal: Meal | None
    stream: Stream
    gross_grams: int
    tare_grams: int
    net_grams: int
    reason: Reason | None
    container: str | None
    method: Method
    entered: Entered | None
    dish_id: UUID | None
    food: str | None
    photo_sha256: str | None
    device_id: str
    sequence: int
    corrects: UUID | None
    withdraws: bool
    corrected_by: UUID | None
    weighed_at: datetime
    received_at: datetime
    clock_skew_seconds: int | None


class DeviceChain(BaseModel):
    """The records of one device in one canteen, and where their chain does not hold.

    Attributes:
        gaps: first and last number of what is missing.
        breaks: numbers of records that name another record as their predecessor than the one there
            is, or that two records bear.
        altered: numbers of records that are not what the device sent.
        lost: numbers up to which records were once here, but are not any more.
    """

    device_id: str
    records: int
    chained: int
    first_sequence: int
    last_sequence: int
    first_at: datetime
    last_at: datetime
    clock_skew_seconds: int | None
    gaps: list[tuple[int, int]]
    breaks: list[int]
    altered: list[int]
    lost: int | None


class SummaryBy(StrEnum):
    """How a summary is cut."""

    DAY = "day"
    MEAL = "meal"
    STREAM = "stream"


class SummaryItem(BaseModel):
    """Waste per diner-meal. The denominator is the independent attendance count.

    A row that is not complete (a stream was not weighed, or nobody counted the diners) has no rate.
    """

    date: Day | None = Field(description="None when cut by stream")
    meal: Meal | None = Field(description="set when cut by meal; None there = the canteen's day")
    stream: Stream | None = Field(description="set when cut by stream")
    net_grams: int
    served: int | None
    grams_per_diner_meal: float | None
    complete: bool
    missing: list[Stream]
    days: int = Field(description="open days counted into the rate")


class WasteSummary(BaseModel):
    """The summary of one canteen over some days; where the tier is not A, show it with rates."""

    items: list[SummaryItem]
    tier: DataTier


class CanteenSum(BaseModel):
    """One canteen's food waste over some days: sums over its complete days.

    Attributes:
        days: on which something was weighed or somebody ate.
        complete_days: those of them that are in the sums.
    """

    canteen_id: UUID
    name: str
    days: int
    complete_days: int
    net_grams: int
    served: int

    @computed_field
    def grams_per_diner_meal(self) -> float | None:
        """Return the rate, a ratio of sums; None without a complete day."""
        return self.net_grams / self.served if self.served else None


def _counts(stream: Stream) -> Stream:
    if stream not in FOOD_STREAMS:
        raise ValueError("oil and nonfood are outside the totals")
    return stream


class RequiredStreams(Body):
    """The streams that a canteen has to weigh for a complete day."""

    streams: Annotated[
        list[Annotated[Stream, AfterValidator(_counts)]], Field(min_length=1, max_length=5)
    ]


class WeighingSheetRow(BaseModel):
    """One row of the weighings import (称重台账导入)."""

    date: Day = Field(title="日期", examples=["2026-03-02"])
    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    meal: Meal | None = Field(
        default=None, title="餐次", examples=["lunch"], description="empty: the whole day"
    )
    stream: Stream = Field(title="类别", examples=["plate"])
    net_grams: Annotated[int, Field(ge=0, le=10_000_000)] = Field(title="净重克", examples=[12500])
    reason: Reason | None = Field(default=None, title="原因", examples=["overproduction"])


class StreamTotal(BaseModel):
    """One stream of one day."""

    stream: Stream
    net_grams: int
    covered: bool = Field(description="weighed for the day, or for each of its open meals")


class DayWaste(BaseModel):
    """One canteen's day: what was weighed, who was served, whether it is complete."""

    canteen_id: UUID
    date: Day
    served: int | None
    streams: list[StreamTotal]
    complete: bool
    version: int


class DaysWeighed(Event):
    """Days got new weighings or a new count of diners; totals, not changes; at most 500."""

    name: ClassVar[str] = "waste.days_weighed.v1"
    days: Annotated[list[DayWaste], Field(max_length=500)]
