"""Walking forward through time: each date forecast by a model that knew only what came before.

The backtest walks over the days it scores; training walks over the last weeks, to learn which
learner to trust and how wide to be. Both correct date after date by the outcomes known by then.
Where registrations before the cut-off are learnt from, each day is forecast twice: with its final
registrations, and with those of some time before.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cleanplate_forecast.domain import blend
from cleanplate_forecast.domain.attendance import Flags, Floats, Ints
from cleanplate_forecast.domain.calibration import LOOKS_BACK, Experience, Past, fading, widened
from cleanplate_forecast.domain.columns import EARLY_HOURS, MIDDLE
from cleanplate_forecast.domain.features import Memory
from cleanplate_forecast.domain.learning import Recipe, TooLittle, asked_at, fit, members_of
from cleanplate_forecast.domain.pace import Seen

Progress = Callable[[int, int], None]
_DAY = 24.0  # hours
_BLIND = 3  # marks that seeing nothing at all counts as


@dataclass(frozen=True)
class Walked:
    """Forecasts before any correction, by date.

    Attributes:
        rows: positions in the columns, shape (n,).
        horizons: open days between each row and what was known of its series.
        level: diners that the rest is relative to.
        members: quantiles of each learner over the level, shape (n, k, 19).
        sights: what was seen of the registrations, as `Seen.sights`.
    """

    rows: Ints
    horizons: Ints
    level: Floats
    members: Floats
    sights: Ints

    def where(self, keep: Flags) -> "Walked":
        """Return the part that is to be kept."""
        return Walked(*(values[keep] for values in vars(self).values()))


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
        progress(start, len(places))
        try:
            learnt = fit(memory, int(block[0]) - max(recipe.horizons), recipe)
        except TooLittle:
            continue
        for horizons, seen in _situations(memory, rows, recipe, random):
            made = members_of(learnt, memory, asked_at(memory, rows, horizons, seen))
            all_of_it = Walked(rows, horizons, made.level, made.quantiles, seen.sights)
            found.append(all_of_it.where(~np.isnan(made.level)))
    progress(len(places), len(places))
    return found


def _situations(
    memory: Memory, rows: Ints, recipe: Recipe, random: np.random.Generator
) -> Iterator[tuple[Ints, Seen]]:
    """Return from how many open days before, and with what registrations, rows are forecast.

    With the final ones it is the nearest of the recipe's horizons, else one that was possible then.
    """
    ways = np.sort(recipe.horizons)
    yield np.full(len(rows), ways[0]), Seen.final(memory.columns, rows)
    if recipe.blind > 0.0:
        hours = random.choice((*EARLY_HOURS, *(np.nan,) * _BLIND), len(rows))
        seen = Seen.at(memory.columns, rows, hours)
        days = np.nan_to_num(seen.hours) // _DAY + 1.0
        nearest = ways[np.minimum(np.searchsorted(ways, days), len(ways) - 1)]
        yield np.where(np.isnan(seen.hours), random.choice(ways, len(rows)), nearest), seen


def joined(walked: Sequence[Walked]) -> Walked:
    """Return several parts as one, in their order."""
    parts = zip(*(vars(part).values() for part in walked), strict=True)
    return Walked(*(np.concatenate(each) for each in parts))


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
        left = fading(walked.horizons[now])
        shifted = blended + (lesson.drift() * left)[:, None]
        quantiles[now] = (
            widened(shifted, lesson.stretch(walked.sights[now])) * walked.level[now, None]
        )
        made = Past(
            columns.series[rows],
            columns.days[rows],
            outcome[now],
            blended[:, MIDDLE],
            lesson.leaning() * left,
            shifted,
            walked.sights[now],
        )
        past = past.joined(made.where(counted[now]))
    return Corrected(walked.rows, quantiles, shares, past)


def _known(memory: Memory, past: Past, place: int) -> Past:
    if place < 0:
        return Past.none()
    first = memory.dates[max(place - LOOKS_BACK, 0)]
    return past.between(int(first), int(memory.dates[place]))
