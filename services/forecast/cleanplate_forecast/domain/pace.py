"""Registrations before the cut-off: so many so far, and how many there usually are by then.

The usual share is that of the like days before, drawn towards the series' own and towards that of
all series; between the hours at which counts were noted it is taken as linear.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate_forecast.domain.attendance import Flags, Floats, Ints
from cleanplate_forecast.domain.columns import EARLY_HOURS, Columns, where_known
from cleanplate_forecast.domain.lookback import mean_of, ratio, sums_by

_HOURS = np.array((0, *EARLY_HOURS), dtype=np.float64)
_PRIOR = 4.0  # like days that what is usual on all days counts as
_LEAST, _MOST = 0.02, 1.5  # people cancel, too
_FURTHEST = 3.0
SIGHTS = len(_HOURS) + 1
Counts = NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """What is seen of the registrations of some rows, shape (n,) both.

    Attributes:
        count: so far; NaN where there are none to be seen.
        hours: before the cut-off; 0: they are final, NaN: nothing is to be seen.
    """

    count: Floats
    hours: Floats

    @classmethod
    def at(cls, columns: Columns, rows: Ints, hours: Floats) -> "Seen":
        """Return the registrations as they were at these hours, 0 or of `EARLY_HOURS`.

        Nothing is seen of a row where it was not noted then.
        """
        count = np.where(hours == 0, columns.registered[rows], np.nan)
        for mark, noted in columns.early.items():
            count = np.where(hours == mark, noted[rows], count)
        unknown = (hours != 0) & np.isnan(count)
        return cls(count, np.where(unknown, np.nan, hours))

    @classmethod
    def final(cls, columns: Columns, rows: Ints) -> "Seen":
        """Return the registrations of rows whose cut-off has passed."""
        return cls(columns.registered[rows], np.zeros(len(rows)))

    @classmethod
    def nothing(cls, count: int) -> "Seen":
        """Return what is seen where nobody may look."""
        return cls(np.full(count, np.nan), np.full(count, np.nan))

    @property
    def is_open(self) -> Flags:
        """Return which registrations may still change."""
        found: Flags = self.hours != 0
        return found

    @property
    def sights(self) -> Ints:
        """Return 0 where registrations are final, the number of the hours' mark, 8 for nothing."""
        found = np.searchsorted(_HOURS, self.hours)  # NaN last
        return np.where(np.isnan(self.count) & self.is_open, SIGHTS - 1, found)

    def where(self, keep: Flags | Ints | slice) -> "Seen":
        """Return the part that is to be kept."""
        return Seen(self.count[keep], self.hours[keep])


@dataclass(frozen=True)
class Coming:
    """What registrations will come to, as far as they are seen; NaN where they are not.

    Attributes:
        registered: so far, and what usually still comes.
        paced: so far, over the share that there usually is by then.
        reached: that share; 1 where they are final.
    """

    registered: Floats
    paced: Floats
    reached: Floats


class Pace:
    """How early people register.

    Args:
        columns: of the whole installation.
        places: of each row's date among the open dates.
        dates: how many of them there are.
    """

    def __init__(self, columns: Columns, places: Ints, dates: int) -> None:
        missing = np.full(len(columns), np.nan)
        noted = [columns.early.get(hours, missing) for hours in EARLY_HOURS]
        self.is_known = not all(np.isnan(counts).all() for counts in noted)
        if self.is_known:
            self._counts = np.stack([columns.registered, *noted], axis=1, dtype=np.float32)
            signed = where_known(columns) & (columns.registered > 0)
            usual = [_usual(columns.registered, counts, signed, places, dates) for counts in noted]
            self._everywhere = np.stack([np.ones(dates), *usual], axis=1)

    def coming(self, seen: Seen, like: Ints, near: Ints, place: Ints) -> Coming:
        """Return what registrations of some rows will come to.

        Args:
            seen: of the rows, shape (m,).
            like: their like days with registrations, shape (m, j); -1 for none.
            near: the latest days of their series with registrations, shape (m, k).
            place: of the last open date that is known of the other series; -1 for none.
        """
        registered = np.where(seen.is_open, np.nan, seen.count)
        paced, reached = registered.copy(), np.where(seen.is_open, np.nan, 1.0)
        some = np.flatnonzero((seen.hours > 0) & (seen.hours <= _HOURS[-1]) & ~np.isnan(seen.count))
        if self.is_known and len(some):
            found = self._still_coming(seen.where(some), like[some], near[some], place[some])
            registered[some], paced[some], reached[some] = found
        return Coming(registered, paced, reached)

    def _still_coming(
        self, seen: Seen, like: Ints, near: Ints, place: Ints
    ) -> tuple[Floats, Floats, Floats]:
        alike, days, usual = self._share(like, seen.hours)
        own, _, usually = self._share(near, seen.hours)
        everywhere = _between(self._everywhere, place[:, None], seen.hours)[:, 0]
        own = np.where(np.isnan(own), everywhere, own)
        drawn = (np.nan_to_num(alike) * days + own * _PRIOR) / (days + _PRIOR)
        reached = np.clip(drawn, _LEAST, _MOST)
        paced = seen.count / reached
        usual = np.where(np.isnan(usual), usually, usual)
        usual = np.where(np.isnan(usual), paced, usual)
        registered = np.maximum(seen.count + usual * (1.0 - reached), 0.0)
        return registered, np.minimum(paced, _FURTHEST * np.maximum(usual, seen.count)), reached

    def _share(self, rows: Ints, hours: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the usual share by then, of how many days, and the usual registrations."""
        then = _between(self._counts, rows, hours)
        final = np.where(np.isnan(then), np.nan, self._counts[np.maximum(rows, 0), 0])
        usual = mean_of(final)
        days = (~np.isnan(then)).sum(axis=1).astype(np.float64)
        return ratio(mean_of(then), usual), days, usual


def _usual(registered: Floats, early: Floats, signed: Flags, places: Ints, dates: int) -> Floats:
    """Return which share of the registrations was early, over all days up to each open date."""
    both = signed & ~np.isnan(early)
    then, final = (
        np.cumsum(sums_by(places[both], values[both], dates)) for values in (early, registered)
    )
    return ratio(then, final)


def _between(values: Floats | Counts, rows: Ints, hours: Floats) -> Floats:
    """Return values of rows, shape (m, k), at hours, shape (m,), from those at `_HOURS`.

    NaN for the row -1.
    """
    high = np.clip(np.searchsorted(_HOURS, hours), 1, len(_HOURS) - 1)[:, None]
    share = (hours[:, None] - _HOURS[high - 1]) / (_HOURS[high] - _HOURS[high - 1])
    inside = np.maximum(rows, 0)
    below, above = values[inside, high - 1], values[inside, high]
    found = np.where(share == 1.0, above, below * (1.0 - share) + above * share)
    return np.where(rows >= 0, found, np.nan)
