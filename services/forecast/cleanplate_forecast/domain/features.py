"""What a forecast may look at: features of a row as seen from an earlier day.

Everything is relative to the recent level of the row's own series, so that one model serves all
canteens. A row's own history reaches up to the row `until`, what the other series did up to the
day `as_of`; of the row itself its kind of day, registrations and given columns are known. Nothing
else is read, which tests show by changing it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cleanplate_forecast.domain.attendance import Flags, Floats, Ints, Kind
from cleanplate_forecast.domain.columns import Columns, dates_of, where_known
from cleanplate_forecast.domain.lookback import Lookback, mean_of, ratio, spread_of, sums_by, take
from cleanplate_forecast.domain.pace import Coming, Pace, Seen

RECENT, LIKE = 20, 8
_LONG = 60
_KINDS = 10  # more than there are kinds of day
_YEAR = (357, 364, 371)
_LONG_GAP = 5  # days without a row: a closure, not a weekend
_CHUNK = 200_000
_LAST_DAY = 4_000_000  # after every date
_RATIO_PRIOR = 8.0  # like days that the series' own ratio counts as, beside one weekday's
_LEAST_LEVEL = 0.5
_RESTS = (Kind.SATURDAY, Kind.SATURDAY + 1, Kind.WEEKDAY_OFF)


@dataclass(frozen=True)
class Asked:
    """Rows to look at, and from where; all of shape (m,).

    Attributes:
        rows: positions in the columns.
        since: the first row of the own series that may be known.
        until: the last one; before `since` where nothing of it is known.
        as_of: the last day of which the other series are known.
        seen: the row's own registrations, as far as they are known.
    """

    rows: Ints
    since: Ints
    until: Ints
    as_of: Ints
    seen: Seen

    def where(self, keep: Flags | Ints) -> "Asked":
        """Return the part that is to be kept."""
        return Asked(
            self.rows[keep],
            self.since[keep],
            self.until[keep],
            self.as_of[keep],
            self.seen.where(keep),
        )


@dataclass(frozen=True)
class Features:
    """Features of the rows asked about.

    Attributes:
        level: diners that everything is relative to, shape (m,); NaN: nothing is known at all.
        usual: mean of the like days over the level, shape (m,).
        spread: their standard deviation over the level, shape (m,).
        registered: what registrations will come to, in heads, shape (m,); NaN: nobody can say.
        values: by name, each of shape (m,).
    """

    level: Floats
    usual: Floats
    spread: Floats
    registered: Floats
    values: Mapping[str, Floats]

    def where(self, keep: Flags) -> "Features":
        """Return the part that is to be kept."""
        values = {name: each[keep] for name, each in self.values.items()}
        level, usual = self.level[keep], self.usual[keep]
        return Features(level, usual, self.spread[keep], self.registered[keep], values)

    def matrix(self, names: tuple[str, ...]) -> Floats:
        """Return the columns `names`, shape (m, len(names)); NaN for one that is not there."""
        missing = np.full(len(self.level), np.nan)
        return np.stack([self.values.get(name, missing) for name in names], axis=1)


class Memory:
    """Columns made ready to be looked back at from any row."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.dates, self.places = dates_of(columns)
        known, signed = where_known(columns), columns.registered > 0
        rests = np.isin(columns.kinds, _RESTS).astype(np.int64)
        self.by_kind = columns.series * _KINDS + columns.kinds
        self._by_rest = columns.series * 2 + rests
        self._like = Lookback(known & (columns.kinds < Kind.MAKE_UP_WORKDAY), self.by_kind)
        self._like_rest = Lookback(known, self._by_rest)
        self.own = Lookback(known, columns.series)
        self.signed = Lookback(known & signed, columns.series)
        self.signed_alike = Lookback(known & signed, self.by_kind)
        self.starts = columns.starts
        self.pace = Pace(columns, self.places, len(self.dates))
        self._remember_days()

    def like(self, rows: Ints, since: Ints, until: Ints, count: int) -> Ints:
        """Return the latest like days: of the same kind, else of work or rest, else any."""
        found = self._like.latest(self.by_kind[rows], since, until, count)
        for look, group in (
            (self._like_rest, self._by_rest),
            (self.own, self.columns.series),
        ):
            none = found[:, 0] < 0
            found[none] = look.latest(group[rows[none]], since[none], until[none], count)
        return found

    def _remember_days(self) -> None:
        """Note each row's level and its error against its like days, known with its diners."""
        n = len(self.columns)
        self.levels, self.errors = np.full(n, np.nan), np.full(n, np.nan)
        for start in range(0, n, _CHUNK):
            rows = np.arange(start, min(start + _CHUNK, n))
            since = self.starts[rows]
            near = self.own.latest(self.columns.series[rows], since, rows - 1, RECENT)
            like = self.like(rows, since, rows - 1, LIKE)
            self.levels[rows] = mean_of(take(self.columns.served, near))
            usual = mean_of(take(self.columns.served, like))
            self.errors[rows] = ratio(self.columns.served[rows], usual)
        self._pool()

    def _pool(self) -> None:
        """Note what is known of all series together by each date."""
        columns, count = self.columns, len(self.dates)
        known = where_known(columns)
        shown = known & (columns.registered > 0)
        good = np.isfinite(self.errors)

        def total(values: Floats, rows: Flags) -> Floats:
            return sums_by(self.places[rows], values[rows], count)

        ones = np.ones(len(columns))
        self.day_errors = ratio(total(np.clip(self.errors, 0.0, 3.0), good), total(ones, good))
        came, signed = total(columns.served, shown), total(columns.registered, shown)
        self.show_up = ratio(np.cumsum(came), np.cumsum(signed))
        logs = [
            np.cumsum(total(values, known & (columns.meals == meal)))
            for meal in range(int(columns.meals.max(initial=0)) + 1)
            for values in (np.log1p(columns.served), ones)
        ]
        sums = np.reshape(logs, (-1, 2, count))
        self.typical = np.expm1(ratio(sums[:, 0], sums[:, 1]))

    def place(self, as_of: Ints) -> Ints:
        """Return the place of the last open date up to each of `as_of`; -1 for none."""
        return np.searchsorted(self.dates, as_of, side="right") - 1

    def until(self, rows: Ints, as_of: int) -> Ints:
        """Return the last row of each row's own series, up to a day, whose diners are known.

        It is before the first of the series where there is none.
        """
        series, since = self.columns.series, self.starts[rows]
        keys = series * _LAST_DAY + self.columns.days
        last = np.searchsorted(keys, series[rows] * _LAST_DAY + as_of, side="right") - 1
        found = self.own.latest(series[rows], since, last, 1)[:, 0]
        return np.where(found >= 0, found, since - 1)


def look(memory: Memory, asked: Asked) -> Features:
    """Return the features of the rows asked about."""
    columns, rows = memory.columns, asked.rows
    near = memory.own.latest(columns.series[rows], asked.since, asked.until, _LONG)
    like = memory.like(rows, asked.since, asked.until, LIKE)
    signed = _signed(memory, asked)
    recent, place = signed.near[:, :RECENT], memory.place(asked.as_of)
    coming = memory.pace.coming(asked.seen, signed.like, recent, place)
    level = _level(memory, asked, take(columns.served, near), coming.registered)
    values = {
        **_history(memory, asked, near, like, level),
        **_calendar(memory, asked),
        **_neighbours(memory, asked),
        **_registrations(memory, asked, signed, coming, level),
        **_given(columns, rows, like),
    }
    usual, spread = values["like_mean"], values["like_spread"]
    return Features(level, usual, spread, coming.registered, values)


def _level(memory: Memory, asked: Asked, near: Floats, registered: Floats) -> Floats:
    """Return the recent level; for a series nobody has eaten at yet, what is usual elsewhere."""
    at = memory.place(asked.as_of)
    meals = memory.columns.meals[asked.rows]
    elsewhere = np.where(at >= 0, memory.typical[meals, np.maximum(at, 0)], np.nan)
    shown = np.where(at >= 0, memory.show_up[np.maximum(at, 0)], np.nan)
    shown = np.where(np.isnan(shown), 1.0, shown)
    promised = np.where(np.isnan(registered), elsewhere, registered * shown)
    own = mean_of(near[:, :RECENT])
    level = np.where(np.isnan(own), promised, own)
    found: Floats = np.where(np.isnan(level), np.nan, np.maximum(level, _LEAST_LEVEL))
    return found


def _history(
    memory: Memory, asked: Asked, near: Ints, like: Ints, level: Floats
) -> dict[str, Floats]:
    served = memory.columns.served
    close, alike = take(served, near) / level[:, None], take(served, like) / level[:, None]
    errors = take(memory.errors, near[:, :LIKE])
    latest = {f"last_{n + 1}": close[:, n] for n in (0, 1, 2, 4)}
    same = {f"like_{n + 1}": alike[:, n] for n in range(3)}
    year = np.stack([_a_year_ago(memory, asked, days) for days in _YEAR], axis=1)
    return {
        "log_level": np.log(level),
        "known": (near >= 0).sum(axis=1).astype(np.float64),
        "lead": (asked.rows - asked.until).clip(0, _LONG).astype(np.float64),
        **latest,
        **{f"mean_{n}": mean_of(close[:, :n]) for n in (5, 10, _LONG)},
        "spread_20": spread_of(close[:, :RECENT]),
        **same,
        "like_mean_4": mean_of(alike[:, :4]),
        "like_mean": mean_of(alike),
        "like_middle": _middle_of(alike),
        "like_spread": spread_of(alike),
        "error_1": errors[:, 0],
        "error_4": mean_of(errors[:, :4]),
        "error_8": mean_of(errors),
        "year": year[:, 1],
        "year_around": mean_of(year),
    }


def _a_year_ago(memory: Memory, asked: Asked, days: int) -> Floats:
    """Return who ate so many days before, over the level of then."""
    columns = memory.columns
    keys = columns.series * _LAST_DAY + columns.days
    wanted = keys[asked.rows] - days
    found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    there = (keys[found] == wanted) & (found <= asked.until) & (found >= asked.since)
    then = ratio(columns.served[found], memory.levels[found])
    values: Floats = np.where(there, then, np.nan)
    return values


def _calendar(memory: Memory, asked: Asked) -> dict[str, Floats]:
    """Return the place of the day in week and year, and its distance from the last closure."""
    days, rows = memory.columns.days, asked.rows
    first = np.arange(len(days)) == memory.starts
    gaps = np.where(first, _LONG, np.minimum(days - np.roll(days, 1), _LONG))
    reopened = np.maximum.accumulate(np.where((gaps > _LONG_GAP) | first, np.arange(len(days)), 0))[
        rows
    ]
    angle = 2 * np.pi * (days[rows] - 1) / 365.2425
    return {
        "kind": memory.columns.kinds[rows].astype(np.float64),
        "meal": memory.columns.meals[rows].astype(np.float64),
        "sine": np.sin(angle),
        "cosine": np.cos(angle),
        "gap": gaps[rows].astype(np.float64),
        "since_closure": np.minimum(days[rows] - days[reopened], 120).astype(np.float64),
        "closure": gaps[reopened].astype(np.float64),
    }


def _neighbours(memory: Memory, asked: Asked) -> dict[str, Floats]:
    """Return how the other series did lately, and on the same weekday a year ago."""
    at = memory.place(asked.as_of)

    def on(places: Ints) -> Floats:
        known = (places >= 0) & (places <= at)
        return np.where(known, memory.day_errors[np.maximum(places, 0)], np.nan)

    lately = np.stack([on(at - n) for n in range(5)], axis=1)
    day = memory.columns.days[asked.rows] - _YEAR[1]
    then = np.minimum(np.searchsorted(memory.dates, day), len(memory.dates) - 1)
    hit = memory.dates[then] == day
    return {
        **{f"others_{n + 1}": lately[:, n] for n in range(3)},
        "others_5": mean_of(lately),
        "others_year": on(np.where(hit, then, -1)),
    }


@dataclass(frozen=True)
class _Signed:
    """Days with registrations that each row is seen beside; -1 for none."""

    like: Ints
    near: Ints


def _signed(memory: Memory, asked: Asked) -> _Signed:
    series, kind = memory.columns.series[asked.rows], memory.by_kind[asked.rows]
    return _Signed(
        memory.signed_alike.latest(kind, asked.since, asked.until, LIKE),
        memory.signed.latest(series, asked.since, asked.until, _LONG),
    )


def _registrations(
    memory: Memory, asked: Asked, signed: _Signed, coming: Coming, level: Floats
) -> dict[str, Floats]:
    columns = memory.columns
    if np.isnan(columns.registered).all():
        return {}
    came, registered = take(columns.served, signed.near), take(columns.registered, signed.near)
    own, long = _rate(came[:, :RECENT], registered[:, :RECENT]), _rate(came, registered)
    like = take(columns.registered, signed.like)
    alike = _rate(take(columns.served, signed.like), like)
    at = memory.place(asked.as_of)
    usual = np.where(at >= 0, memory.show_up[np.maximum(at, 0)], np.nan)
    own_or_usual = np.where(np.isnan(long), usual, long)
    days = (signed.like >= 0).sum(axis=1)
    drawn = (np.nan_to_num(alike) * days + own_or_usual * _RATIO_PRIOR) / (days + _RATIO_PRIOR)
    last = np.where(asked.until >= asked.since, asked.until, -1)
    return {
        "registered": coming.registered / level,
        "promised": coming.registered * drawn / level,
        "rate": own,
        "rate_long": long,
        "rate_like": alike,
        "rate_1": ratio(came[:, 0], registered[:, 0]),
        "rate_4": _rate(came[:, :4], registered[:, :4]),
        "registered_usual": ratio(coming.registered, mean_of(like)),
        "registered_last": take(columns.registered, last) / level,
        **_paced(memory.pace, coming, level),
    }


def _paced(pace: Pace, coming: Coming, level: Floats) -> dict[str, Floats]:
    if not pace.is_known:
        return {}
    return {"paced": coming.paced / level, "reached": coming.reached}


def _rate(came: Floats, signed: Floats) -> Floats:
    return ratio(mean_of(came), mean_of(signed))


def _given(columns: Columns, rows: Ints, like: Ints) -> dict[str, Floats]:
    """Return the given numbers, and how far each is from what it was on the like days."""
    found: dict[str, Floats] = {}
    for name, values in columns.numbers.items():
        found[f"given {name}"] = values[rows]
        found[f"unlike {name}"] = values[rows] - mean_of(take(values, like))
    return found


def _middle_of(values: Floats) -> Floats:
    """Return the median of each row without its NaNs."""
    ranked = np.sort(values, axis=1)  # NaN last
    count = (~np.isnan(ranked)).sum(axis=1)
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, values.shape[1] - 1)
    each = np.arange(len(ranked))
    middle: Floats = (ranked[each, low] + ranked[each, high]) / 2
    return middle
