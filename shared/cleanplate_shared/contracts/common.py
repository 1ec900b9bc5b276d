"""Words that all contracts share: grams, days, names, pages."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

# No control characters (PostgreSQL refuses NUL, logs and CSV dislike the rest), not only blanks.
_PRINTABLE = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"


def _in_range(value: datetime) -> datetime:
    if not datetime(2000, 1, 1, tzinfo=UTC) <= value <= datetime(2100, 1, 1, tzinfo=UTC):
        raise ValueError("outside 2000-2100")
    return value


Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=_PRINTABLE)
]
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=_PRINTABLE)
]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]
Card = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=_PRINTABLE)
]
Grams = Annotated[int, Field(ge=0, le=10_000_000, strict=True, description="mass in grams")]
Count = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
Instant = Annotated[AwareDatetime, AfterValidator(_in_range)]
Month = Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]


ItemT = TypeVar("ItemT")


class Meal(StrEnum):
    """餐次: a meal of the day."""

    BREAKFAST = "breakfast"
    LUNCH = "lunch"
    DINNER = "dinner"


class Portion(StrEnum):
    """整份, 半份, 小份."""

    FULL = "full"
    HALF = "half"
    SMALL = "small"


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused, so a typing mistake is seen."""

    model_config = ConfigDict(extra="forbid")


class Page(BaseModel, Generic[ItemT]):
    """One page of a list; ask again with `cursor=next` until `next` is null."""

    items: list[ItemT]
    next: str | None


class Outcome(StrEnum):
    """What became of one item of a batch."""

    CREATED = "created"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class ItemProblem(BaseModel):
    """Why an item of a batch was rejected, and what to do."""

    type: str
    detail: str


class ItemResult(BaseModel):
    """The outcome of one item of a batch."""

    id: UUID
    outcome: Outcome
    problem: ItemProblem | None


class BatchResult(BaseModel):
    """The outcome of each item, in the order they came."""

    results: list[ItemResult]
