"""What was taken away from a canteen each day, by somebody else's scale."""

from collections import defaultdict
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session

from cleanplate_shared.contracts.waste_manifests import ManifestState, WasteKind
from cleanplate_waste.models import COLLECTIONS, MANIFESTS

_OPEN = (ManifestState.HANDED_OVER.value, ManifestState.DISPUTED.value)
_DONE = (ManifestState.RECEIVED.value, ManifestState.CLOSED.value)


def collected_between(
    session: Session, canteen_id: UUID, first: date, last: date
) -> dict[date, int | None]:
    """Return the grams of food waste taken away on each day; None: nobody weighed it.

    A manifest wins over a statement of the same day, if it bears a weight of the hauler's: the
    kitchen's own weight on a manifest proves nothing about the kitchen. What is treated on site
    has no other weight than that at the machine, which counts.
    """
    stated = stated_between(session, canteen_id, first, last)
    manifests = _manifests_between(session, canteen_id, first, last)
    days: dict[date, int | None] = dict(stated)
    for day, grams in manifests.items():
        days[day] = stated.get(day) if grams is None else grams
    return days


def stated_between(session: Session, canteen_id: UUID, first: date, last: date) -> dict[date, int]:
    """Return what haulers' statements say of each day, grams."""
    stated = COLLECTIONS.c
    sums = (
        select(stated.date, func.sum(stated.net_grams))
        .where(
            stated.canteen_id == canteen_id,
            stated.date.between(first, last),
            stated.withdrawn_at.is_(None),
        )
        .group_by(stated.date)
    )
    return {day: int(grams) for day, grams in session.connection().execute(sums)}


def days_with_manifests(session: Session, canteen_id: UUID, first: date, last: date) -> set[date]:
    """Return the days whose manifests say what was collected."""
    found = _manifests_between(session, canteen_id, first, last)
    return {day for day, grams in found.items() if grams is not None}


def _manifests_between(
    session: Session, canteen_id: UUID, first: date, last: date
) -> dict[date, int | None]:
    left = MANIFESTS.c
    gone = select(
        left.date,
        left.state,
        left.lot_id,
        left.net_grams,
        func.coalesce(left.settled_grams, left.received_grams),
    ).where(
        left.canteen_id == canteen_id,
        left.kind == WasteKind.FOOD.value,
        left.state.in_((*_OPEN, *_DONE)),
        left.date.between(first, last),
    )
    weights: defaultdict[date, list[int | None]] = defaultdict(list)
    for day, state, lot, own, other in session.connection().execute(gone):
        known = own if lot else (other if state in _DONE else None)
        weights[day].append(known)
    return {day: _sum(known) for day, known in weights.items()}


def _sum(weights: list[int | None]) -> int | None:
    known = [grams for grams in weights if grams is not None]
    return sum(known) if len(known) == len(weights) else None
