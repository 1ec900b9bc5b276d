"""Batches from devices that were offline: each item has its own outcome.

A tablet that sends 500 weighings with a broken one among them keeps the broken one and is rid of
the 499. Only an item without an id cannot be answered by itself; then the whole batch is refused.
"""

from collections.abc import Sequence
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cleanplate_shared.contracts.common import ItemProblem, ItemResult, Outcome
from cleanplate_shared.errors import ServiceError
from cleanplate_shared.i18n import Locale
from cleanplate_shared.problems import field_problems

MOST_ITEMS = 500
ItemT = TypeVar("ItemT", bound=BaseModel)


class RawItem(BaseModel):
    """An item as it came: its id, and fields that are checked one item at a time."""

    model_config = ConfigDict(extra="allow")

    id: UUID


class RawBatch(BaseModel):
    """At most 500 items; see the item type of the route for their fields."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[RawItem], Field(min_length=1, max_length=MOST_ITEMS)]


def parse_items(
    batch: RawBatch, item_type: type[ItemT], locale: Locale
) -> tuple[list[ItemT], list[ItemResult | None]]:
    """Return the items that can be read; and for each place of the batch its rejection, or None."""
    good: list[ItemT] = []
    bad: list[ItemResult | None] = []
    for raw in batch.items:
        try:
            good.append(item_type.model_validate({**(raw.model_extra or {}), "id": raw.id}))
        except ValidationError as error:
            found = "; ".join(f"{p.field}: {p.message}" for p in field_problems(error, locale))
            bad.append(rejected(raw.id, "Unprocessable", found))
        else:
            bad.append(None)
    return good, bad


def rejected(item_id: UUID, code: str, detail: str) -> ItemResult:
    """Return the rejection of one item."""
    return ItemResult(
        id=item_id, outcome=Outcome.REJECTED, problem=ItemProblem(type=code, detail=detail)
    )


def refused(item_id: UUID, error: ServiceError, locale: Locale) -> ItemResult:
    """Return the rejection of one item for the reason that `error` gives."""
    return rejected(item_id, error.code, (error.detail or error.title).in_(locale))


def done(item_id: UUID, *, again: bool) -> ItemResult:
    """Return the success of one item; `again` if it was there before."""
    return ItemResult(
        id=item_id, outcome=Outcome.DUPLICATE if again else Outcome.CREATED, problem=None
    )


def in_order(
    unreadable: Sequence[ItemResult | None], outcomes: Sequence[ItemResult]
) -> list[ItemResult]:
    """Return one result per place of the batch: its rejection, or the next outcome.

    Args:
        unreadable: the places, as `parse_items` found them.
        outcomes: of the items that could be read, in their order.
    """
    following = iter(outcomes)
    return [found or next(following) for found in unreadable]
