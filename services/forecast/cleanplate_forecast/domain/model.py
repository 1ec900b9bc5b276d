"""The production model: one for all series of an installation, trained and asked as functions.

`train` takes columns and returns an object that can be pickled; `predict` takes it and columns and
returns quantiles. Neither reads anything else, so that they run in a job, in a backtest and on
other machines alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cleanplate_forecast.domain import blend
from cleanplate_forecast.domain.attendance import Flags, Floats, Ints
from cleanplate_forecast.domain.calibration import Experience, Past, fading, widened
from cleanplate_forecast.domain.columns import QUANTILES, Columns, Quantiles
from cleanplate_forecast.domain.features import Asked, Memory
from cleanplate_forecast.domain.learners import Team
from cleanplate_forecast.domain.learning import Learnt, Recipe, TooLittle, fit, members_of
from cleanplate_forecast.domain.pace import Seen
from cleanplate_forecast.domain.walking import Progress, Walked, correct, joined, walk

__all__ = ["MODEL", "Model", "Recipe", "TooLittle", "backcast", "predict", "train"]

MODEL = "blend-1"
REFIT = 20  # open dates
WARM_UP = 40  # open dates forecast before the first that counts, to calibrate by


@dataclass(frozen=True)
class Lately:
    """How learners like the model's forecast the last weeks, in one situation.

    Attributes:
        shares: the weight that each learner deserves.
        past: what they promised, and what came, for calibration.
    """

    shares: Floats
    past: Past


@dataclass(frozen=True)
class Model:
    """A trained model.

    Attributes:
        learnt: the learners.
        final: how they did knowing the final registrations.
        open: how they did while registrations could still change.
        names: of the series that these speak of.
        last_day: the last day it learnt from.
    """

    learnt: Learnt
    final: Lately
    open: Lately
    names: tuple[str, ...]
    last_day: int


def train(columns: Columns, last_day: int, recipe: Recipe, progress: Progress) -> Model:
    """Learn from everything up to `last_day`.

    The last 40 open dates are first forecast by learners that did not see them: that gives the
    learners' weights and the calibration, for forecasts before the cut-off and after it each its
    own. Then all is learnt from.

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
    equal = Lately(np.full(Team.size, 1.0 / Team.size), Past.none())
    final = _lately(memory, walked, lambda part: part.sights == 0, equal)
    opened = _lately(memory, walked, lambda part: part.sights > 0, final)
    progress(2, 2)
    return Model(learnt, final, opened, columns.names, last_day)


def predict(model: Model, columns: Columns, rows: Ints, seen: Seen, as_of: int) -> Quantiles:
    """Forecast `rows` from what is known at the end of the day `as_of`.

    Args:
        model: trained on these columns or on older ones.
        columns: `served` after `as_of`, and registrations of `rows`, are not looked at.
        rows: positions of the rows to be forecast; all after `as_of`.
        seen: registrations of `rows`.
        as_of: ordinal.
    """
    memory = Memory(columns.unknown_after(as_of))
    until = memory.until(rows, as_of)
    asked = Asked(rows, memory.starts[rows], until, np.full(len(rows), as_of), seen)
    members = members_of(model.learnt, memory, asked)
    values = np.empty((len(rows), len(QUANTILES)))
    for lately, some in ((model.final, ~seen.is_open), (model.open, seen.is_open)):
        known = _renumbered(model, lately.past, columns.names).between(0, as_of)
        blended = blend.blended(members.quantiles[some], lately.shares)
        values[some] = _corrected(memory, asked.where(some), blended, known)
    values *= members.level[:, None]
    return Quantiles(values.mean(axis=1), values, members.by_show_up)


def _corrected(memory: Memory, asked: Asked, blended: Floats, known: Past) -> Floats:
    """Return quantiles over the level, corrected by what is known of the past."""
    columns, values = memory.columns, np.empty(blended.shape)
    for sight in np.unique(asked.seen.sights):
        some = asked.seen.sights == sight
        series, first, which = np.unique(
            columns.series[asked.rows[some]], return_index=True, return_inverse=True
        )
        until = asked.until[some][first]
        last = np.where(until >= asked.since[some][first], columns.days[np.maximum(until, 0)], -1)
        lesson = Experience(known, memory.dates, series, last)
        ahead = fading(asked.rows[some] - asked.until[some])
        shifted = blended[some] + (lesson.drift()[which] * ahead)[:, None]
        values[some] = widened(shifted, lesson.stretch(np.full(len(series), sight))[which])
    return values


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
    return Quantiles(values.mean(axis=1), values, None)


def _lately(
    memory: Memory, walked: Sequence[Walked], which: Callable[[Walked], Flags], otherwise: Lately
) -> Lately:
    """Return how forecasts of one situation did; `otherwise` if there are none."""
    parts = [part.where(which(part)) for part in walked]
    if not any(len(part.rows) for part in parts):
        return otherwise
    corrected = correct(memory, joined(parts), 1)
    return Lately(corrected.shares, corrected.past)


def _renumbered(model: Model, past: Past, names: tuple[str, ...]) -> Past:
    """Return the model's past with the numbers that its series have in other columns."""
    number = {name: n for n, name in enumerate(names)}
    now = np.array([number.get(name, -1) for name in model.names], dtype=np.int64)
    series = now[past.series]
    return replace(past, series=series).where(series >= 0)


def _silently(_done: int, _all: int) -> None:
    return None
