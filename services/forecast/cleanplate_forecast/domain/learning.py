"""Learning from columns up to a day: which rows, seen from where, as one lesson for all series."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from cleanplate_forecast.domain.attendance import Flags, Floats, Ints
from cleanplate_forecast.domain.columns import EARLY_HOURS, where_known
from cleanplate_forecast.domain.features import Asked, Features, Memory, look
from cleanplate_forecast.domain.learners import Lesson, Team
from cleanplate_forecast.domain.lookback import ratio
from cleanplate_forecast.domain.pace import Seen
from cleanplate_forecast.domain.showup import OWN_DAYS, ShowUp, learn_show_up, present_of
from cleanplate_forecast.domain.words import Words, learn_words

LEAST_ROWS = 30
_MOST = 8.0
_YOUNG = 20
_SAID = "said "
_SHOW_UP = 0.6  # of the forecast of a series that nobody has eaten at yet


class TooLittle(ValueError):  # noqa: N818
    """There are too few days to learn from."""


@dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    Attributes:
        horizons: in open days of a series; each training row is seen from one of them.
        blind: share of the training rows whose registrations are hidden, for forecasts that are
            made long before they end.
        early: share of the others that are seen with the registrations of some hours before the
            cut-off, where those were noted.
        young: share of rows that are learnt from once more as if their series had only just begun.
        most_rows: a random sample of so many is learnt from.
        seed: of all chance.
    """

    horizons: tuple[int, ...] = (1,)
    blind: float = 0.0
    early: float = 0.0
    young: float = 0.08
    most_rows: int = 60_000
    seed: int = 1


@dataclass(frozen=True)
class Learnt:
    """What was learnt from columns up to a day.

    Attributes:
        names: the features that are looked at.
        words: by text column.
        team: the learners.
        show_up: who comes of the registered, for series that are still new.
    """

    names: tuple[str, ...]
    words: Mapping[str, Words]
    team: Team
    show_up: ShowUp


@dataclass(frozen=True)
class Members:
    """What the learners say of some rows.

    Attributes:
        level: diners that all is relative to, shape (n,); NaN where nothing is known at all.
        quantiles: of each learner, shape (n, 4, 19).
        by_show_up: which rest on the show-up model too.
    """

    level: Floats
    quantiles: Floats
    by_show_up: Flags


def asked_at(memory: Memory, rows: Ints, horizons: Ints, seen: Seen) -> Asked:
    """Ask about rows from so many open days before, each as a backtest may know it."""
    places = memory.places[rows] - horizons
    day = np.where(places >= 0, memory.dates[np.maximum(places, 0)], 0)
    return Asked(rows, memory.starts[rows], rows - horizons, day, seen)


def fit(memory: Memory, place: int, recipe: Recipe) -> Learnt:
    """Learn from all rows up to the open date number `place`.

    Raises:
        TooLittle: fewer than 30 rows to learn from.
    """
    asked = _lessons(memory, place, recipe)
    features = look(memory, asked)
    good = ~np.isnan(features.level)
    if good.sum() < LEAST_ROWS:
        raise TooLittle("too few days to learn from")
    features, rows = features.where(good), asked.rows[good]
    target = np.clip(memory.columns.served[rows] / features.level, 0.0, _MOST)
    words, scores = _learn_words(memory, rows, ratio(target, features.usual))
    features = replace(features, values={**features.values, **scores})
    names = tuple(name for name, each in features.values.items() if not np.isnan(each).all())
    lesson = _lesson(features, names, target)
    with threadpool_limits(limits=1):
        team = Team(lesson, recipe.seed)
    return Learnt(names, words, team, learn_show_up(memory, place, recipe.seed))


def members_of(learnt: Learnt, memory: Memory, asked: Asked) -> Members:
    """Return what the learners say of the rows asked about.

    Each gives way to the show-up model where the series has fewer than twenty days of its own.
    """
    features = look(memory, asked)
    said = {
        _SAID + name: words.score(memory.columns.texts[name][asked.rows])
        for name, words in learnt.words.items()
        if name in memory.columns.texts
    }
    features = replace(features, values={**features.values, **said})
    with threadpool_limits(limits=1):
        found = learnt.team.predict(_lesson(features, learnt.names, features.level))
    return _with_show_up(learnt.show_up, memory, asked, features, found)


def _with_show_up(
    usual: ShowUp, memory: Memory, asked: Asked, features: Features, quantiles: Floats
) -> Members:
    share = _SHOW_UP * np.maximum(1.0 - features.values["known"] / OWN_DAYS, 0.0)
    rows = np.flatnonzero((share > 0) & (features.registered > 0))
    some = asked.where(rows)
    made = present_of(usual, memory, some, features.registered[rows]) / features.level[rows, None]
    known = ~np.isnan(made[:, 0])
    rows, made = rows[known], made[known, None, :]
    drawn = share[rows, None, None]
    quantiles[rows] = (1.0 - drawn) * quantiles[rows] + drawn * made
    return Members(features.level, quantiles, np.isin(np.arange(len(share)), rows))


def _lessons(memory: Memory, place: int, recipe: Recipe) -> Asked:
    """Choose the rows to learn from, and from where each is seen."""
    random = np.random.default_rng(recipe.seed)
    rows = np.flatnonzero((memory.places <= place) & where_known(memory.columns))
    if len(rows) > recipe.most_rows:
        rows = np.sort(random.choice(rows, recipe.most_rows, replace=False))
    every = np.concatenate([rows, rows[random.random(len(rows)) < recipe.young]])
    final = Seen.final(memory.columns, every)
    asked = asked_at(memory, every, random.choice(recipe.horizons, len(every)), final)
    begun = np.maximum(asked.until + 1 - random.integers(0, _YOUNG, len(every)), asked.since)
    is_young = np.arange(len(every)) >= len(rows)
    return replace(
        asked,
        since=np.where(is_young, begun, asked.since),
        seen=_seen(memory, every, recipe, random),
    )


def _seen(memory: Memory, rows: Ints, recipe: Recipe, random: np.random.Generator) -> Seen:
    """Choose what is seen of the registrations of the rows to learn from."""
    is_blind = random.random(len(rows)) < recipe.blind
    is_early = random.random(len(rows)) < recipe.early
    hours = random.choice(EARLY_HOURS, len(rows)).astype(np.float64)
    is_noted = ~np.isnan(Seen.at(memory.columns, rows, hours).hours)
    hours = np.where(is_early & is_noted, hours, 0.0)
    return Seen.at(memory.columns, rows, np.where(is_blind, np.nan, hours))


def _learn_words(
    memory: Memory, rows: Ints, over_usual: Floats
) -> tuple[dict[str, Words], dict[str, Floats]]:
    """Return what the words of each text column do, and the rows' scores by other dates."""
    unusual = np.nan_to_num(np.clip(over_usual - 1.0, -1.0, 1.0))
    words, scores = {}, {}
    for name, texts in memory.columns.texts.items():
        learnt = learn_words(texts[rows], memory.places[rows], unusual)
        if learnt:
            words[name], scores[_SAID + name] = learnt
    return words, scores


def _lesson(features: Features, names: tuple[str, ...], target: Floats) -> Lesson:
    return Lesson(
        features.matrix(names),
        target,
        features.usual,
        features.spread,
        features.values["kind"],
    )
