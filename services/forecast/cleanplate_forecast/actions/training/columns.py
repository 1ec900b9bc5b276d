"""All meals of an installation as columns: what training learns from, and forecasts look at."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Result, select, true
from sqlmodel import Session, col

from cleanplate_forecast.actions.given.reading import read_given
from cleanplate_forecast.actions.history import kind_of
from cleanplate_forecast.domain.attendance import Ints
from cleanplate_forecast.domain.columns import Columns
from cleanplate_forecast.domain.festivals import calendar_numbers
from cleanplate_forecast.models import EARLY, SessionRow
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.known import set_days

MENU = "menu"
_MEALS = [meal.value for meal in Meal]
_AT_ONCE = 50_000
_MORE_DAYS = 4_000_000  # than there are


@dataclass(frozen=True)
class Loaded:
    """Columns, and where a meal stands in them."""

    columns: Columns

    def places(self, rows: Sequence[SessionRow]) -> Ints:
        """Return the positions of meals that are in the columns."""
        number = {name: n for n, name in enumerate(self.columns.names)}
        wanted = [
            number[_name(row.canteen_id, row.meal)] * _MORE_DAYS + row.date.toordinal()
            for row in rows
        ]
        keys = self.columns.series * _MORE_DAYS + self.columns.days
        return np.searchsorted(keys, np.array(wanted, dtype=np.int64))


def load(
    session: Session, first: date, last: date, canteens: Collection[UUID] | None = None
) -> Loaded:
    """Return the columns of some canteens, or of all, from the day `first` to the day `last`.

    Of several meals of one canteen, kind and day, the one that was told of last counts. The names
    of its dishes are one text; how many stars they have is left out: those of today know what
    diners said after a past day.
    """
    numbers: dict[tuple[UUID, str], int] = {}
    parts: list[np.ndarray] = []
    menus: list[str] = []
    same: dict[str, str] = {"": ""}
    for some in _meals(session, first, last, canteens).partitions():
        menus += [same.setdefault(row.offered or "", row.offered or "") for row in some]
        parts.append(
            np.array(
                [
                    (
                        numbers.setdefault((canteen, meal), len(numbers)),
                        day.toordinal(),
                        served,
                        registered,
                        walk_ins,
                        *early,
                    )
                    for canteen, meal, day, served, registered, walk_ins, _, *early in some
                ],
                dtype=np.float64,
            )
        )
    table = np.concatenate([np.empty((0, 5 + len(EARLY))), *parts])
    columns = _columns(table, menus, list(numbers), set_days(session))
    given = read_given(session, (first, last), list(numbers), columns.series, columns.days)
    return Loaded(
        replace(
            columns,
            numbers={**columns.numbers, **given.numbers},
            texts={**columns.texts, **given.texts},
        )
    )


def _meals(
    session: Session, first: date, last: date, canteens: Collection[UUID] | None
) -> Result[*tuple[Any, ...]]:
    is_wanted = true() if canteens is None else col(SessionRow.canteen_id).in_(canteens)
    return session.execute(
        select(
            col(SessionRow.canteen_id),
            col(SessionRow.meal),
            col(SessionRow.date),
            col(SessionRow.served),
            col(SessionRow.registered),
            col(SessionRow.walk_ins),
            col(SessionRow.offered),
            *EARLY.values(),
        )
        .where(col(SessionRow.date).between(first, last), is_wanted)
        .order_by(
            col(SessionRow.canteen_id),
            col(SessionRow.meal),
            col(SessionRow.date),
            col(SessionRow.version),
            col(SessionRow.id),
        )
        .execution_options(yield_per=_AT_ONCE)
    )


def _columns(
    table: np.ndarray,
    menus: Sequence[str],
    keys: Sequence[tuple[UUID, str]],
    by_hand: dict[date, bool],
) -> Columns:
    series, days = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    is_last = np.ones(len(table), dtype=np.bool_)
    is_last[:-1] = (np.diff(series) != 0) | (np.diff(days) != 0)
    series, days = series[is_last], days[is_last]
    distinct, which = np.unique(days, return_inverse=True)
    kinds = np.array(
        [kind_of(date.fromordinal(day), by_hand) for day in distinct.tolist()], dtype=np.int64
    )
    meals = np.array([_MEALS.index(meal) for _, meal in keys], dtype=np.int64)
    return Columns(
        names=tuple(_name(canteen, meal) for canteen, meal in keys),
        series=series,
        meals=meals[series],
        days=days,
        kinds=kinds[which],
        served=table[is_last, 2],
        registered=table[is_last, 3],
        numbers=calendar_numbers(days, by_hand) if len(days) else {},
        early={hours: table[is_last, 5 + n] for n, hours in enumerate(EARLY)},
        texts={MENU: np.array(menus, dtype=np.object_)[is_last]} if any(menus) else {},
        walk_ins=table[is_last, 4],
    )


def _name(canteen: UUID, meal: str) -> str:
    return f"{canteen} {meal}"
