"""How a make of scale speaks, as data: a file of a few lines, ours or one's own."""

import re
import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from cleanplate_shared.i18n import Message, msg

_GROUPS = {"weight", "sign", "unit", "state", "status"}
# What is wrong with a file beyond a field's type; keys are the types of the errors raised here.
WORDS: dict[str, Message] = {
    "unknown_group": msg("Name groups of these only: {groups}."),
    "nothing_said": msg("Give every pattern a group weight, state or status."),
    "unit_missing": msg("Name the unit here, or give every pattern with a weight a group unit."),
    "pattern_regex": msg("Write a regular expression of Python."),
    "is_instance_of": msg("Write a regular expression of Python."),
    "pattern_type": msg("Write a regular expression of Python."),
}


class State(StrEnum):
    """What a scale says of the weight it shows."""

    STABLE = "stable"
    UNSTABLE = "unstable"
    OVERLOAD = "overload"
    NEGATIVE = "negative"


class Unit(StrEnum):
    """A unit of weight."""

    GRAM = "g"
    KILOGRAM = "kg"
    POUND = "lb"
    JIN = "斤"


Ascii = Annotated[str, Field(max_length=16, pattern=r"^[\x00-\x7f]*$")]


class Protocol(BaseModel):
    """One protocol.

    `patterns` are tried in turn on a line between two separators and must match all of it. Their
    groups: `weight`, `sign` (`-` is below zero), `unit`, `state` (a key of `states`), `status` (one
    character whose bits are the keys of `status_bits`). `without_state` is what a weight is worth
    whose pattern has neither; without it, only time shows that the weight is stable.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=40, pattern=r"^[a-z0-9-]+$")
    scales: str = Field(min_length=1, max_length=80)
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200]
    bits: Literal["7N1", "7E1", "7O1", "7E2", "8N1", "8E1", "8O1", "8N2"]
    request: Ascii = ""
    request_seconds: float = Field(default=0.25, ge=0.1, le=2)
    separator: Ascii = Field(min_length=1)
    patterns: tuple[re.Pattern[str], ...] = Field(min_length=1, max_length=8)
    unit: Unit | None = None
    states: dict[str, State] = {}
    status_bits: dict[Annotated[int, Field(ge=0, le=7)], State] = {}
    without_state: State | None = None
    readings_to_settle: int = Field(default=2, ge=1, le=20)
    seconds_to_settle: float = Field(default=1.0, ge=0.2, le=10)
    division_grams: int = Field(default=5, ge=1, le=1000)

    @model_validator(mode="after")
    def _patterns_can_be_used(self) -> Self:
        for pattern in self.patterns:
            groups = set(pattern.groupindex)
            if groups - _GROUPS:
                raise PydanticCustomError(
                    "unknown_group", "unknown group", {"groups": ", ".join(sorted(_GROUPS))}
                )
            if not groups & {"weight", "state", "status"}:
                raise PydanticCustomError("nothing_said", "a pattern says nothing")
            if "weight" in groups and "unit" not in groups and self.unit is None:
                raise PydanticCustomError("unit_missing", "no unit")
        return self


def parse(text: str) -> Protocol:
    """Return the protocol that a TOML text describes.

    Raises:
        tomllib.TOMLDecodeError: the text is not TOML.
        pydantic.ValidationError: a field is missing or wrong.
    """
    return Protocol.model_validate(tomllib.loads(text))


@cache
def known() -> dict[str, str]:
    """Return the texts of the protocols that come with Cleanplate, by name."""
    folder = files("cleanplate_gateway.scales") / "builtin"
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    return {name.removesuffix(".toml"): texts[name] for name in sorted(texts)}
