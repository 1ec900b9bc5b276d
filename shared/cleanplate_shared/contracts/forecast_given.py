"""Contract of the forecast service: what is known of days in advance, such as the weather."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cleanplate_shared.contracts.common import Body, Day, Meal, Name

GIVEN = "x_"  # the names of such columns begin so
_Cell = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=r"^[^\x00]*$")
]
GivenName = Annotated[str, StringConstraints(pattern=r"^x_[^\x00-\x1f\x7f]{1,60}$", max_length=62)]


class GivenKind(StrEnum):
    """What a column holds."""

    NUMBERS = "numbers"
    TEXT = "text"


class GivenSheetRow(BaseModel):
    """One row of the import of what is known in advance (预知信息导入): columns `x_<name>`.

    A column holds numbers or text; an empty cell says nothing. Other columns of the file are not
    looked at, so that a file of past attendance can be brought as it is.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, _Cell] = Field(init=False)

    date: Day = Field(title="日期", examples=["2026-03-02"])
    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    meal: Meal | None = Field(
        default=None, title="餐次", examples=["lunch"], description="empty: all meals of the day"
    )


class GivenTemplateRow(GivenSheetRow):
    """The same with columns as they may be; any others do as well."""

    x_temperature: Annotated[float, Field(title="x_temperature", examples=[12.5])]
    x_weather: _Cell = Field(title="x_weather", examples=["小雨"])


class GivenColumn(BaseModel):
    """What was given of a canteen's days in one column."""

    name: str
    kind: GivenKind
    date_from: Day
    date_to: Day
    values: int = Field(description="of days and meals")
    imported_at: datetime | None = Field(description="last; null: before this was noted")


class GivenRemovalCreate(Body):
    """Values of a column to be deleted: all of them, or those of some days."""

    name: GivenName
    date_from: Day | None = None
    date_to: Day | None = None


class GivenRemoval(BaseModel):
    """Values that were deleted; for a week they can be brought back."""

    id: UUID
    name: str
    date_from: Day = Field(description="first day that had a value")
    date_to: Day
    values: int
    removed_at: datetime
    kept_until: datetime


class GivenColumns(BaseModel):
    """What was given of a canteen's days, and what was deleted of it lately."""

    columns: list[GivenColumn] = Field(description="by name; at most 200")
    removals: list[GivenRemoval] = Field(description="newest first; at most 20")
