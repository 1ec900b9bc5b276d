"""The backtest: the last open dates of a file, each forecast from what was known then.

Ours is the production model, trained again every 20 open dates instead of every night.

The two baselines are point rules. Their quantiles are made as ours are: the point is the 0.5
quantile, and the empirical quantiles of the rule's own past relative errors (the latest hundred
that were known) stand around it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cleanplate_forecast.domain.attendance import (
    LEVELS,
    LIKE_DAYS,
    Floats,
    Forecaster,
    Forecasts,
    Ints,
    Series,
    forecast,
    like_days,
    mean_of,
    served_on,
    with_past_errors,
)
from cleanplate_forecast.domain.columns import QUANTILES
from cleanplate_forecast.domain.history_file import History, NamedSeries
from cleanplate_forecast.domain.model import Recipe, backcast
from cleanplate_forecast.domain.scores import Scores, score
from cleanplate_forecast.domain.walking import Progress

Production = Callable[[History, int, int, Progress], list[Forecasts]]
_SHOWN = [QUANTILES.index(level) for level in LEVELS]


@dataclass(frozen=True)
class Prediction:
    """One forecast of the backtest; `served` is None where the file does not know it."""

    day: int
    canteen: str
    meal: str
    served: int | None
    mean: float
    q10: float
    q50: float
    q90: float


@dataclass(frozen=True)
class Tested:
    """What the backtest found; scores over the rows whose `served` is known.

    Attributes:
        rows: how many rows were scored; a baseline's are fewer where a canteen was new.
        without_history: days among the origins with no served day before them; not forecast.
    """

    rows: int
    without_history: int
    scores: Scores
    baselines: Mapping[str, Scores]
    predictions: Sequence[Prediction]


def same_weekday_last_week(
    series: Sequence[Series], wanted: Sequence[Ints], horizon: int
) -> list[Forecasts]:
    """Expect as many as on the latest like day that was known."""
    return _means(series, wanted, horizon, 1)


def mean_of_last_8_same_weekdays(
    series: Sequence[Series], wanted: Sequence[Ints], horizon: int
) -> list[Forecasts]:
    """Expect the mean of the eight latest like days that were known."""
    return _means(series, wanted, horizon, LIKE_DAYS)


BASELINES: Mapping[str, Forecaster] = {
    rule.__name__: rule for rule in (same_weekday_last_week, mean_of_last_8_same_weekdays)
}


def production(history: History, horizon: int, origins: int, progress: Progress) -> list[Forecasts]:
    """Forecast as the service does: by the learnt model, else by the rule of like days.

    Returns the forecasts of every row of each series, NaN where none was asked for.
    """
    made = backcast(history.columns(), horizon, origins, Recipe(), progress)
    every = [np.arange(len(named.series.days)) for named in history.series]
    by_rule = forecast([named.series for named in history.series], every, horizon)
    ends = np.cumsum([len(at) for at in every])[:-1]
    means, values = np.split(made.mean, ends), np.split(made.values[:, _SHOWN], ends)
    return [
        Forecasts(
            np.where(np.isnan(mean), rule.mean, mean),
            np.where(np.isnan(mean)[:, None], rule.quantiles, three),
        )
        for mean, three, rule in zip(means, values, by_rule, strict=True)
    ]


def backtest(
    history: History,
    horizon: int,
    origins: int,
    progress: Progress,
    forecaster: Production = production,
) -> Tested:
    """Forecast the last `origins` open dates of `history` and score them.

    Args:
        history: the file.
        horizon: open days of a series between the last known `served` and the day; at least 1.
        origins: how many of the last open dates of the whole file; at least 1.
        progress: told (open dates done, open dates in all) from time to time.
        forecaster: what is tested.

    Raises:
        ValueError: no row could be scored.
    """
    every = np.unique(np.concatenate([named.series.days for named in history.series]))
    first = every[-min(origins, len(every))]
    produced = forecaster(history, horizon, len(every[every >= first]), progress)
    ours, parts, without = [], [], 0
    for named, made in zip(history.series, produced, strict=True):
        at = np.flatnonzero(named.series.days >= first)
        answers = [Forecasts(made.mean[at], made.quantiles[at])]
        answers += [rule([named.series], [at], horizon)[0] for rule in BASELINES.values()]
        there = ~np.isnan(answers[0].mean)
        without += int((~there).sum())
        ours += _predictions(named, at[there], answers[0], there)
        parts.append((named.series.served[at], there, tuple(answers)))
    return _scored(ours, parts, without)


def _scored(
    predictions: Sequence[Prediction],
    parts: Sequence[tuple[Floats, np.ndarray, tuple[Forecasts, ...]]],
    without: int,
) -> Tested:
    served = np.concatenate([part[0] for part in parts])
    counted = np.concatenate([part[1] for part in parts]) & ~np.isnan(served)
    scores = []
    for nth in range(1 + len(BASELINES)):
        quantiles = np.concatenate([part[2][nth].quantiles for part in parts])
        made = counted & ~np.isnan(quantiles[:, 0])  # a simple rule says nothing of a first day
        scores.append(score(served[made], quantiles[made]))
    return Tested(
        rows=int(counted.sum()),
        without_history=without,
        scores=scores[0],
        baselines=dict(zip(BASELINES, scores[1:], strict=True)),
        predictions=sorted(predictions, key=lambda row: (row.day, row.canteen, row.meal)),
    )


def _means(
    series: Sequence[Series], wanted: Sequence[Ints], horizon: int, count: int
) -> list[Forecasts]:
    made = []
    for one, at in zip(series, wanted, strict=True):
        expected = mean_of(served_on(one, like_days(one, horizon, count)))
        made.append(with_past_errors(one, expected, at, horizon))
    return made


def _predictions(
    named: NamedSeries, at: Ints, made: Forecasts, there: np.ndarray
) -> list[Prediction]:
    return [
        Prediction(
            day=int(named.series.days[position]),
            canteen=named.canteen,
            meal=named.meal,
            served=None if np.isnan(served) else int(served),
            mean=float(mean),
            q10=float(q[0]),
            q50=float(q[1]),
            q90=float(q[2]),
        )
        for position, served, mean, q in zip(
            at, named.series.served[at], made.mean[there], made.quantiles[there], strict=True
        )
    ]
