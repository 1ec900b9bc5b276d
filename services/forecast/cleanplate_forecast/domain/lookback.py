"""Looking back along many series at once, without a loop over rows."""

import numpy as np

from cleanplate_forecast.domain.attendance import Flags, Floats, Ints


class Lookback:
    """The latest rows of a group, as seen from other rows.

    Args:
        member: which rows count, shape (n,).
        groups: the group of each row, shape (n,), not negative; rows ascend in time within one.
    """

    def __init__(self, member: Flags, groups: Ints) -> None:
        rows = np.flatnonzero(member)
        self._span = len(member) + 1
        keys = groups[rows] * self._span + rows
        order = np.argsort(keys, kind="stable")
        self._keys, self._rows = keys[order], rows[order]

    def latest(self, groups: Ints, since: Ints, until: Ints, count: int) -> Ints:
        """Return the `count` latest members in `groups` from `since` to `until`; -1 for none.

        Shape (len(groups), count), the latest first. All three are per asking row.
        """
        if not len(self._rows):
            return np.full((len(groups), count), -1)
        ends = np.searchsorted(self._keys, groups * self._span + until, side="right")
        at = ends[:, None] - 1 - np.arange(count)
        inside = np.maximum(at, 0)
        same = self._keys[inside] >= (groups * self._span + since)[:, None]
        return np.where((at >= 0) & same, self._rows[inside], -1)


def take(values: Floats, rows: Ints) -> Floats:
    """Return `values` at `rows`, NaN at -1."""
    taken: Floats = np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan)
    return taken


def mean_of(values: Floats) -> Floats:
    """Return the mean of each row without its NaNs; NaN for a row of nothing else."""
    there = ~np.isnan(values)
    return ratio(np.where(there, values, 0.0).sum(axis=1), there.sum(axis=1).astype(np.float64))


def spread_of(values: Floats) -> Floats:
    """Return the standard deviation of each row without its NaNs; NaN for fewer than two."""
    there = ~np.isnan(values)
    away = np.where(there, values - mean_of(values)[:, None], 0.0)
    spare = there.sum(axis=1) - 1.0
    return np.sqrt(ratio((away**2).sum(axis=1), spare))


def ratio(above: Floats, below: Floats) -> Floats:
    """Return above / below, NaN where `below` is not positive."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(below > 0, above / np.maximum(below, 1e-9), np.nan)
    return found


def sums_by(groups: Ints, values: Floats, count: int) -> Floats:
    """Return the sum of the values in each of `count` groups."""
    return np.bincount(groups, values, count).astype(np.float64)
