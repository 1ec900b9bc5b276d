"""All series of an installation as columns: what training and prediction are functions of."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cleanplate_forecast.domain.attendance import Flags, Floats, Ints

QUANTILES = tuple(round(0.05 * n, 2) for n in range(1, 20))
MIDDLE = QUANTILES.index(0.5)
EARLY_HOURS = (1, 3, 6, 12, 24, 48, 96)  # before the cut-off
Texts = NDArray[np.str_] | NDArray[np.object_]


@dataclass(frozen=True)
class Columns:
    """One row per canteen, meal and open day, by series and from old to new.

    Attributes:
        names: of the series, in their order; the same series has the same name another day.
        series: 0, 1, ... of each row; ascending.
        meals: a small number for the meal of each row.
        days: ordinals of the dates; ascending within a series, each once.
        kinds: `attendance.Kind` of each day.
        served: who ate; NaN where it is not known.
        registered: registrations known when the forecast is made; NaN where there are none.
        numbers: further columns that are known in advance; NaN where empty.
        texts: the same for text; "" where empty.
        early: registrations as they were so many hours before the cut-off, by `EARLY_HOURS`; NaN
            where that was not noted.
        walk_ins: who of `served` came unregistered; NaN where it is not known, None if nowhere.
    """

    names: tuple[str, ...]
    series: Ints
    meals: Ints
    days: Ints
    kinds: Ints
    served: Floats
    registered: Floats
    numbers: Mapping[str, Floats] = field(default_factory=dict)
    texts: Mapping[str, Texts] = field(default_factory=dict)
    early: Mapping[int, Floats] = field(default_factory=dict)
    walk_ins: Floats | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.days)

    @property
    def starts(self) -> Ints:
        """Return, for each row, the first row of its series."""
        return np.searchsorted(self.series, self.series, side="left")

    def unknown_after(self, day: int) -> "Columns":
        """Return the columns as they are known at the end of a day: later diners are not."""
        return replace(self, served=np.where(self.days <= day, self.served, np.nan))

    def up_to(self, day: int) -> "Columns":
        """Return the rows up to a day; these very columns if there are no later ones."""
        keep = self.days <= day
        return self if keep.all() else self.where(keep)

    def where(self, keep: Flags) -> "Columns":
        """Return the rows that are to be kept."""
        return Columns(
            names=self.names,
            series=self.series[keep],
            meals=self.meals[keep],
            days=self.days[keep],
            kinds=self.kinds[keep],
            served=self.served[keep],
            registered=self.registered[keep],
            numbers={name: values[keep] for name, values in self.numbers.items()},
            texts={name: values[keep] for name, values in self.texts.items()},
            early={hours: values[keep] for hours, values in self.early.items()},
            walk_ins=None if self.walk_ins is None else self.walk_ins[keep],
        )


@dataclass(frozen=True)
class Quantiles:
    """Forecasts of some rows.

    Attributes:
        mean: expected diners, shape (n,); NaN where nothing could be known.
        values: at `QUANTILES`, shape (n, 19); ascending, never negative.
        by_show_up: which rest on the show-up model too, shape (n,); None: not told.
    """

    mean: Floats
    values: Floats
    by_show_up: Flags | None


def dates_of(columns: Columns) -> tuple[Ints, Ints]:
    """Return the open dates of the installation, and each row's place among them."""
    dates, places = np.unique(columns.days, return_inverse=True)
    return dates, places.astype(np.int64)


def where_known(columns: Columns) -> Flags:
    """Return which rows have diners."""
    known: Flags = ~np.isnan(columns.served)
    return known
