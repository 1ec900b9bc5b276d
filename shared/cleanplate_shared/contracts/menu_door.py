"""Contract of the menu service: the door's roster, counts, no-shows and the canteen's failures."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Body, Count, Day, Meal, Month, Name, Note, Portion
from cleanplate_shared.contracts.menu_registrations import RegistrationKind, Rice


class CountSource(StrEnum):
    """What counted who ate: 闸机, 收银, 餐盘, 人工."""

    TURNSTILE = "turnstile"
    TILL = "till"
    PLATES = "plates"
    BY_HAND = "by_hand"


class AttendanceCountCreate(Body):
    """An independent count of who ate; it overrides check-ins."""

    served: Count
    source: CountSource = CountSource.BY_HAND


class CountSheetRow(BaseModel):
    """One row of the counts import (就餐人数导入): who ate, counted by something else."""

    date: Day = Field(title="日期", examples=["2026-03-02"])
    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    meal: Meal = Field(title="餐次", examples=["lunch"])
    served: Annotated[int, Field(ge=0, le=1_000_000)] = Field(title="就餐人数", examples=[412])
    source: CountSource = Field(
        default=CountSource.BY_HAND, title="计数来源", examples=["turnstile"]
    )


class RosterEntry(BaseModel):
    """A standing registration as the door needs it; `headcount` people come on one code."""

    registration_id: UUID
    code: str
    name: str
    number: str = Field(description="empty if it is the card of somebody else who eats here")
    card_hash: str | None = Field(
        description="SHA-256 in hex of `{meal_session_id}:{card}`; None: no card"
    )
    unit: str | None
    kind: RegistrationKind
    headcount: int
    portion: Portion
    rice: Rice
    choice: str | None
    served: bool


class Roster(BaseModel):
    """Who is registered for a meal, so that a door without a network can decide."""

    meal_session_id: UUID
    date: Day
    meal: Meal
    entries: list[RosterEntry]
    complete: bool = Field(description="false: there are more than 10,000, and these are the first")


class NoShowState(StrEnum):
    """What became of a no-show.

    `graced` and `counted` are the door's word; `explained` and `disputed` are the diner's;
    `upheld` (the diner was there, or nobody answered the dispute in seven days) and `withdrawn`
    (a late check-in or count, or the canteen failed) mean that there was none.
    """

    COUNTED = "counted"
    GRACED = "graced"
    EXPLAINED = "explained"
    DISPUTED = "disputed"
    UPHELD = "upheld"
    WITHDRAWN = "withdrawn"


class NoShow(BaseModel):
    """A registered diner was not checked in; shown to that diner alone."""

    registration_id: UUID
    canteen_id: UUID
    date: Day
    meal: Meal
    state: NoShowState
    reason: str | None = Field(description="what the diner said")
    answer: str | None = Field(description="what the manager said")
    decided: bool = Field(description="a manager decided a dispute; it cannot be disputed again")


class NoShowReason(Body):
    """Why a diner could not come."""

    reason: Note


class NoShowDispute(Body):
    """The diner says: I was there."""

    note: Note | None = None


class Dispute(BaseModel):
    """A disputed no-show as the deciding manager sees it."""

    registration_id: UUID
    date: Day
    meal: Meal
    name: str
    number: str
    unit: str | None
    note: str | None
    disputed_at: datetime
    upheld_at: datetime = Field(description="without a decision it is upheld from then on")


class DisputeDecision(Body):
    """A manager's decision of a dispute, with its reason."""

    upheld: bool = Field(description="true: the diner was there")
    answer: Note


class FailureKind(StrEnum):
    """How a canteen failed a registered diner."""

    SOLD_OUT = "sold_out"
    CLOSED = "closed"
    NOT_AS_REGISTERED = "not_as_registered"
    LONG_WAIT = "long_wait"
    OTHER = "other"


class CanteenFailureCreate(Body):
    """A registered diner reports that the canteen failed."""

    kind: FailureKind
    note: Note | None = None


class CanteenFailure(BaseModel):
    """A failure of the canteen, as its diner and its managers see it; it names nobody."""

    id: UUID
    canteen_id: UUID
    date: Day
    meal: Meal
    kind: FailureKind
    note: str | None
    reply: str | None


class FailureReply(Body):
    """What the canteen says to a failure."""

    reply: Note


class FailureCounts(BaseModel):
    """A month's failures of a canteen; `failed` counts registrations."""

    closed_meals: int
    failed_by_closing: int = Field(description="seats registered for meals that were closed")
    reported: dict[FailureKind, int]
    replied: int


class NoShowRate(BaseModel):
    """No-shows of a group of diners; the figures are None where `suppressed`."""

    registered: int | None
    no_shows: int | None
    rate: float | None = Field(description="no-shows per registration, 0 to 1")
    suppressed: bool = Field(description="fewer than ten diners, or they could be worked out")


class UnitNoShowRate(NoShowRate):
    """No-shows of one unit in a month."""

    unit_id: UUID | None
    unit: str | None


class NoShowRates(BaseModel):
    """A month's no-shows by unit, beside what the canteen failed its diners."""

    canteen_id: UUID
    month: Month
    meals: int = Field(description="meals that the figures are about: the door was used there")
    total: NoShowRate
    units: list[UnitNoShowRate]
    failures: FailureCounts
