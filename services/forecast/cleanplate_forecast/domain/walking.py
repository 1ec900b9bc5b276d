"""Walking forward through time: each date forecast by a model that knew only what came before.

The backtest walks over the days it scores; training walks over the last weeks, to learn which
learner to trust and how wide to be. Both correct date after date by the outcomes known by then.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cleanplate_forecast.domain import blend
from cleanplate_forecast.domain.attendance import Floats, Ints
from cleanplate_forecast.domain.calibration import LOOKS_BACK, Experience, Past, widened
from cleanplate_forecast.domain.columns import MIDDLE
from cleanplate_forecast.domain.features import Memory
from cleanplate_forecast.domain.learning import Recipe, TooLittle, asked_at, fit, members_of

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Walked:
    """Forecasts before any correction, by date.

    Attributes:
        rows: positions in the columns, shape (n,).
        horizons: open days between each row and what was known of its series.
        level: diners that the rest is relative to.
        members: quantiles of each learner over the level, shape (n, k, 19).
    """

    rows: Ints
    horizons: Ints
    level: Floats
    members: Floats


@dataclass(frozen=True)
class Corrected:
    """Forecasts corrected date after date.

    Attributes:
        rows: positions in the columns, shape (n,).
        quantiles: in diners, shape (n, 19).
        shares: the learners' weights at the end.
        past: the forecasts whose outcome is known.
    """

    rows: Ints
    quantiles: Floats
    shares: Floats
    past: Past


def walk(
    memory: Memory, places: Ints, every: int, recipe: Recipe, progress: Progress
) -> list[Walked]:
    """Forecast the rows of open dates number `places`, with a new model for each `every` dates.

    Dates before which there was too little to learn from are left out.
    """
    random = np.random.default_rng(recipe.seed)
    found = []
    for start in range(0, len(places), every):
        block = places[start : start + every]
        rows = np.flatnonzero(np.isin(memory.places, block))
        rows = rows[np.argsort(memory.places[rows], kind="stable")]
        horizons = random.choice(recipe.horizons, len(rows))
        progress(start, len(places))
        try:
            learnt = fit(memory, int(block[0]) - max(recipe.horizons), recipe)
        except TooLittle:
            continue
        level, members = members_of(learnt, memory, asked_at(memory, rows, horizons))
        there = ~np.isnan(level)
        found.append(Walked(rows[there], horizons[there], level[there], members[there]))
    progress(len(places), len(places))
    return found


def joined(walked: Sequence[Walked]) -> Walked:
    """Return several parts as one, in their order."""
    return Walked(*(np.concatenate(parts) for parts in zip(*map(_parts, walked), strict=True)))


def correct(memory: Memory, walked: Walked, horizon: int) -> Corrected:
    """Blend and correct forecasts date after date, by what was known `horizon` dates before."""
    columns = memory.columns
    outcome = columns.served[walked.rows] / walked.level
    places = memory.places[walked.rows]
    lost = blend.losses(outcome, walked.members) * walked.level[:, None]
    counted = ~np.isnan(outcome)
    lost = np.where(counted[:, None], lost, 0.0)
    quantiles = np.empty((len(places), walked.members.shape[2]))
    past, shares = Past.none(), np.empty(0)
    for place in np.unique(places):
        now = np.flatnonzero(places == place)
        before = places <= place - horizon
        shares = blend.weights(lost[before].sum(axis=0), float(counted[before].sum()))
        blended = blend.blended(walked.members[now], shares)
        known = _known(memory, past, int(place) - horizon)
        rows = walked.rows[now]
        until = np.maximum(rows - walked.horizons[now], 0)
        lesson = Experience(known, memory.dates, columns.series[rows], columns.days[until])
        shifted = blended + lesson.drift()[:, None]
        quantiles[now] = widened(shifted, lesson.stretch()) * walked.level[now, None]
        made = Past(
            columns.series[rows],
            columns.days[rows],
            outcome[now],
            blended[:, MIDDLE],
            lesson.leaning(),
            shifted,
        )
        past = past.joined(made.where(counted[now]))
    return Corrected(walked.rows, quantiles, shares, past)


def _known(memory: Memory, past: Past, place: int) -> Past:
    if place < 0:
        return Past.none()
    first = memory.dates[max(place - LOOKS_BACK, 0)]
    return past.between(int(first), int(memory.dates[place]))


def _parts(walked: Walked) -> tuple[np.ndarray, ...]:
    return walked.rows, walked.horizons, walked.level, walked.members
