"""Several changes in one transaction, each with an outcome of its own."""

from collections.abc import Callable, Sequence
from typing import TypeVar, TypeVarTuple

from sqlmodel import Session

from cleanplate_shared.errors import ServiceError

AskedTs = TypeVarTuple("AskedTs")
DoneT = TypeVar("DoneT")


def outcome_of_each(
    session: Session,
    act: Callable[[Session, *AskedTs], DoneT],
    asked: Sequence[tuple[*AskedTs]],
) -> list[DoneT | ServiceError]:
    """Act for one after the other; return what became of each, in their order.

    The caller has locked all their meals. `act` refuses before it writes anything, so that a
    refusal leaves nothing behind in the transaction of the others.
    """
    outcomes: list[DoneT | ServiceError] = []
    for one in asked:
        try:
            outcomes.append(act(session, *one))
        except ServiceError as refusal:
            outcomes.append(refusal)
    return outcomes
