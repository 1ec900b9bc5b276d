"""Waste per diner-meal of one canteen over some days."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.waste import (
    FOOD_STREAMS,
    Stream,
    SummaryBy,
    SummaryItem,
    WasteSummary,
)
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import READERS
from cleanplate_waste.actions.days import days_between, required_streams
from cleanplate_waste.actions.reconciliation import tier_of
from cleanplate_waste.domain import completeness


def summarise(
    session: Session,
    caller: Identity,
    canteen_id: UUID,
    period: Period,
    by: SummaryBy,
    now: datetime,
) -> WasteSummary:
    """Return a canteen's waste by day, by meal, or by stream.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    required = required_streams(session, [canteen_id])[canteen_id]
    found = days_between(session, canteen_id, period.first, period.last)
    cut = {SummaryBy.DAY: _by_day, SummaryBy.MEAL: _by_meal, SummaryBy.STREAM: _by_stream}[by]
    tier = tier_of(session, canteen, period, now)
    return WasteSummary(items=list(cut(found, required)), tier=tier)


def _by_day(days: Sequence[completeness.Day], required: Sequence[Stream]) -> Iterator[SummaryItem]:
    for day in days:
        total = completeness.day_total(day, required)
        yield _item(total, int(total.is_complete), day=day.date)


def _by_meal(days: Sequence[completeness.Day], required: Sequence[Stream]) -> Iterator[SummaryItem]:
    for day in days:
        for meal in completeness.meals_of(day):
            total = completeness.meal_total(day, meal, required)
            named = Meal(meal) if meal else None
            yield _item(total, int(total.is_complete), day=day.date, meal=named)


def _by_stream(
    days: Sequence[completeness.Day], required: Sequence[Stream]
) -> Iterator[SummaryItem]:
    weighed = {w.stream for day in days for w in day.weighed}
    for stream in Stream:
        if stream in FOOD_STREAMS or stream in weighed:
            total, counted = completeness.stream_total(days, stream, required)
            yield _item(total, counted, stream=stream)


def _item(
    total: completeness.Total,
    days: int,
    *,
    day: date | None = None,
    meal: Meal | None = None,
    stream: Stream | None = None,
) -> SummaryItem:
    return SummaryItem(
        date=day,
        meal=meal,
        stream=stream,
        net_grams=total.net_grams,
        served=total.served,
        grams_per_diner_meal=total.grams_per_diner_meal,
        complete=total.is_complete,
        missing=[Stream(code) for code in total.missing],
        days=days,
    )
