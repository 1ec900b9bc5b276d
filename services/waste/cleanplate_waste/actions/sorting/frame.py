"""The bins of a plan's week: all of them, and those that its seed draws."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from cleanplate_waste.actions.sums import COUNTS
from cleanplate_waste.domain.sorting import is_drawn
from cleanplate_waste.models import (
    SORTED_BINS,
    SORTED_PARTS,
    WEIGHINGS,
    SortingDrawRow,
    SortingPlanRow,
)

_SUNDAY = timedelta(days=6)
_AT_ONCE = 500


@dataclass(frozen=True)
class Plan:
    """A week's plan: of each stream, one bin in so many."""

    row: SortingPlanRow
    one_in: dict[str, int]

    @property
    def last(self) -> date:
        """Return the Sunday of its week."""
        return self.row.week + _SUNDAY


@dataclass(frozen=True)
class WeighedBin:
    """A weighing that counts and had something in it.

    Attributes:
        key: what it is drawn and sorted by: the record that it corrects, or itself.
    """

    key: UUID
    plan: Plan
    date: date
    meal: str | None
    weighed_at: datetime
    stream: str
    container: str | None
    net_grams: int

    @property
    def one_in(self) -> int:
        """Return how many bins of its stream stand behind one that is drawn."""
        return self.plan.one_in[self.stream]

    @property
    def is_drawn(self) -> bool:
        """Say whether it is to be sorted."""
        return is_drawn(self.plan.row.seed, self.key, self.one_in)


@dataclass(frozen=True)
class Sorted:
    """What a bin held: grams by food (edible, inedible), and what is no food."""

    foods: dict[str, tuple[int, int]]
    nonfood_grams: int
    sorted_at: datetime


def plans_between(session: Session, canteen_id: UUID, first: date, last: date) -> list[Plan]:
    """Return the plans of the weeks that have a day between two, newest first."""
    week = col(SortingPlanRow.week)
    wanted = select(SortingPlanRow).where(
        col(SortingPlanRow.canteen_id) == canteen_id, week.between(first - _SUNDAY, last)
    )
    return with_draws(session, session.scalars(wanted.order_by(week.desc())).all())


def with_draws(session: Session, rows: Sequence[SortingPlanRow]) -> list[Plan]:
    """Return plans with what they draw."""
    draws: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    wanted = select(SortingDrawRow).where(col(SortingDrawRow.plan_id).in_([r.id for r in rows]))
    for draw in session.scalars(wanted):
        draws[draw.plan_id][draw.stream] = draw.one_in
    return [Plan(row, draws[row.id]) for row in rows]


def bins_of(session: Session, plans: Sequence[Plan], first: date, last: date) -> list[WeighedBin]:
    """Return the bins between two days that plans are about, newest first."""
    if not plans:
        return []
    by_week = {plan.row.week: plan for plan in plans}
    first = max(first, min(by_week))
    last = min(last, max(plan.last for plan in plans))
    weighing = WEIGHINGS.c
    columns = ("id", "corrects", "date", "meal", "weighed_at", "stream", "container", "net_grams")
    wanted = select(*(weighing[name] for name in columns)).where(
        weighing.canteen_id == plans[0].row.canteen_id,
        weighing.date.between(first, last),
        weighing.stream.in_({stream for plan in plans for stream in plan.one_in}),
        weighing.net_grams > 0,
        COUNTS,
    )
    found = session.connection().execute(wanted.order_by(weighing.weighed_at.desc(), weighing.id))
    return list(_planned(found, by_week))


def sorted_bins(session: Session, keys: Iterable[UUID]) -> dict[UUID, Sorted]:
    """Return what was found in those of the bins that were sorted."""
    wanted = list(keys)
    found: dict[UUID, Sorted] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        bins, parts = SORTED_BINS.c, SORTED_PARTS.c
        held = select(bins.weighing_id, bins.nonfood_grams, bins.sorted_at)
        for key, nonfood, at in session.connection().execute(
            held.where(bins.weighing_id.in_(part))
        ):
            found[key] = Sorted({}, nonfood, at)
        of_food = select(parts.weighing_id, parts.food, parts.edible_grams, parts.inedible_grams)
        for key, food, edible, inedible in session.connection().execute(
            of_food.where(parts.weighing_id.in_(part))
        ):
            found[key].foods[food] = (edible, inedible)
    return found


def _planned(rows: Iterable[Any], by_week: dict[date, Plan]) -> Iterator[WeighedBin]:
    for key, corrects, day, meal, at, stream, container, grams in rows:
        plan = by_week.get(day - timedelta(days=day.weekday()))
        if plan and stream in plan.one_in:
            yield WeighedBin(corrects or key, plan, day, meal, at, stream, container, grams)
