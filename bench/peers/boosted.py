"""LightGBM and scikit-learn's boosted trees as global quantile models on scaled targets."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import lightgbm
import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from bench.peers.features import Floats, Table

LEVELS = (0.1, 0.5, 0.9)
REFIT = 20


class Regressor(Protocol):
    """What both libraries' models can do."""

    def fit(self, x: Floats, y: Floats) -> object:
        """Learn."""

    def predict(self, x: Floats) -> Floats:
        """Answer."""


@dataclass(frozen=True)
class Answer:
    """Forecasts of all rows at 0.1, 0.5 and 0.9, NaN where none was asked for; and CPU seconds."""

    quantiles: Floats
    seconds: float


def light(level: float) -> Regressor:
    """Return LightGBM for one quantile."""
    return lightgbm.LGBMRegressor(
        objective="quantile", alpha=level, n_estimators=300, learning_rate=0.05, num_leaves=31,
        min_child_samples=20, colsample_bytree=0.8, subsample=0.8, subsample_freq=1, n_jobs=1,
        random_state=1, verbose=-1,
    )  # fmt: skip


def hist(level: float) -> Regressor:
    """Return scikit-learn's own for one quantile."""
    return HistGradientBoostingRegressor(
        loss="quantile", quantile=level, max_iter=200, learning_rate=0.06, min_samples_leaf=20,
        early_stopping=False, random_state=1,
    )  # fmt: skip


PEERS: Mapping[str, Callable[[float], Regressor]] = {
    "LightGBM": light,
    "HistGradientBoosting": hist,
}


def walk(table: Table, horizon: int, origins: int, make: Callable[[float], Regressor]) -> Answer:
    """Forecast the last `origins` dates, with new models for each 20, as ours does."""
    began = time.process_time()
    count = int(table.places.max()) + 1
    first = count - origins
    target = table.served / table.level
    learnable = ~np.isnan(target)
    found = np.full((len(target), len(LEVELS)), np.nan)
    for start in range(first, count, REFIT):
        past = learnable & (table.places <= start - horizon)
        now = (table.places >= start) & (table.places < start + REFIT) & ~np.isnan(table.level)
        used = ~np.isnan(table.matrix[past]).all(axis=0)
        for column, level in enumerate(LEVELS):
            model = make(level)
            model.fit(table.matrix[past][:, used], target[past])
            found[now, column] = model.predict(table.matrix[now][:, used]) * table.level[now]
    return Answer(np.sort(np.maximum(found, 0.0), axis=1), time.process_time() - began)
