"""Contract of the waste service: what a canteen weighs in, and meals that were not weighed."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from cleanplate_shared.contracts.common import Body, Code, Day, Meal, Name
from cleanplate_shared.contracts.waste import Stream

_Tare = Annotated[int, Field(ge=1, le=500_000, strict=True)]
_Litre = Annotated[int, Field(ge=10, le=3_000, strict=True)]
_Bucket = Annotated[int, Field(ge=100, le=500_000, strict=True)]
_Fen = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]


class Container(Body):
    """A container of the kitchen; without a tare each tablet weighs it empty once."""

    code: Code
    name: Name
    tare_grams: _Tare | None = None


class StreamSetup(Body):
    """What a stream weighs by volume, and what it costs; without a price nothing is said of it."""

    stream: Stream
    grams_per_litre: _Litre
    grams_per_bucket: _Bucket
    value_fen_per_kg: _Fen | None = None


def _own_codes(containers: list[Container]) -> list[Container]:
    if len({one.code for one in containers}) < len(containers):
        raise ValueError("two containers have the same code")
    return containers


def _each_once(streams: list[StreamSetup]) -> list[StreamSetup]:
    if len({one.stream for one in streams}) < len(streams):
        raise ValueError("a stream is there twice")
    return streams


class WeighingSetup(Body):
    """What the weighing screen of a canteen offers; streams that are left out have the defaults."""

    containers: Annotated[list[Container], Field(max_length=8), AfterValidator(_own_codes)]
    streams: Annotated[list[StreamSetup], Field(max_length=len(Stream)), AfterValidator(_each_once)]


class MissingMeal(BaseModel):
    """A meal that is over, and the streams that nobody has weighed since."""

    meal_session_id: UUID
    date: Day
    meal: Meal
    ended_at: datetime
    streams: list[Stream]


class MissingMeals(BaseModel):
    """The meals of one day that still have to be weighed."""

    items: list[MissingMeal]
