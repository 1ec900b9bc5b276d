"""Forms of the desk: what was typed comes back with what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Annotated
from uuid import UUID, uuid4

import httpx
from fastapi import Request
from pydantic import BaseModel, Field, ValidationError

from cleanplate_gateway.faces.client import Refused, call
from cleanplate_gateway.faces.rendering import locale_of
from cleanplate_shared.errors import FieldProblem
from cleanplate_shared.i18n import msg
from cleanplate_shared.problems import field_problems

_REQUIRED = msg("This is required.")
# Which field a refusal of a service is about; any other is said above the form.
_ABOUT = {
    "NameTaken": "name",
    "DishExists": "name",
    "UnknownTimeZone": "time_zone",
    "NumberTaken": "number",
    "UserNameTaken": "user_name",
    "CardTaken": "card",
    "RoleNotYours": "role",
    "PortionTooLarge": "portion_grams",
    "RecipeInThePast": "valid_from",
    "TemplateExists": "name",
    "CutoffTooLate": "cutoff",
    "CutoffInThePast": "cutoff",
    "ServesBackwards": "serves_until",
    "SeatsUnknown": "capacity",
    "CapacityTooSmall": "capacity",
    "NamedTwice": "ingredient",
    "ChoiceTaken": "dishes",
    "DishChosen": "dishes",
    "DishRetired": "dishes",
    "ChoiceNotServed": "dishes",
}
# Where a field of a contract is typed, if it has another name on the form.
_TYPED_AS = {
    "grants": "place",
    "canteen_id": "canteen",
    "date": "day",
    "cutoff_at": "cutoff",
}

_MOST = 10**12

Text = Annotated[str, Field(max_length=400)]


class Fields(BaseModel):
    """A form as the browser sends it; what it means is checked afterwards."""

    once: UUID = Field(default_factory=uuid4)

    @property
    def typed(self) -> Mapping[str, str]:
        """Return the single fields as they were typed."""
        return {name: value for name, value in self if isinstance(value, str)}


@dataclass(frozen=True)
class Form:
    """What a form shows.

    Attributes:
        name: sets the form's fields apart from those of others on the page.
        typed: what was typed, by field.
        wrong: what to correct, by field.
        refused: why the whole was refused.
        once: the same form sent twice is one.
        ticked: values of the boxes that were ticked.
    """

    name: str
    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    refused: str | None = None
    once: UUID = field(default_factory=uuid4)
    ticked: frozenset[str] = frozenset()


async def created(
    request: Request,
    form: Form,
    service: str,
    path: str,
    model: type[BaseModel],
    values: Mapping[str, object],
) -> httpx.Response | Form:
    """Create a thing through a service's route.

    Returns:
        The good answer, or the form with what is wrong said at its fields.
    """
    return await sent(request, form, (service, "POST", path), model, values)


async def sent(
    request: Request,
    form: Form,
    route: tuple[str, str, str],
    model: type[BaseModel],
    values: Mapping[str, object],
    if_match: str | None = None,
) -> httpx.Response | Form:
    """Send what was typed through a service's route, given as service, method and path.

    Args:
        request: of the page.
        form: what was typed.
        route: service, method and path.
        model: of the body.
        values: of the body.
        if_match: the tag of what is replaced.

    Returns:
        The good answer, or the form with what is wrong said at its fields.

    Raises:
        Refused: what is replaced is not what `if_match` says.
    """
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(form.once)}
    try:
        return await call(
            request,
            *route,
            content=model.model_validate(values).model_dump_json(exclude_unset=True),
            headers=headers | ({"If-Match": if_match} if if_match else {}),
        )
    except ValidationError as error:
        return _corrected(request, form, field_problems(error, locale_of(request)))
    except Refused as refusal:
        problem = refusal.problem
        if problem.status == httpx.codes.PRECONDITION_FAILED:
            raise
        if about := _ABOUT.get(problem.type):
            return replace(form, wrong={about: refusal.words}, once=uuid4())
        if problem.errors:
            return _corrected(request, form, problem.errors)
        return replace(form, refused=refusal.words, once=uuid4())


def whole_number(text: str) -> int | str:
    """Return the number that was typed; anything else stays as it is, to be refused in words."""
    stripped = text.strip()
    return int(stripped) if stripped.isdecimal() and stripped.isascii() else text


def _corrected(request: Request, form: Form, problems: list[FieldProblem]) -> Form:
    wrong: dict[str, str] = {}
    for problem in problems:
        first, last = problem.field.split(".")[0], problem.field.split(".")[-1]
        name = _TYPED_AS.get(first, first)
        if last in form.typed:
            name = last
        if problem.field in form.typed:
            name = problem.field
        empty = name in form.typed and not form.typed[name].strip()
        wrong[name] = _REQUIRED.in_(locale_of(request)) if empty else problem.message
    return replace(form, wrong=wrong, once=uuid4())


def thousandth(text: str, factor: int = 1000) -> int | str:
    """Return a typed decimal number as a whole number of its thousandths (or other parts).

    Grams become milligrams; per cent become per mille with a factor of 10. What has more decimals
    than that, or is no number, stays as it is, to be refused in words.
    """
    try:
        parts = Decimal(text.strip()) * factor
    except InvalidOperation:
        return text
    is_whole = parts.is_finite() and abs(parts) < _MOST and parts == parts.to_integral_value()
    return int(parts) if is_whole else text


def decimal(value: int | None, factor: int = 1000) -> str:
    """Return what `thousandth` reads as `value`."""
    return "" if value is None else f"{Decimal(value) / factor:f}"
