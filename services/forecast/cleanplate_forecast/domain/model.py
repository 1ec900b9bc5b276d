"""The production model: one for all series of an installation, trained and asked as functions.

`train` takes columns and returns an object that can be pickled; `predict` takes it and columns and
returns quantiles. Neither reads anything else, so that they run in a job, in a backtest and on
other machines alike.
"""

from dataclasses import dataclass, replace

import numpy as np

from cleanplate_forecast.domain import blend
from cleanplate_forecast.domain.attendance import Flags, Floats, Ints
from cleanplate_forecast.domain.calibration import Experience, Past, widened
from cleanplate_forecast.domain.columns import QUANTILES, Columns, Quantiles
from cleanplate_forecast.domain.features import Asked, Memory
from cleanplate_forecast.domain.learners import Team
from cleanplate_forecast.domain.learning import Learnt, Recipe, TooLittle, fit, members_of
from cleanplate_forecast.domain.walking import Progress, correct, joined, walk

__all__ = ["MODEL", "Model", "Recipe", "TooLittle", "backcast", "predict", "train"]

MODEL = "blend-1"
REFIT = 20  # open dates
WARM_UP = 40  # open dates forecast before the first that counts, to calibrate by


@dataclass(frozen=True)
class Model:
    """A trained model.

    Attributes:
        learnt: the learners.
        shares: the weight of each.
        past: how their like forecast the last weeks, for calibration.
        names: of the series that `past` speaks of.
        last_day: the last day it learnt from.
    """

    learnt: Learnt
    shares: Floats
    past: Past
    names: tuple[str, ...]
    last_day: int


def train(columns: Columns, last_day: int, recipe: Recipe, progress: Progress) -> Model:
    """Learn from everything up to `last_day`.

    The last 40 open dates are first forecast by learners that did not see them: that gives the
    learners' weights and the calibration. Then all is learnt from.

    Args:
        columns: of the whole installation; later rows are not looked at.
        last_day: ordinal.
        recipe: how.
        progress: told (steps done, steps in all).

    Raises:
        TooLittle: fewer than 30 rows to learn from.
    """
    memory = Memory(columns.up_to(last_day))
    place = len(memory.dates) - 1
    progress(0, 2)
    learnt = fit(memory, place, recipe)
    progress(1, 2)
    places = np.arange(max(place - WARM_UP + 1, 0), place + 1)
    walked = walk(memory, places, WARM_UP, recipe, _silently)
    shares, past = np.full(Team.size, 1.0 / Team.size), Past.none()
    if walked:
        corrected = correct(memory, joined(walked), 1)
        shares, past = corrected.shares, corrected.past
    progress(2, 2)
    return Model(learnt, shares, past, columns.names, last_day)


def predict(model: Model, columns: Columns, rows: Ints, blind: Flags, as_of: int) -> Quantiles:
    """Forecast `rows` from what is known at the end of the day `as_of`.

    Args:
        model: trained on these columns or on older ones.
        columns: `served` after `as_of`, and registrations of other days after it, are not used.
        rows: positions of the rows to be forecast; all after `as_of`.
        blind: whose registrations are not final, and not to be looked at.
        as_of: ordinal.
    """
    memory = Memory(columns.unknown_after(as_of))
    until = memory.until(rows, as_of)
    asked = Asked(rows, memory.starts[rows], until, np.full(len(rows), as_of), blind)
    level, members = members_of(model.learnt, memory, asked)
    series, first, which = np.unique(columns.series[rows], return_index=True, return_inverse=True)
    begun = until[first] >= asked.since[first]
    last = np.where(begun, columns.days[np.maximum(until[first], 0)], -1)
    known = _renumbered(model, columns.names).between(0, as_of)
    lesson = Experience(known, memory.dates, series, last)
    blended = blend.blended(members, model.shares) + lesson.drift()[which, None]
    made = widened(blended, lesson.stretch()[which]) * level[:, None]
    return Quantiles(made.mean(axis=1), made)


def backcast(
    columns: Columns, horizon: int, origins: int, recipe: Recipe, progress: Progress
) -> Quantiles:
    """Forecast the last `origins` open dates, each from what was known `horizon` open days before.

    As in production, but trained again every 20 open dates only, and the outcome of each day
    corrects the next ones. Rows that are not forecast are NaN.
    """
    memory = Memory(columns)
    count = len(memory.dates)
    first = max(count - origins, 0)
    warm_up = np.arange(max(first - WARM_UP, 0), first)
    asked = replace(recipe, horizons=(horizon,))
    total = len(warm_up) + count - first
    walked = walk(memory, warm_up, WARM_UP, asked, lambda done, _all: progress(done, total))
    walked += walk(
        memory,
        np.arange(first, count),
        REFIT,
        asked,
        lambda done, _all: progress(done + len(warm_up), total),
    )
    values = np.full((len(columns), len(QUANTILES)), np.nan)
    if walked:
        corrected = correct(memory, joined(walked), horizon)
        counts = memory.places[corrected.rows] >= first
        values[corrected.rows[counts]] = corrected.quantiles[counts]
    return Quantiles(values.mean(axis=1), values)


def _renumbered(model: Model, names: tuple[str, ...]) -> Past:
    """Return the model's past with the numbers that its series have in other columns."""
    number = {name: n for n, name in enumerate(names)}
    now = np.array([number.get(name, -1) for name in model.names], dtype=np.int64)
    series = now[model.past.series]
    return replace(model.past, series=series).where(series >= 0)


def _silently(_done: int, _all: int) -> None:
    return None
