"""The series that forecasts rest on, from what the menu service told."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlmodel import Session, col

from cleanplate_forecast.domain.attendance import Kind, Series
from cleanplate_forecast.models import SessionRow
from cleanplate_shared.contracts.common import Day
from cleanplate_shared.workdays import day_kind

LOOK_BACK = timedelta(days=730)
_Facts = tuple[UUID, str, Day, int | None, int | None, datetime]


def load(
    session: Session, wanted: Sequence[SessionRow], by_hand: Mapping[date, bool], at: datetime
) -> dict[tuple[UUID, str], Series]:
    """Return the series of the canteens and meals of `wanted`, up to their last day.

    Args:
        session: a session on the service's database.
        wanted: the sessions to be forecast; they are part of their series.
        by_hand: days set by hand, for the calendar.
        at: registrations of a session whose cut-off is later may still grow.
    """
    days = [row.date for row in wanted]
    canteens = {row.canteen_id for row in wanted}
    found = session.execute(
        select(
            col(SessionRow.canteen_id),
            col(SessionRow.meal),
            col(SessionRow.date),
            col(SessionRow.served),
            col(SessionRow.registered),
            col(SessionRow.cutoff_at),
        )
        .where(
            col(SessionRow.canteen_id).in_(canteens),
            col(SessionRow.meal).in_({row.meal for row in wanted}),
            col(SessionRow.date).between(min(days) - LOOK_BACK, max(days)),
        )
        .order_by(col(SessionRow.date), col(SessionRow.version), col(SessionRow.id))
    )
    by_series: dict[tuple[UUID, str], dict[Day, _Facts]] = defaultdict(dict)
    for canteen_id, meal, day, served, registered, cutoff_at in found:
        by_series[canteen_id, meal][day] = canteen_id, meal, day, served, registered, cutoff_at
    kinds = {day: kind_of(day, by_hand) for facts in by_series.values() for day in facts}
    return {key: _series(list(facts.values()), kinds, at) for key, facts in by_series.items()}


def kind_of(day: date, by_hand: Mapping[date, bool]) -> int:
    """Return what `attendance.Kind` a day is."""
    kind = day_kind(day, by_hand)
    if not kind.is_make_up:
        return day.weekday()
    return int(Kind.MAKE_UP_WORKDAY if kind.is_workday else Kind.WEEKDAY_OFF)


def _series(facts: Sequence[_Facts], kinds: Mapping[Day, int], at: datetime) -> Series:
    return Series(
        days=np.array([day.toordinal() for _, _, day, *_ in facts]),
        kinds=np.array([kinds[day] for _, _, day, *_ in facts]),
        served=np.array([_number(served) for *_, served, _, _ in facts]),
        registered=np.array([_number(registered) for *_, registered, _ in facts]),
        final=np.array([cutoff_at <= at for *_, cutoff_at in facts]),
    )


def _number(value: int | None) -> float:
    return float("nan") if value is None else float(value)
