"""The backtest of a real canteen's file, for the command line."""

import csv
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pydantic import BaseModel, Field

from cleanplate_forecast.domain import backtest as testing
from cleanplate_forecast.domain.attendance import LEVELS
from cleanplate_forecast.domain.history_file import (
    BadHistoryFile,
    CellFault,
    Fault,
    read_history,
)
from cleanplate_forecast.domain.model import MODEL
from cleanplate_forecast.domain.scores import Scores
from cleanplate_forecast.domain.walking import Progress
from cleanplate_shared.errors import RowProblem, Unprocessable
from cleanplate_shared.i18n import Locale, Message, msg

_REMEDIES: dict[Fault, Message] = {
    Fault.MISSING_COLUMN: msg("The first row must name this column; add it."),
    Fault.REPEATED_COLUMN: msg("The first row names this column twice; take one away."),
    Fault.CELLS: msg("This row has another number of cells than the first row; correct it."),
    Fault.DAY: msg("Write the day as YYYY-MM-DD."),
    Fault.EMPTY: msg("Fill in this cell."),
    Fault.COUNT: msg("Write a whole number from 0 to 1000000, or nothing if it is not known."),
    Fault.REPEATED_ROW: msg("This day of the canteen and meal is there twice; keep one row."),
    Fault.NO_ROWS: msg("The file has no rows; add one per canteen, meal and open day."),
    Fault.NOT_CSV: msg("This line is not CSV; save the file as CSV (UTF-8 or GB18030)."),
}


class HistoryFileRefused(Unprocessable, title=msg("The history file cannot be used")):
    """The file cannot be read, or holds no history; `errors` name row, column, value, remedy."""


class Measures(BaseModel):
    """How good forecasts were; `mae`, `wape` and `rmsle` are of the 0.5 quantile."""

    mae: float
    wape: float | None = Field(description="None: nobody ate on the days scored")
    rmsle: float
    pinball: dict[str, float]
    coverage80: float
    width80: float


class BacktestResult(Measures):
    """The outcome of a backtest; `model_dump_json()` is what `--json` prints."""

    rows: int
    seconds: float
    without_history: int = Field(description="days that nothing was known before; not forecast")
    model: str
    baselines: dict[str, Measures]
    predictions: list[testing.Prediction] = Field(exclude=True)

    def table(self) -> list["TableRow"]:
        """Return the rows of the table for people, ours first."""
        named: list[tuple[str, Measures]] = [(self.model, self), *self.baselines.items()]
        return [
            TableRow(
                name=name,
                mae=measured.mae,
                wape=measured.wape,
                rmsle=measured.rmsle,
                pinball=sum(measured.pinball.values()) / len(measured.pinball),
                coverage80=measured.coverage80,
                width80=measured.width80,
            )
            for name, measured in named
        ]

    def write_predictions(self, path: Path) -> None:
        """Write one row per forecast, as the contract has it."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(
                ["date", "canteen", "meal", "served", "mean", *(f"q{p:.0f}" for p in _PERCENT)]
            )
            writer.writerows(_cells(row) for row in self.predictions)


class TableRow(BaseModel):
    """One line of the table; `pinball` is the mean over the three quantiles."""

    name: str
    mae: float
    wape: float | None
    rmsle: float
    pinball: float
    coverage80: float
    width80: float


_PERCENT = tuple(level * 100 for level in LEVELS)


def backtest(
    path: Path,
    horizon: int,
    origins: int,
    progress: Progress,
    locale: Locale = "zh",
) -> BacktestResult:
    """Forecast the last `origins` open dates of a file, each from what was known then.

    Args:
        path: the history, as contract.md §3 describes it.
        horizon: `served` is known up to so many open days before; at least 1.
        origins: how many of the last open dates are forecast; at least 1.
        progress: told (open dates done, open dates in all).
        locale: the language of the remedies in a refusal.

    Raises:
        HistoryFileRefused: the file or a number given is not usable.
    """
    if horizon < 1 or origins < 1:
        raise HistoryFileRefused(msg("Horizon and origins must be at least 1."))
    began = time.perf_counter()
    try:
        history = read_history(_text(path))
    except BadHistoryFile as error:
        raise HistoryFileRefused(
            msg("{count} {count:cell needs|cells need} correction.", count=len(error.faults)),
            errors=[_problem(fault, locale) for fault in error.faults],
        ) from error
    try:
        tested = testing.backtest(history, horizon, origins, progress)
    except ValueError as error:
        raise HistoryFileRefused(
            msg("No row of the last days has both diners and a day with diners before it.")
        ) from error
    return _result(tested, time.perf_counter() - began)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise HistoryFileRefused(
            msg("{file} cannot be read: {reason}.", file=path, reason=error.strerror)
        ) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise HistoryFileRefused(msg("Save the file as CSV (UTF-8 or GB18030)."))


def _problem(fault: CellFault, locale: Locale) -> RowProblem:
    return RowProblem(
        field=f"{fault.row}:{fault.column}",
        code=fault.fault.value,
        message=_REMEDIES[fault.fault].in_(locale),
        row=fault.row,
        column=fault.column,
        value=fault.value,
    )


def _result(tested: testing.Tested, seconds: float) -> BacktestResult:
    return BacktestResult(
        **_measures(tested.scores).model_dump(),
        rows=tested.rows,
        seconds=round(seconds, 3),
        without_history=tested.without_history,
        model=MODEL,
        baselines={name: _measures(scores) for name, scores in tested.baselines.items()},
        predictions=list(tested.predictions),
    )


def _measures(scores: Scores) -> Measures:
    keys = [str(level) for level in LEVELS]
    return Measures(
        mae=scores.mae,
        wape=scores.wape,
        rmsle=scores.rmsle,
        pinball=dict(zip(keys, scores.pinball, strict=True)),
        coverage80=scores.coverage80,
        width80=scores.width80,
    )


def _cells(row: testing.Prediction) -> Sequence[str | int]:
    figures = (f"{value:.3f}" for value in (row.mean, row.q10, row.q50, row.q90))
    served = "" if row.served is None else row.served
    return [date.fromordinal(row.day).isoformat(), row.canteen, row.meal, served, *figures]
