"""Drawn bins: which wait, and what they held."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col

from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.waste import Stream
from cleanplate_shared.contracts.waste_sorting import (
    DrawnBin,
    DrawnBins,
    Food,
    Part,
    SortedBin,
    SortedBinPut,
)
from cleanplate_shared.errors import Conflict, NotFound, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import KITCHEN
from cleanplate_waste.actions.days import lock_canteens
from cleanplate_waste.actions.keeping import find_rows
from cleanplate_waste.actions.sorting.frame import (
    Sorted,
    WeighedBin,
    bins_of,
    plans_between,
    sorted_bins,
)
from cleanplate_waste.domain.sorting import tolerance_grams
from cleanplate_waste.models import SortedBinRow, SortedPartRow

_MOST_LISTED = 500


class NotDrawn(Conflict, title=msg("This bin was not drawn")):
    """Sorting bins of one's own choice would spoil the sample."""


class PartsDoNotAddUp(Unprocessable, title=msg("The parts do not add up to the bin")):
    """The sum differs from the bin by more than 5 % and 100 g."""


def list_bins(session: Session, caller: Identity, canteen_id: UUID, period: Period) -> DrawnBins:
    """Return the drawn bins of some days, newest first; at most 500.

    Raises:
        NotFound, Forbidden: not a kitchen of the caller.
    """
    find_canteen(session, caller, KITCHEN, canteen_id)
    plans = plans_between(session, canteen_id, period.first, period.last)
    bins = bins_of(session, plans, period.first, period.last)
    drawn = [one for one in bins if one.is_drawn][:_MOST_LISTED]
    done = sorted_bins(session, [one.key for one in drawn])
    return DrawnBins(items=[_told(one, done.get(one.key)) for one in drawn])


def enter_parts(
    session: Session, caller: Identity, weighing_id: UUID, wanted: SortedBinPut, now: datetime
) -> DrawnBin:
    """Keep what a drawn bin held; entered again, the newer entry stands.

    Raises:
        NotFound, Forbidden: no weighing of a kitchen of the caller.
        NotDrawn: no plan draws this bin.
        PartsDoNotAddUp: the parts differ from the bin by more than 5 % and 100 g.
    """
    found = _find(session, caller, weighing_id)
    total = wanted.nonfood_grams + sum(p.edible_grams + p.inedible_grams for p in wanted.parts)
    allowed = tolerance_grams(found.net_grams)
    if abs(total - found.net_grams) > allowed:
        raise PartsDoNotAddUp(
            msg(
                "The parts weigh {total} g, the bin {bin} g; {allowed} g may go astray. "
                "Weigh the parts again.",
                total=total,
                bin=found.net_grams,
                allowed=allowed,
            )
        )
    lock_canteens(session, [found.plan.row.canteen_id])
    session.execute(delete(SortedPartRow).where(col(SortedPartRow.weighing_id) == found.key))
    session.merge(
        SortedBinRow(
            weighing_id=found.key,
            plan_id=found.plan.row.id,
            nonfood_grams=wanted.nonfood_grams,
            sorted_at=now,
            sorted_by=caller.person_id,
        )
    )
    parts = [part for part in wanted.parts if part.edible_grams or part.inedible_grams]
    session.add_all(
        SortedPartRow(weighing_id=found.key, **part.model_dump(exclude={"food"}), food=part.food)
        for part in parts
    )
    session.flush()
    return _told(found, sorted_bins(session, [found.key])[found.key])


def _find(session: Session, caller: Identity, weighing_id: UUID) -> WeighedBin:
    rows: list[dict[str, Any]] = find_rows(session, [weighing_id])
    if not rows:
        raise NotFound(msg("There is no such weighing."))
    [row] = rows
    find_canteen(session, caller, KITCHEN, row["canteen_id"])
    plans = plans_between(session, row["canteen_id"], row["date"], row["date"])
    for one in bins_of(session, plans, row["date"], row["date"]):
        if weighing_id == one.key and one.is_drawn:
            return one
    raise NotDrawn(msg("Sort only the bins that are listed; others do not count."))


def _told(one: WeighedBin, found: Sorted | None) -> DrawnBin:
    return DrawnBin(
        weighing_id=one.key,
        date=one.date,
        meal=Meal(one.meal) if one.meal else None,
        weighed_at=one.weighed_at,
        stream=Stream(one.stream),
        container=one.container,
        bin_grams=one.net_grams,
        tolerance_grams=tolerance_grams(one.net_grams),
        sorted=_sorted(found) if found else None,
    )


def _sorted(found: Sorted) -> SortedBin:
    return SortedBin(
        parts=[
            Part(food=food, edible_grams=found.foods[food][0], inedible_grams=found.foods[food][1])
            for food in Food
            if food in found.foods
        ],
        nonfood_grams=found.nonfood_grams,
        sorted_at=found.sorted_at,
    )
