"""What the tables add up to, per month and canteen. One query per table, however many canteens."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, and_, cast, extract, func, or_, select, union
from sqlalchemy import Table as SqlTable
from sqlmodel import Session, col

from cleanplate_report.domain.months import Month
from cleanplate_report.models import DayStreamRow, DayWasteRow, MonthTierRow, SessionFactRow, Table
from cleanplate_shared.contracts.report import MonthTrust
from cleanplate_shared.contracts.waste import FOOD_STREAMS, Stream
from cleanplate_shared.contracts.waste_tiers import Tier, TierReason
from cleanplate_shared.tables import KnownCanteenRow

Query = Select[*tuple[Any, ...]]


def _columns(row_type: type[Table]) -> Any:  # noqa: ANN401 - a namespace of columns
    table: SqlTable = row_type.__table__  # type: ignore[attr-defined]
    return table.c


_DAY, _STREAM, _FACT, _TIER = (
    _columns(row) for row in (DayWasteRow, DayStreamRow, SessionFactRow, MonthTierRow)
)
# The waste service judges months that have a collected weight; without one, nothing is compared.
NOT_COMPARED = MonthTrust(tier=Tier.C, reason=TierReason.NOT_COMPARED)


@dataclass
class Weighed:
    """What was weighed, and for how many diner-meals; grams and meals of complete days only."""

    grams: dict[Stream, int] = field(default_factory=lambda: dict.fromkeys(Stream, 0))
    diner_meals: int = 0
    days_complete: int = 0
    days_open: int = 0

    @property
    def food_grams(self) -> int:
        """Return the grams of all food streams."""
        return sum(self.grams[stream] for stream in FOOD_STREAMS)

    def add(self, other: "Weighed") -> None:
        """Add what another canteen weighed."""
        for stream, grams in other.grams.items():
            self.grams[stream] += grams
        self.diner_meals += other.diner_meals
        self.days_complete += other.days_complete
        self.days_open += other.days_open


@dataclass(frozen=True)
class Attended:
    """Who registered and who came; the `counted` sums are of sessions where both are known."""

    registered: int = 0
    served: int = 0
    no_shows: int = 0
    walk_ins: int = 0
    counted_registered: int = 0
    counted_served: int = 0


@dataclass(frozen=True)
class Scope:
    """Which canteens' days: a condition on known canteens, the months, and the last day."""

    canteens: ColumnElement[bool]
    months: Sequence[Month]
    until: dt.date

    def covers(self, columns: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a namespace of columns
        """Return the SQL condition on a table's canteen and day."""
        mine = select(col(KnownCanteenRow.id)).where(self.canteens)
        spans = [columns.date.between(month.first, month.last) for month in self.months]
        return and_(columns.canteen_id.in_(mine), columns.date <= self.until, or_(*spans))


def weighed(session: Session, scope: Scope) -> dict[Month, dict[UUID, Weighed]]:
    """Return the sums of each month and canteen that has any day."""
    sums: dict[Month, dict[UUID, Weighed]] = {month: defaultdict(Weighed) for month in scope.months}
    for year, number, canteen, days in session.execute(_open_days(scope)):
        sums[Month(year, number)][canteen].days_open = days
    for year, number, canteen, days, served in session.execute(_complete_days(scope)):
        sums[Month(year, number)][canteen].days_complete = days
        sums[Month(year, number)][canteen].diner_meals = int(served)
    for year, number, canteen, stream, grams in session.execute(_streams(scope)):
        sums[Month(year, number)][canteen].grams[Stream(stream)] = int(grams)
    return sums


def attended(session: Session, scope: Scope) -> dict[Month, Attended]:
    """Return the sums of each month that has any meal session."""
    both_known = and_(_FACT.registered.is_not(None), _FACT.served.is_not(None))
    sums = (
        func.sum(_FACT.registered),
        func.sum(_FACT.served),
        func.sum(_FACT.no_shows).filter(both_known),
        func.sum(_FACT.walk_ins).filter(both_known),
        func.sum(_FACT.registered).filter(both_known),
        func.sum(_FACT.served).filter(both_known),
    )
    cut = _month_of(_FACT.date)
    wanted = select(*cut, *sums).where(scope.covers(_FACT)).group_by(*cut)
    return {
        Month(year, number): Attended(*(int(found or 0) for found in row))
        for year, number, *row in session.execute(wanted)
    }


def tiers(session: Session, scope: Scope) -> dict[Month, dict[UUID, MonthTrust]]:
    """Return how far each month of each canteen can be trusted, where that was judged."""
    mine = select(col(KnownCanteenRow.id)).where(scope.canteens)
    names = {str(month): month for month in scope.months}
    judged = select(_TIER.month, _TIER.canteen_id, _TIER.tier, _TIER.reason).where(
        _TIER.canteen_id.in_(mine), _TIER.month.in_(names)
    )
    found: dict[Month, dict[UUID, MonthTrust]] = {month: {} for month in scope.months}
    for month, canteen, tier, reason in session.execute(judged):
        trust = MonthTrust(tier=Tier(tier), reason=TierReason(reason))
        found[names[month]][canteen] = trust
    return found


def _open_days(scope: Scope) -> Query:
    """A day is open if somebody ate or registered, or anything was weighed."""
    is_open = (
        (_FACT, or_(_FACT.served > 0, _FACT.registered > 0)),
        (_DAY, _DAY.served > 0),
        (_STREAM, or_(_STREAM.covered, _STREAM.net_grams > 0)),
    )
    days = union(
        *(
            select(table.canteen_id, table.date).where(scope.covers(table), condition)
            for table, condition in is_open
        )
    ).subquery()
    cut = (*_month_of(days.c.date), days.c.canteen_id)
    return select(*cut, func.count()).group_by(*cut)


def _complete_days(scope: Scope) -> Query:
    cut = (*_month_of(_DAY.date), _DAY.canteen_id)
    wanted: Query = select(*cut, func.count(), func.sum(_DAY.served)).group_by(*cut)
    return wanted.where(scope.covers(_DAY), _DAY.complete)


def _streams(scope: Scope) -> Query:
    of_its_day = and_(
        *(_STREAM[name] == _DAY[name] for name in ("canteen_id", "date", "version")),
    )
    cut = (*_month_of(_DAY.date), _DAY.canteen_id, _STREAM.stream)
    wanted: Query = select(*cut, func.sum(_STREAM.net_grams)).group_by(*cut)
    return wanted.where(of_its_day, scope.covers(_DAY), _DAY.complete)


def _month_of(day: ColumnElement[dt.date]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return cast(extract("year", day), Integer), cast(extract("month", day), Integer)
