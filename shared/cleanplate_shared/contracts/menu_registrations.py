"""Contract of the menu service: registrations (报餐), waiting, giving a meal to a colleague."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from cleanplate_shared.contracts.common import Body, Day, Meal, Portion

Choice = Annotated[
    str, StringConstraints(pattern=r"^[A-D]$"), Field(description="which of the meal's sets")
]
Dishes = Annotated[list[UUID], Field(max_length=60, description="dish ids")]


class Rice(StrEnum):
    """米饭: 正常, 少, 不要."""

    NORMAL = "normal"
    LESS = "less"
    NONE = "none"


class RegistrationKind(StrEnum):
    """One's own seat, seats for guests, or an official meal (公务用餐)."""

    PERSON = "person"
    GUEST = "guest"
    OFFICIAL = "official"


class RegistrationSource(StrEnum):
    """How a registration came about."""

    SELF = "self"
    PROXY = "proxy"
    PATTERN = "pattern"
    OPT_OUT = "opt_out"
    WAITING = "waiting"
    GIFT = "gift"


class RegistrationStatus(StrEnum):
    """What became of a registration."""

    REGISTERED = "registered"
    CANCELLED = "cancelled"
    GIVEN = "given"


class RegistrationCreate(Body):
    """A diner's registration (报餐); for somebody else with `person_id`."""

    meal_session_id: UUID
    portion: Portion = Portion.FULL
    rice: Rice = Rice.NORMAL
    choice: Choice | None = None
    dishes: Dishes = []
    person_id: UUID | None = None


class RegistrationChange(Body):
    """What a diner takes; what is left out stays as it is."""

    portion: Portion | None = None
    rice: Rice | None = None
    choice: Choice | None = None
    dishes: Dishes | None = None


class Registration(BaseModel):
    """A registration for one meal session."""

    id: UUID
    meal_session_id: UUID
    person_id: UUID
    kind: RegistrationKind = RegistrationKind.PERSON
    headcount: int = 1
    portion: Portion
    rice: Rice = Rice.NORMAL
    choice: str | None = None
    status: RegistrationStatus
    source: RegistrationSource = RegistrationSource.SELF
    pickup_code: str
    registered_at: datetime
    offered_at: datetime | None = Field(
        default=None, description="given away after the cut-off, and nobody has taken it yet"
    )


class MyRegistration(Registration):
    """One's own registration, with what a phone needs to show it."""

    date: Day
    meal: Meal
    canteen_id: UUID
    cutoff_at: datetime
    served: bool


class RegistrationGive(Body):
    """To whom a meal is given after the cut-off; without a number, to whoever waits first."""

    number: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = Field(
        default=None, description="the colleague's staff number (工号)"
    )


class WaitingCreate(Body):
    """What somebody who waits for a seat would take."""

    portion: Portion = Portion.FULL
    rice: Rice = Rice.NORMAL
    choice: Choice | None = None


class Waiting(BaseModel):
    """A diner waiting for a seat: of a full meal, or for one given away after the cut-off."""

    id: UUID
    meal_session_id: UUID
    portion: Portion
    rice: Rice
    choice: str | None
    lost_choice: str | None = Field(description="the set that left the menu; null: none did")
    since: datetime
    ahead: int = Field(description="how many wait before this diner")


class WaitingAnswer(BaseModel):
    """A place in line; or at once the meal that somebody had given away. One of the two."""

    waiting: Waiting | None
    registration: Registration | None
