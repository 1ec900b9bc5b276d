"""Forecasts without a trained model: the rule of like days, and the show-up model where it is new.

A series with fewer than twenty days of its own is forecast by what is usual in the other canteens:
who comes of the registered (`domain/showup.py`). The rule moves it the more, the more days there
are. What is usual was learnt by the last training; before the first one it is learnt here, from
the last days of some canteens.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
from sqlalchemy import func, select
from sqlmodel import Session, col

from cleanplate_forecast.actions import history
from cleanplate_forecast.actions.making import made_row, seen_of
from cleanplate_forecast.actions.training import store
from cleanplate_forecast.actions.training.columns import Loaded, load
from cleanplate_forecast.domain.attendance import Forecast, NoHistory, Series, forecast_day
from cleanplate_forecast.domain.features import Asked, Memory, look
from cleanplate_forecast.domain.showup import (
    OWN_DAYS,
    ShowUp,
    learn_show_up,
    moved_by_rule,
    present_of,
)
from cleanplate_forecast.models import ForecastRow, SessionRow
from cleanplate_shared.clock import zone
from cleanplate_shared.known import set_days
from cleanplate_shared.tables import KnownCanteenRow

_LOOK_BACK = timedelta(days=90)
_MOST_CANTEENS = 50
_SEED = 1


@dataclass(frozen=True)
class _Asked:
    """A meal, its series, and the last day whose diners may be known."""

    meal: SessionRow
    series: Series
    as_of: date

    @property
    def own_days(self) -> int:
        """Return how many days of its own the series has by then."""
        known = ~np.isnan(self.series.served)
        return int((known & (self.series.days <= self.as_of.toordinal())).sum())

    @property
    def is_new(self) -> bool:
        """Say whether the show-up model is to forecast it."""
        return bool(self.meal.registered) and self.own_days < OWN_DAYS

    def by_rule(self) -> Forecast | None:
        """Return what the rule of like days says; None without any day of its own."""
        try:
            return forecast_day(self.series, self.meal.date, self.as_of)
        except NoHistory:
            return None


def forecast_ruled(
    session: Session, meals: Sequence[SessionRow], at: datetime
) -> dict[UUID, ForecastRow]:
    """Return forecasts of meals, not kept yet, each from what was known on its eve at the latest.

    A meal that nothing is known about has none.
    """
    if not meals:
        return {}
    known = history.load(session, meals, set_days(session), at)
    today = today_in(session, {meal.canteen_id for meal in meals}, at)
    asked = [
        _Asked(
            meal,
            known[meal.canteen_id, meal.meal],
            min(today[meal.canteen_id], meal.date - timedelta(days=1)),
        )
        for meal in meals
        if meal.canteen_id in today
    ]
    present = _present(session, [one for one in asked if one.is_new], at)
    found = {}
    for one in asked:
        made = one.by_rule()
        if one.meal.id in present:
            made = moved_by_rule(present[one.meal.id], made, one.own_days)
        if made is not None:
            found[one.meal.id] = made_row(one.meal, made, one.as_of, at)
    return found


def today_in(session: Session, canteens: set[UUID], at: datetime) -> Mapping[UUID, date]:
    """Return the present day of canteens that are known."""
    found = session.execute(
        select(col(KnownCanteenRow.id), col(KnownCanteenRow.time_zone)).where(
            col(KnownCanteenRow.id).in_(canteens)
        )
    )
    return {canteen_id: at.astimezone(zone(name)).date() for canteen_id, name in found}


def _present(session: Session, asked: Sequence[_Asked], at: datetime) -> dict[UUID, np.ndarray]:
    """Return quantiles of all who will be present, as far as that can be said."""
    if not asked:
        return {}
    by_day: dict[date, list[_Asked]] = defaultdict(list)
    for one in asked:
        by_day[one.as_of].append(one)
    loaded = _loaded(session, asked)
    found: dict[UUID, np.ndarray] = {}
    for as_of, some in by_day.items():
        meals = [one.meal for one in some]
        made = _present_on(session, loaded, meals, as_of, at)
        there = ~np.isnan(made[:, 0])
        found |= {meal.id: made[n] for n, meal in enumerate(meals) if there[n]}
    return found


def _loaded(session: Session, asked: Sequence[_Asked]) -> Loaded:
    """Return the last days of the canteens asked about, and of the busiest others."""
    first = min(one.as_of for one in asked) - _LOOK_BACK
    last = max(one.meal.date for one in asked)
    busiest = session.scalars(
        select(col(SessionRow.canteen_id))
        .where(col(SessionRow.date).between(first, last), col(SessionRow.served).is_not(None))
        .group_by(col(SessionRow.canteen_id))
        .order_by(func.count().desc(), col(SessionRow.canteen_id))
        .limit(_MOST_CANTEENS)
    )
    return load(session, first, last, {*busiest, *(one.meal.canteen_id for one in asked)})


def _present_on(
    session: Session, loaded: Loaded, meals: Sequence[SessionRow], as_of: date, at: datetime
) -> np.ndarray:
    memory = Memory(loaded.columns.unknown_after(as_of.toordinal()))
    rows = loaded.places(meals)
    day = np.full(len(rows), as_of.toordinal())
    asked = Asked(
        rows, memory.starts[rows], memory.until(rows, int(day[0])), day, seen_of(meals, at)
    )
    return present_of(_usual(session, memory, as_of), memory, asked, look(memory, asked).registered)


def _usual(session: Session, memory: Memory, as_of: date) -> ShowUp:
    """Return what the serving model learnt, unless it knows more than is to be known."""
    serving = store.champion(session)
    if serving is not None and serving.model.last_day <= as_of.toordinal():
        return serving.model.learnt.show_up
    place = int(memory.place(np.array([as_of.toordinal()]))[0])
    return learn_show_up(memory, place, _SEED)
