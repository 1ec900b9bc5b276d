"""What is given in advance, as columns beside the meals'."""

import json
from array import array
from collections import defaultdict
from collections.abc import Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Text, cast, select
from sqlmodel import Session, col

from cleanplate_forecast.domain.attendance import Floats, Ints
from cleanplate_forecast.domain.columns import Texts
from cleanplate_forecast.models import GivenDayRow

_AT_ONCE, _SAME_DAY = 50_000, 10_000
_MOST_NUMBERS, _MOST_TEXTS = 12, 4  # of a whole installation, whose canteens may name their own
_FEWEST = 30  # meals
_MORE_DAYS = 4_000_000  # than there are


@dataclass(frozen=True)
class Given:
    """Columns that are known in advance, a value for each meal; NaN or "" where nothing is."""

    numbers: Mapping[str, Floats]
    texts: Mapping[str, Texts]


@dataclass(frozen=True)
class _Known:
    """What is known of a column: a value for each key of series and day."""

    keys: "array[int]"
    values: MutableSequence[Any]

    def onto(self, keys: Ints, blank: np.ndarray) -> np.ndarray:
        """Return the values at the places of their keys among the ascending `keys`."""
        own = np.array(self.keys)
        at = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
        is_there = keys[at] == own
        found = blank.copy()
        found[at[is_there]] = np.array(self.values, dtype=blank.dtype)[is_there]
        return found


def read_given(
    session: Session,
    period: tuple[date, date],
    named: Sequence[tuple[UUID, str]],
    series: Ints,
    days: Ints,
) -> Given:
    """Return what is given of meals, in the columns that say most.

    What is given of a meal wins over what is given of its day. A column that says something of
    fewer than thirty meals is left out.

    Args:
        session: a session on the service's database.
        period: first and last day.
        named: canteen and meal of each series.
        series: the number of each meal's series, shape (n,); ascending.
        days: the ordinal of its day, ascending within a series.
    """
    if not len(series):
        return Given({}, {})
    numbers, texts = _collect(session, period, named)
    keys = series * _MORE_DAYS + days
    nothing, empty = np.full(len(keys), np.nan), np.full(len(keys), "", dtype=np.object_)
    values = {name: each.onto(keys, nothing) for name, each in numbers.items()}
    words = {name: each.onto(keys, empty) for name, each in texts.items()}
    counts = {name: int((~np.isnan(each)).sum()) for name, each in values.items()}
    said = {name: int((each != "").sum()) for name, each in words.items()}
    return Given(
        {name: values[name] for name in _most(counts, _MOST_NUMBERS)},
        {name: words[name] for name in _most(said, _MOST_TEXTS)},
    )


def _collect(
    session: Session, period: tuple[date, date], named: Sequence[tuple[UUID, str]]
) -> tuple[dict[str, _Known], dict[str, _Known]]:
    numbers: dict[str, _Known] = defaultdict(lambda: _Known(array("q"), array("d")))
    texts: dict[str, _Known] = defaultdict(lambda: _Known(array("q"), []))
    places: dict[UUID, dict[str, int]] = defaultdict(dict)
    for number, (canteen, meal) in enumerate(named):
        places[canteen][meal] = number
    same: dict[str, str] = {}
    read = lru_cache(_SAME_DAY)(json.loads)  # most canteens have the weather of others
    found = session.execute(
        select(
            col(GivenDayRow.canteen_id),
            col(GivenDayRow.date),
            col(GivenDayRow.meal),
            cast(col(GivenDayRow.given), Text),
        )
        .where(col(GivenDayRow.date).between(*period))
        .order_by(
            col(GivenDayRow.canteen_id), col(GivenDayRow.date), col(GivenDayRow.meal)
        )  # a day comes before its meals
        .execution_options(yield_per=_AT_ONCE)
    )
    for canteen, day, meal, given in found:
        meals = places.get(canteen, {})
        ordinal = day.toordinal()
        for number in [meals[meal]] if meal in meals else [] if meal else meals.values():
            key = number * _MORE_DAYS + ordinal
            for name, value in read(given).items():
                is_text = isinstance(value, str)
                known = texts[name] if is_text else numbers[name]
                known.keys.append(key)
                known.values.append(same.setdefault(value, value) if is_text else value)
    return numbers, texts


def _most(counts: Mapping[str, int], most: int) -> list[str]:
    """Return the names with the highest counts, in alphabetical order."""
    enough = [name for name, count in counts.items() if count >= _FEWEST]
    return sorted(sorted(enough, key=lambda name: (-counts[name], name))[:most])
