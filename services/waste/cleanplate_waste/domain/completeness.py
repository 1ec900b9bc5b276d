"""When a day of waste is complete, and what it comes to per diner-meal.

Pure rules; streams and meals are their codes. docs/decisions/0004-weighing-and-completeness.md
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

FOOD = ("spoilage", "prep_unavoidable", "prep_avoidable", "unserved", "plate")
OUTSIDE_TOTALS = ("oil", "nonfood")
MEALS = ("breakfast", "lunch", "dinner")


@dataclass(frozen=True)
class Sitting:
    """A meal of the day.

    Attributes:
        served: diners counted independently of any weighing; None while nobody counted.
        is_expected: somebody registered, so that a missing count is a gap and not a closed meal.
    """

    meal: str
    served: int | None
    is_expected: bool


@dataclass(frozen=True)
class Weighed:
    """What was weighed of one stream at one level of a day; there is one at zero grams too.

    Attributes:
        meal: None for the whole day.
        is_pending: of a meal session not known yet: it counts as grams and covers nothing.
    """

    stream: str
    meal: str | None
    is_pending: bool
    net_grams: int


@dataclass(frozen=True)
class Day:
    """What is known of one canteen's day."""

    date: date
    sittings: Sequence[Sitting]
    weighed: Sequence[Weighed]

    @property
    def open_meals(self) -> set[str]:
        """Return the meals at which somebody ate."""
        return {sitting.meal for sitting in self.sittings if sitting.served}


@dataclass(frozen=True)
class Total:
    """Waste per diner-meal of a day, a meal or a stream; no rate unless complete."""

    net_grams: int
    served: int | None
    is_complete: bool
    missing: tuple[str, ...]

    @property
    def grams_per_diner_meal(self) -> float | None:
        """Return the rate, where there is an honest one."""
        return self.net_grams / self.served if self.is_complete and self.served else None


def covered(day: Day, stream: str) -> bool:
    """Say whether a stream was weighed for the day, or for each meal at which somebody ate."""
    return stream in covered_streams(day)


def covered_streams(day: Day) -> set[str]:
    """Return the streams that were weighed for the day, or for each meal at which somebody ate."""
    meals: defaultdict[str, set[str | None]] = defaultdict(set)
    for weighed in day.weighed:
        if not weighed.is_pending:
            meals[weighed.stream].add(weighed.meal)
    if not meals:
        return set()
    opened = day.open_meals
    return {s for s, own in meals.items() if None in own or (opened and opened <= own)}


def day_total(day: Day, required: Collection[str]) -> Total:
    """Return a day's food waste."""
    found = covered_streams(day)
    missing = tuple(stream for stream in required if stream not in found)
    return _total(
        _food_grams(day.weighed), _served(day.sittings), missing, counted=_all_counted(day)
    )


def meal_total(day: Day, meal: str | None, required: Collection[str]) -> Total:
    """Return what was weighed at one meal of a day; None: what was weighed for the whole day."""
    own = [w for w in day.weighed if w.meal == meal]
    streams = {w.stream for w in own if not w.is_pending}
    missing = tuple(stream for stream in required if stream not in streams)
    if meal is None:
        return _total(_food_grams(own), _served(day.sittings), missing, counted=_all_counted(day))
    served = _served([sitting for sitting in day.sittings if sitting.meal == meal])
    return _total(_food_grams(own), served, missing, counted=True)


def stream_total(days: Iterable[Day], stream: str, required: Collection[str]) -> tuple[Total, int]:
    """Return one stream over all days with an honest rate, and how many days those are.

    Sums before dividing: a ratio of sums, so that a day with few diners weighs little.
    """
    good = [d for d in days if day_total(d, required).is_complete and covered(d, stream)]
    grams = sum(w.net_grams for day in good for w in day.weighed if w.stream == stream)
    served = sum(_served(day.sittings) or 0 for day in good)
    missing = () if good else (stream,)
    return Total(grams, served if good else None, bool(good), missing), len(good)


def meals_of(day: Day) -> list[str | None]:
    """Return the meals of a day that were weighed or open, in order; None last: the whole day."""
    present = {w.meal for w in day.weighed} | day.open_meals
    found: list[str | None] = [meal for meal in MEALS if meal in present]
    return [*found, None] if None in present else found


def is_worth_telling(day: Day) -> bool:
    """Say whether something was weighed or somebody ate."""
    return bool(day.weighed) or bool(day.open_meals)


def _total(grams: int, served: int | None, missing: tuple[str, ...], *, counted: bool) -> Total:
    return Total(grams, served, counted and bool(served) and not missing, missing)


def _served(sittings: Iterable[Sitting]) -> int | None:
    counts = [sitting.served for sitting in sittings if sitting.served is not None]
    return sum(counts) if counts else None


def _all_counted(day: Day) -> bool:
    """Say whether no meal with registrations or weighings lacks its count of diners."""
    weighed = {w.meal for w in day.weighed}
    return not any(w.is_pending for w in day.weighed) and not any(
        sitting.served is None and (sitting.is_expected or sitting.meal in weighed)
        for sitting in day.sittings
    )


def _food_grams(weighed: Iterable[Weighed]) -> int:
    return sum(w.net_grams for w in weighed if w.stream in FOOD)
