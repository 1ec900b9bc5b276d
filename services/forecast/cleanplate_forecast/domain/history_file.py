"""The history file of a backtest: who ate, one row per canteen, meal and open day.

A day without a row was closed. Days are compared by weekday: whose calendar the file follows is
not known, so make-up workdays and holidays have no kind of their own here.
"""

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from cleanplate_forecast.domain.attendance import Floats, Series
from cleanplate_forecast.domain.columns import Columns, Texts

NEEDED = ("date", "canteen", "meal", "served")
_MOST_PROBLEMS = 200
_MOST_DINERS = 1_000_000
_COUNT = re.compile(r"\d{1,9}(\.0+)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_Key = tuple[str, str]


class Fault(StrEnum):
    """What may be wrong with a cell."""

    MISSING_COLUMN = "missing_column"
    REPEATED_COLUMN = "repeated_column"
    CELLS = "cells"
    DAY = "day"
    EMPTY = "empty"
    COUNT = "count"
    REPEATED_ROW = "repeated_row"
    NO_ROWS = "no_rows"
    NOT_CSV = "not_csv"


@dataclass(frozen=True)
class CellFault:
    """A bad cell; the header is row 1."""

    row: int
    column: str
    value: str
    fault: Fault


class BadHistoryFile(ValueError):  # noqa: N818
    """The file does not hold a history; `faults` says why, at most the first 200."""

    def __init__(self, faults: Sequence[CellFault]) -> None:
        super().__init__(", ".join(f"{f.row}:{f.column}: {f.fault}" for f in faults[:3]))
        self.faults = faults


@dataclass(frozen=True)
class NamedSeries:
    """A canteen's meal with its series."""

    canteen: str
    meal: str
    series: Series


@dataclass(frozen=True)
class History:
    """What a file holds.

    Attributes:
        series: by canteen and meal.
        numbers: the `x_` columns that hold nothing but numbers, for all rows in the series' order.
        texts: the other `x_` columns.
    """

    series: Sequence[NamedSeries]
    numbers: Mapping[str, Floats]
    texts: Mapping[str, Texts]

    def columns(self) -> Columns:
        """Return all series as columns."""
        sizes = [len(named.series.days) for named in self.series]
        meals = sorted({named.meal for named in self.series})
        each = [named.series for named in self.series]
        return Columns(
            names=tuple(f"{named.canteen}|{named.meal}" for named in self.series),
            series=np.repeat(np.arange(len(sizes)), sizes),
            meals=np.repeat([meals.index(named.meal) for named in self.series], sizes),
            days=np.concatenate([one.days for one in each]),
            kinds=np.concatenate([one.kinds for one in each]),
            served=np.concatenate([one.served for one in each]),
            registered=np.concatenate([one.registered for one in each]),
            numbers=self.numbers,
            texts=self.texts,
        )


@dataclass(frozen=True)
class _Row:
    day: int
    served: float
    registered: float
    given: tuple[str, ...]


def read_history(text: str) -> History:
    """Return what a CSV text holds.

    Raises:
        BadHistoryFile: a column is missing, a cell is wrong, a row is repeated, or none is there.
    """
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        reader = _Reader(_columns(next(lines, [])))
        for cells in lines:
            if any(cell.strip() for cell in cells):
                reader.read(lines.line_num, cells)
    except csv.Error as error:
        raise BadHistoryFile([CellFault(lines.line_num, "", str(error), Fault.NOT_CSV)]) from error
    return reader.finish()


def _columns(header: Sequence[str]) -> dict[str, int]:
    names = [cell.strip() for cell in header]
    faults = [
        CellFault(1, name, "", Fault.MISSING_COLUMN) for name in NEEDED if name not in names
    ] + [
        CellFault(1, name, name, Fault.REPEATED_COLUMN)
        for name in (*NEEDED, "registered")
        if names.count(name) > 1
    ]
    if faults:
        raise BadHistoryFile(faults)
    return {name: place for place, name in enumerate(names)}


class _Reader:
    def __init__(self, columns: dict[str, int]) -> None:
        self._columns = columns
        self._given = [name for name in columns if name.startswith("x_")]
        self._faults: list[CellFault] = []
        self._rows: dict[_Key, dict[int, _Row]] = {}
        self._days: dict[str, int | None] = {}

    def read(self, line: int, cells: Sequence[str]) -> None:
        if len(cells) != len(self._columns):
            self._note(line, "", str(len(cells)), Fault.CELLS)
            return
        canteen, meal = (self._name(line, column, cells) for column in ("canteen", "meal"))
        day = self._day(line, self._cell(cells, "date"))
        served = self._count(line, "served", cells)
        registered = self._count(line, "registered", cells)
        if day is None or not canteen or not meal:
            return
        known = self._rows.setdefault((canteen, meal), {})
        if day in known:
            self._note(line, "date", self._cell(cells, "date"), Fault.REPEATED_ROW)
        given = tuple(self._cell(cells, name) for name in self._given)
        known[day] = _Row(day, served, registered, given)

    def finish(self) -> History:
        if not self._rows and not self._faults:
            self._note(2, "", "", Fault.NO_ROWS)
        if self._faults:
            raise BadHistoryFile(self._faults)
        ordered = [
            (canteen, meal, [rows[day] for day in sorted(rows)])
            for (canteen, meal), rows in sorted(self._rows.items())
        ]
        series = [NamedSeries(canteen, meal, _series(rows)) for canteen, meal, rows in ordered]
        given = zip(*(row.given for _, _, rows in ordered for row in rows), strict=True)
        numbers, texts = {}, {}
        for name, cells in zip(self._given, given, strict=True):
            values = _numbers(cells)
            if values is None:
                texts[name] = np.array(cells, dtype=np.str_)
            else:
                numbers[name] = values
        return History(series, numbers, texts)

    def _name(self, line: int, column: str, cells: Sequence[str]) -> str:
        text = self._cell(cells, column)
        if not text:
            self._note(line, column, "", Fault.EMPTY)
        return text

    def _day(self, line: int, text: str) -> int | None:
        if text not in self._days:
            self._days[text] = _ordinal(text)
        if self._days[text] is None:
            self._note(line, "date", text, Fault.DAY)
        return self._days[text]

    def _count(self, line: int, column: str, cells: Sequence[str]) -> float:
        text = self._cell(cells, column)
        if not text:
            return math.nan
        if not _COUNT.fullmatch(text) or float(text) > _MOST_DINERS:
            self._note(line, column, text, Fault.COUNT)
            return math.nan
        return float(text)

    def _cell(self, cells: Sequence[str], column: str) -> str:
        place = self._columns.get(column)
        return "" if place is None else cells[place].strip()

    def _note(self, line: int, column: str, value: str, fault: Fault) -> None:
        if len(self._faults) < _MOST_PROBLEMS:
            self._faults.append(CellFault(line, column, value[:100], fault))


def _numbers(cells: Sequence[str]) -> Floats | None:
    """Return the cells as numbers, NaN where empty; None if one is not a number."""
    try:
        values = np.array([float(cell) if cell else math.nan for cell in cells])
    except ValueError:
        return None
    return np.where(np.isfinite(values), values, math.nan)


def _ordinal(text: str) -> int | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return None


def _series(rows: Sequence[_Row]) -> Series:
    days = np.array([row.day for row in rows], dtype=np.int64)
    return Series(
        days=days,
        kinds=(days - 1) % 7,
        served=np.array([row.served for row in rows]),
        registered=np.array([row.registered for row in rows]),
        final=np.ones(len(rows), dtype=np.bool_),
    )
