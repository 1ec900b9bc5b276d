"""Contract of the forecast service: what is known of days in advance, such as the weather."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cleanplate_shared.contracts.common import Day, Meal, Name

GIVEN = "x_"  # the names of such columns begin so
_Cell = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=r"^[^\x00]*$")
]


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
