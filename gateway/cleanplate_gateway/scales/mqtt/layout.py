"""What a message of an MQTT scale looks like, as data: a file of a few lines, ours or one's own."""

import json
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from cleanplate_gateway.scales.readings import Reading, Told
from cleanplate_shared.i18n import Message, msg

# What is wrong with a file beyond a field's type; keys are the types of the errors raised here.
WORDS: dict[str, Message] = {
    "no_key": msg("Name sequence or id, so that two messages can be told apart."),
    "no_device": msg("Name device or device_level, so that two scales can be told apart."),
}
_LONGEST_MESSAGE = 4_096  # bytes
_MOST_GRAMS = Decimal(10_000_000)
_MOST_SEQUENCE = 2**53
_MILLISECONDS = Decimal(100_000_000_000)  # a number of seconds since 1970 is smaller
_GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "斤": Decimal(500)}
_DEVICE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_FIRST, _LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

Path = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^.\s]+(\.[^.\s]+)*$")]


class Each(StrEnum):
    """What one message is."""

    READING = "reading"  # what the scale shows just now, several times a second
    WEIGHING = "weighing"  # the scale has settled it, and sends it once


class Layout(BaseModel):
    """One kind of message: JSON, and where in it things stand.

    `topic` is what is subscribed to; its `+` number `device_level` (from 1) names the device, or
    the path `device` does. Paths are names with dots between. At least one of `sequence` (grows by
    one) and `id` tells two messages apart. `at` is ISO 8601, or seconds or milliseconds since 1970.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=40, pattern=r"^[a-z0-9-]+$")
    topic: str = Field(min_length=1, max_length=200)
    each: Each
    device_level: int = Field(default=0, ge=0, le=20)
    device: Path | None = None
    sequence: Path | None = None
    id: Path | None = None
    weight: Path
    unit: Annotated[str, Field(pattern=r"^(g|kg|斤)$")]
    stable: Path | None = None
    overload: Path | None = None
    at: Path | None = None
    readings_to_settle: int = Field(default=2, ge=1, le=20)
    seconds_to_settle: float = Field(default=1.0, ge=0.2, le=10)
    division_grams: int = Field(default=5, ge=1, le=1000)

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        if self.sequence is None and self.id is None:
            raise PydanticCustomError("no_key", "no key")
        if self.device is None and not self.device_level:
            raise PydanticCustomError("no_device", "no device")
        return self


@dataclass(frozen=True)
class Heard:
    """One message, understood.

    Attributes:
        key: tells it from every other message of the device.
        sequence: its place among the device's messages; None if it does not say.
        at: by the device's clock; None if it does not say.
    """

    device: str
    key: str
    sequence: int | None
    reading: Reading
    at: datetime | None


def parse(text: str) -> Layout:
    """Return the layout that a TOML text describes.

    Raises:
        tomllib.TOMLDecodeError: the text is not TOML.
        pydantic.ValidationError: a field is missing or wrong.
    """
    return Layout.model_validate(tomllib.loads(text))


@cache
def known() -> dict[str, str]:
    """Return the texts of the layouts that come with Cleanplate, by name."""
    folder = files("cleanplate_gateway.scales.mqtt") / "builtin"
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    return {name.removesuffix(".toml"): texts[name] for name in sorted(texts)}


def understand(layout: Layout, topic: str, payload: bytes) -> Heard | None:
    """Return what a message says; None if it was cut, or is not of this layout."""
    if len(payload) > _LONGEST_MESSAGE:
        return None
    try:
        said = json.loads(payload, parse_float=Decimal, parse_constant=_no_number)
        return _heard(layout, topic, said)
    except (ValueError, ArithmeticError, LookupError, RecursionError, TypeError):
        return None


def _heard(layout: Layout, topic: str, said: object) -> Heard:
    device = _text(_at(said, layout.device) if layout.device else _level(layout, topic))
    sequence = _sequence(_at(said, layout.sequence)) if layout.sequence else None
    at = _instant(_at(said, layout.at)) if layout.at else None
    key = _text(_at(said, layout.id)) if layout.id else f"{sequence}@{at.isoformat() if at else ''}"
    return Heard(device, key, sequence, _reading(layout, said), at)


def _reading(layout: Layout, said: object) -> Reading:
    if layout.overload and _at(said, layout.overload) is True:
        return Reading(Told.OVERLOAD)
    weight = _number(_at(said, layout.weight)) * _GRAMS[layout.unit]
    if abs(weight) > _MOST_GRAMS:
        raise ValueError
    grams = int(weight.quantize(Decimal(1), ROUND_HALF_EVEN))
    if layout.stable is None:
        return Reading(Told.WEIGHT_ONLY, grams)
    stable = _at(said, layout.stable)
    if not isinstance(stable, bool):
        raise ValueError  # noqa: TRY004  a cut or foreign message is one kind of trouble
    return Reading(Told.STABLE if stable else Told.UNSTABLE, grams)


def _at(said: object, path: str) -> Any:  # noqa: ANN401  whatever JSON holds
    for name in path.split("."):
        if not isinstance(said, dict):
            raise LookupError  # noqa: TRY004
        said = said[name]
    return said


def _level(layout: Layout, topic: str) -> str:
    places = [place for place, level in enumerate(layout.topic.split("/")) if level == "+"]
    return topic.split("/")[places[layout.device_level - 1]]


def _text(value: object) -> str:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _DEVICE.fullmatch(text):
        raise ValueError
    return text


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError  # noqa: TRY004
    return Decimal(value)


def _sequence(value: object) -> int:
    number = _number(value)
    if number != number.to_integral_value() or not 0 <= number <= _MOST_SEQUENCE:
        raise ValueError
    return int(number)


def _instant(value: object) -> datetime | None:
    """Return an instant; None from a clock that was never set."""
    if isinstance(value, str):
        at = datetime.fromisoformat(value)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
    else:
        number = _number(value)
        seconds = number / 1000 if abs(number) >= _MILLISECONDS else number
        at = datetime.fromtimestamp(float(seconds), UTC)
    return at.astimezone(UTC) if _FIRST <= at <= _LAST else None


def _no_number(text: str) -> Decimal:
    raise ValueError(text)
