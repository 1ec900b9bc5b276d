"""Four kinds of learner, each from a matrix of features to quantiles of diners over the level.

Boosted trees are sharp, a forest is honest about its spread, a straight line reaches where no tree
has been, and the mean of like days needs nearly no history. Their errors differ, which is why
their blend is better than each (docs/decisions/0016-forecast.md).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
from sklearn.linear_model import Ridge

from cleanplate_forecast.domain.attendance import Floats, Ints
from cleanplate_forecast.domain.columns import MIDDLE, QUANTILES

_BOOSTED = (0.1, 0.5, 0.9)
_MIDDLE = 0.5
_ROWS_A_ROUND, _FEWEST_ROUNDS = 20, 30
_AT = tuple(QUANTILES.index(level) for level in _BOOSTED)
_TREES, _LEAF, _KEPT = 60, 3, 8
_FOREST_ROWS = 6_000
_FEATURES_TRIED = 0.5
_MISSING = -1.0  # below every feature, so that a tree can tell what is not known
_STEPS, _RIDGE, _NEAR = 6, 10.0, 0.03
_LINE_ROWS = 10_000
_CLOSE = 2_000
_LEAST_SPREAD = 0.05
_FAR = 4.0
Kept = NDArray[np.float32]


@dataclass(frozen=True)
class Lesson:
    """What is learnt from.

    Attributes:
        matrix: features, shape (n, k); NaN where not known.
        target: diners over the level, shape (n,).
        usual: mean of the like days over the level, shape (n,).
        spread: their standard deviation over the level, shape (n,).
        kinds: kind of day, shape (n,).
    """

    matrix: Floats
    target: Floats
    usual: Floats
    spread: Floats
    kinds: Floats


class Tree(Protocol):
    """What is used of a tree of scikit-learn."""

    node_count: int
    value: Floats


class Forest:
    """Randomised trees; the quantiles are those of what fell into the same leaves.

    Source: Meinshausen, Quantile Regression Forests, JMLR 7 (2006); eight rows kept of each leaf.
    """

    def __init__(self, lesson: Lesson, seed: int) -> None:
        rows, random = len(lesson.target), np.random.default_rng(seed)
        matrix = _filled(lesson.matrix)
        self._trees = ExtraTreesRegressor(
            _TREES,
            min_samples_leaf=_LEAF,
            max_features=_FEATURES_TRIED,
            bootstrap=True,
            max_samples=min(1.0, _FOREST_ROWS / rows),
            random_state=seed,
            n_jobs=1,
        ).fit(matrix, lesson.target)
        kept = random.permutation(rows)[: 4 * _FOREST_ROWS]
        leaves = self._trees.apply(matrix[kept])
        self._samples = [
            _samples(leaves[:, n], tree.tree_, lesson.target[kept], random)
            for n, tree in enumerate(self._trees.estimators_)
        ]

    def predict(self, lesson: Lesson) -> Floats:
        """Return the quantiles."""
        matrix = _filled(lesson.matrix)
        parts = [np.empty((0, len(QUANTILES)))]
        for start in range(0, len(matrix), _CLOSE):
            leaves = self._trees.apply(matrix[start : start + _CLOSE])
            found = [samples[leaves[:, n]] for n, samples in enumerate(self._samples)]
            ranked = np.sort(np.concatenate(found, axis=1), axis=1)
            parts.append(_at_levels(ranked))
        return np.concatenate(parts)


class Boosted:
    """Boosted trees for three quantiles."""

    def __init__(self, lesson: Lesson, seed: int) -> None:
        self._models = [
            _trees(level, len(lesson.target), seed).fit(lesson.matrix, lesson.target)
            for level in _BOOSTED
        ]

    def predict(self, lesson: Lesson) -> Floats:
        """Return the quantiles at 0.1, 0.5 and 0.9, ascending, shape (n, 3)."""
        return np.sort(
            np.stack([model.predict(lesson.matrix) for model in self._models], axis=1), axis=1
        )


class Line:
    """A straight line for the median (least absolute errors, with a ridge)."""

    def __init__(self, lesson: Lesson) -> None:
        there = ~np.isnan(lesson.matrix)
        count = there.sum(axis=0)
        self._mean = np.where(there, lesson.matrix, 0.0).sum(axis=0) / count
        away = np.where(there, lesson.matrix - self._mean, 0.0)
        self._scale = np.sqrt((away**2).sum(axis=0) / count) + 1e-9
        self._kinds = np.unique(lesson.kinds)
        some = slice(None, None, 1 + len(lesson.target) // _LINE_ROWS)
        design, target = self._design(lesson)[some], lesson.target[some]
        weights = np.ones(len(design))
        for _ in range(_STEPS):
            self._line = Ridge(alpha=_RIDGE).fit(design, target, weights / weights.mean())
            weights = 1.0 / np.maximum(np.abs(target - self._line.predict(design)), _NEAR)

    def predict(self, lesson: Lesson) -> Floats:
        """Return the median, shape (n,)."""
        # not by BLAS, whose rounding of a row depends on how many are asked about with it
        found: Floats = np.einsum("nf,f->n", self._design(lesson), self._line.coef_)
        found += self._line.intercept_
        return found

    def _design(self, lesson: Lesson) -> Floats:
        scaled = np.clip((lesson.matrix - self._mean) / self._scale, -_FAR, _FAR)
        missing = np.isnan(scaled)
        kinds = (lesson.kinds[:, None] == self._kinds).astype(np.float64)
        return np.concatenate([np.where(missing, 0.0, scaled), missing, kinds], axis=1)


class LikeDays:
    """The mean of the like days, with the errors it made over their own spread."""

    def __init__(self, lesson: Lesson) -> None:
        errors = np.sort((lesson.target - _usual(lesson)) / _spread(lesson))
        self._around = _at_levels(errors[None, :])

    def predict(self, lesson: Lesson) -> Floats:
        """Return the quantiles, shape (n, 19)."""
        return _usual(lesson)[:, None] + _spread(lesson)[:, None] * self._around


class Team:
    """All four, having learnt the same lesson; no column of it may be NaN throughout."""

    size = 4

    def __init__(self, lesson: Lesson, seed: int) -> None:
        self._forest = Forest(lesson, seed)
        self._boosted = Boosted(lesson, seed)
        self._line = Line(lesson)
        self._like = LikeDays(lesson)

    def predict(self, lesson: Lesson) -> Floats:
        """Return the quantiles of each over the level, shape (n, 4, 19).

        Boosted trees and the line take the shape of the spread from the forest.
        """
        forest = self._forest.predict(lesson)
        line = self._line.predict(lesson)[:, None] + forest - forest[:, [MIDDLE]]
        boosted = stretched(self._boosted.predict(lesson), forest)
        found = np.stack([boosted, forest, line, self._like.predict(lesson)], axis=1)
        return np.maximum(found, 0.0)


def stretched(three: Floats, shape: Floats) -> Floats:
    """Return 19 quantiles through the three given, with the shape of other 19 in between.

    Args:
        three: ascending, at 0.1, 0.5 and 0.9; shape (n, 3).
        shape: ascending, shape (n, 19).
    """
    middle = shape[:, [MIDDLE]]
    below, above = (np.maximum(np.abs(shape[:, [at]] - middle), 1e-6) for at in (_AT[0], _AT[2]))
    away = shape - middle
    factor = np.where(
        away < 0, (three[:, [1]] - three[:, [0]]) / below, (three[:, [2]] - three[:, [1]]) / above
    )
    return three[:, [1]] + away * np.minimum(factor, 1e3)


def _trees(level: float, rows: int, seed: int) -> HistGradientBoostingRegressor:
    """Return trees for one quantile: most care for the middle, few rounds where days are few."""
    rounds, rate, leaves, tried = (120, 0.085, 24, 0.5) if level == _MIDDLE else (80, 0.12, 16, 0.3)
    return HistGradientBoostingRegressor(
        loss="quantile",
        quantile=level,
        max_iter=min(rounds, max(_FEWEST_ROUNDS, rows // _ROWS_A_ROUND)),
        learning_rate=rate,
        max_leaf_nodes=leaves,
        max_features=tried,
        min_samples_leaf=min(40, max(5, rows // 20)),
        early_stopping=False,
        random_state=seed,
    )


def _filled(matrix: Floats) -> NDArray[np.float32]:
    return np.nan_to_num(matrix, nan=_MISSING).astype(np.float32)


def _samples(leaves: Ints, tree: Tree, target: Floats, random: np.random.Generator) -> Kept:
    """Return, for each node, eight targets drawn from the rows in it, shape (nodes, 8)."""
    nodes = np.arange(tree.node_count)
    order = np.argsort(leaves, kind="stable")
    first = np.searchsorted(leaves[order], nodes)
    count = np.searchsorted(leaves[order], nodes, side="right") - first
    drawn = first[:, None] + (random.random((len(nodes), _KEPT)) * count[:, None]).astype(np.int64)
    found = target[order[np.minimum(drawn, len(order) - 1)]]
    means = np.broadcast_to(tree.value[:, 0, :1], found.shape)
    return np.where(count[:, None] > 0, found, means).astype(np.float32)


def _at_levels(ranked: Floats | Kept) -> Floats:
    """Return the quantiles of each ascending row, at rank n p - 1/2."""
    count = ranked.shape[1]
    rank = np.clip(np.array(QUANTILES) * count - 0.5, 0, count - 1)
    low = np.floor(rank).astype(np.int64)
    share = rank - low
    high = np.minimum(low + 1, count - 1)
    found: Floats = ranked[:, low] * (1.0 - share) + ranked[:, high] * share
    return found


def _usual(lesson: Lesson) -> Floats:
    return np.where(np.isnan(lesson.usual), 1.0, lesson.usual)


def _spread(lesson: Lesson) -> Floats:
    return np.where(np.isnan(lesson.spread), 0.5, np.clip(lesson.spread, _LEAST_SPREAD, 1.0))
