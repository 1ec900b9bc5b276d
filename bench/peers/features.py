"""The usual features of a global model: lags, same weekdays, calendar, registrations, `x_*`."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_LAGS, _SAME, _LEVEL = (0, 1, 2, 3, 4, 9), 8, 20


@dataclass(frozen=True)
class Table:
    """All rows of a file.

    Attributes:
        matrix: features, shape (n, k); NaN where not known.
        level: what the target is divided by; NaN where nothing was known.
        served: who ate.
        places: of each row's date among the open dates of the file.
    """

    matrix: Floats
    level: Floats
    served: Floats
    places: NDArray[np.int64]


def usual_features(rows: pd.DataFrame, horizon: int) -> Table:
    """Return the features of every row, seen from `horizon` open days before.

    Args:
        rows: of the file, by canteen, meal and date.
        horizon: in open days of the row's own series.
    """
    series = rows["canteen"] + "|" + rows["meal"]
    weekday = rows["date"].dt.dayofweek
    known = rows["served"].groupby(series).shift(horizon)
    level = known.groupby(series).transform(lambda s: s.rolling(_LEVEL, min_periods=1).mean())
    level = level.clip(lower=1.0)
    found = {f"lag_{n}": known.groupby(series).shift(n) / level for n in _LAGS}
    for days in (5, 10, 60):
        mean = known.groupby(series).transform(
            lambda s, days=days: s.rolling(days, min_periods=1).mean()
        )
        found[f"mean_{days}"] = mean / level
    found |= _same_weekdays(rows, series, weekday, horizon, level)
    found |= {
        "weekday": weekday,
        "month": rows["date"].dt.month,
        "day_of_year": rows["date"].dt.dayofyear,
        "level": np.log(level),
        "series": series.astype("category").cat.codes,
    }
    if "registered" in rows:
        found["registered"] = rows["registered"] / level
    given = [name for name in rows if name.startswith("x_")]
    found |= {name: rows[name] for name in given if pd.api.types.is_numeric_dtype(rows[name])}
    places = np.unique(rows["date"], return_inverse=True)[1]
    matrix = pd.DataFrame(found).to_numpy(dtype=np.float64)
    return Table(matrix, level.to_numpy(), rows["served"].to_numpy(dtype=np.float64), places)


def _same_weekdays(
    rows: pd.DataFrame, series: pd.Series, weekday: pd.Series, horizon: int, level: pd.Series
) -> dict[str, pd.Series]:
    """Return the last same weekdays that were known, and their mean."""
    number = rows.groupby(series).cumcount()
    same = rows["served"].groupby([series, weekday])
    at = number.groupby([series, weekday])
    late = 0 * level + 1
    past = []
    for back in range(1, _SAME + 6):
        allowed = number - at.shift(back) >= horizon
        past.append(same.shift(back).where(allowed))
    table = np.stack([one.to_numpy() for one in past], axis=1)
    order = np.argsort(np.isnan(table), axis=1, kind="stable")[:, :_SAME]
    latest = pd.DataFrame(np.take_along_axis(table, order, axis=1), index=rows.index)
    found = {f"same_{n + 1}": latest[n] / level * late for n in range(4)}
    found["same_mean"] = latest.mean(axis=1) / level
    found["same_spread"] = latest.std(axis=1) / level
    return found
