"""Our forecasts against the usual libraries on real files, and against the truth in simulated ones.

Ours is `cleanplate forecast backtest`; the peers are run here and now on the same file with the
same knowledge: `served` up to H open days before, the day's own registrations and `x_*` columns.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench import early, new_canteens, simulated
from bench.peers.boosted import PEERS, Answer, walk
from bench.peers.features import Floats, usual_features
from bench.peers.smoothing import auto_ets
from cleanplate_forecast.domain.columns import Columns
from cleanplate_forecast.domain.history_file import read_history
from cleanplate_forecast.domain.scores import score
from cleanplate_gateway.embedded import BacktestResult, backtest

DATA = Path(__file__).parents[2] / "shared" / "data"
SCHOOLS, INGREDIENTS = "school_canteens_nantes.csv", "restaurant_ingredients_yaz.csv"
_SHORT = 0.011  # of the meals that are wanted: how short the schools' own staff ran


@dataclass(frozen=True)
class Task:
    """A file, how far ahead, and how many of its last open dates."""

    name: str
    file: str
    horizon: int
    origins: int


TASKS = (
    Task("schools, tomorrow", SCHOOLS, 1, 60),
    Task("schools, two weeks ahead", SCHOOLS, 10, 60),
    Task("ingredients, tomorrow", INGREDIENTS, 1, 120),
    Task("ingredients, a week ahead", INGREDIENTS, 5, 120),
)


@dataclass(frozen=True)
class Row:
    """One line of the table; `seconds` of CPU is None for the simple rules."""

    name: str
    wape: float
    pinball: float
    coverage80: float
    seconds: float | None


def measure() -> Any:  # noqa: ANN401
    """Return errors of ours over those of each peer, and what the simulation found."""
    if not DATA.exists():
        sys.exit("The real files are not beside the project; see the data's README.")
    ratios: dict[str, float] = {}
    figures: dict[str, float] = {}
    sys.stdout.write("| task | forecast | WAPE | pinball | in 80 % | CPU s |\n")
    sys.stdout.write("|---|---|---:|---:|---:|---:|\n")
    for task in TASKS:
        began = time.process_time()
        result = backtest(DATA / task.file, task.horizon, task.origins, _silently, "en")
        ours = _rows(result, time.process_time() - began)
        for row in (*ours, *_peers(task)):
            _say(task, row)
            if row is not ours[0]:
                ratios |= _ratios(task, ours[0], row)
        figures |= {f"{task.name}: {name}": value for name, value in _figures(result).items()}
    figures |= new_canteens.measure(_schools())
    sys.stdout.write("\n")
    figures |= simulated.measure() | early.measure()
    return {"ratios": ratios, "figures": figures}


def _schools() -> Columns:
    return read_history((DATA / SCHOOLS).read_text(encoding="utf-8")).columns()


def _rows(result: BacktestResult, seconds: float) -> list[Row]:
    """Return ours and the two simple rules."""
    return [
        Row(
            row.name,
            row.wape or 0.0,
            row.pinball,
            row.coverage80,
            seconds if row.name == result.model else None,
        )
        for row in result.table()
    ]


def _peers(task: Task) -> Iterator[Row]:
    rows = pd.read_csv(DATA / task.file, parse_dates=["date"])
    rows = rows.sort_values(["canteen", "meal", "date"]).reset_index(drop=True)
    table = usual_features(rows, task.horizon)
    counted = table.places > table.places.max() - task.origins

    def row(name: str, answer: Answer) -> Row:
        made = counted & ~np.isnan(answer.quantiles[:, 1]) & ~np.isnan(table.served)
        found = score(table.served[made], answer.quantiles[made])
        pinball = float(np.mean(found.pinball))
        return Row(name, found.wape or 0.0, pinball, found.coverage80, answer.seconds)

    if task.file == INGREDIENTS:
        yield row("AutoETS", auto_ets(rows, task.horizon, task.origins))
    for name, make in PEERS.items():
        yield row(name, walk(table, task.horizon, task.origins, make))


def _ratios(task: Task, ours: Row, theirs: Row) -> dict[str, float]:
    found = {
        f"{task.name}: WAPE against {theirs.name}": ours.wape / theirs.wape,
        f"{task.name}: pinball against {theirs.name}": ours.pinball / theirs.pinball,
    }
    if ours.seconds and theirs.seconds:
        found[f"{task.name}: CPU against {theirs.name}"] = ours.seconds / theirs.seconds
    return found


def _say(task: Task, row: Row) -> None:
    seconds = "" if row.seconds is None else f"{row.seconds:.1f}"
    figures = f"{row.wape:.4f} | {row.pinball:.3f} | {row.coverage80:.3f} | {seconds}"
    sys.stdout.write(f"| {task.name} | {row.name} | {figures} |\n")
    sys.stdout.flush()


def _figures(result: BacktestResult) -> dict[str, float]:
    known = [row for row in result.predictions if row.served is not None]
    served = np.array([row.served for row in known], dtype=np.float64)
    low, middle, high = (
        np.array([getattr(row, name) for row in known]) for name in ("q10", "q50", "q90")
    )
    inside = (served >= low) & (served <= high)
    months = np.array([date.fromordinal(row.day).isoformat()[:7] for row in known])
    each = [float(inside[months == month].mean()) for month in np.unique(months)]
    return {
        "WAPE": result.wape or 0.0,
        "pinball": float(np.mean(list(result.pinball.values()))),
        "coverage80": result.coverage80,
        "coverage80, lowest month": min(each),
        "coverage80, highest month": max(each),
        "overproduction at 1.1 % short": _overproduction(served, middle, high),
    }


def _overproduction(served: Floats, middle: Floats, high: Floats) -> float:
    """Return the share of the prepared meals left over, where 1.1 % of those wanted are short.

    Prepared is q50 + k (q90 - q50), with the k at which so many are short.
    """
    least, most = -2.0, 10.0
    for _ in range(60):
        k = (least + most) / 2
        prepared = middle + k * (high - middle)
        short = np.maximum(served - prepared, 0.0).sum() / served.sum()
        least, most = (k, most) if short > _SHORT else (least, k)
    return float(np.maximum(prepared - served, 0.0).sum() / prepared.sum())


def _silently(_done: int, _all: int) -> None:
    return None
