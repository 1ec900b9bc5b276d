"""Training and asking in parts, which joblib does one after another or spreads over machines.

Whoever calls chooses: `with joblib.parallel_config(backend="dask")` around these functions sends
the parts to a Dask cluster, `"loky"` to processes, `"ray"` to Ray; without one they run here. The
outcome is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs, parallel_config

from cleanplate_forecast.domain.attendance import Ints
from cleanplate_forecast.domain.columns import QUANTILES, Columns, Quantiles, where_known
from cleanplate_forecast.domain.learning import LEAST_ROWS, TooLittle
from cleanplate_forecast.domain.model import Model, Recipe, predict, train
from cleanplate_forecast.domain.pace import Seen

RECIPE = Recipe(horizons=(1, 2, 5, 10), blind=0.2, early=0.4)
_ROWS = 1_000  # of a part, at least


@dataclass(frozen=True)
class Question:
    """Rows to be forecast from what is known at the end of one day, as `model.predict` has it."""

    rows: Ints
    seen: Seen
    as_of: int


def train_until(columns: Columns, last_days: Sequence[int], recipe: Recipe) -> list[Model]:
    """Return a model for each of the last days (ordinals) that may be learnt from.

    Raises:
        TooLittle: fewer than 30 rows up to one of them.
    """
    known = where_known(columns) & (columns.days <= min(last_days))
    if known.sum() < LEAST_ROWS:
        raise TooLittle("too few days to learn from")
    models: list[Model] = Parallel()(delayed(_train)(columns, day, recipe) for day in last_days)
    return models


def ask(model: Model, columns: Columns, questions: Sequence[Question]) -> Quantiles:
    """Return the answers to all questions, in their order; NaN where nothing could be known."""
    parts = [part for question in questions for part in _parts(question)]
    answers: list[Quantiles] = Parallel()(delayed(_predict)(model, columns, part) for part in parts)
    return Quantiles(
        np.concatenate([np.empty(0), *(answer.mean for answer in answers)]),
        np.concatenate([np.empty((0, len(QUANTILES))), *(answer.values for answer in answers)]),
        np.concatenate([np.empty(0, dtype=np.bool_), *(answer.by_show_up for answer in answers)]),
    )


def _parts(question: Question) -> list[Question]:
    """Return a part for each worker, as each looks at all columns; not too small ones."""
    size = max(_ROWS, -(-len(question.rows) // max(effective_n_jobs(None), 1)))
    return [
        Question(
            question.rows[at : at + size],
            question.seen.where(slice(at, at + size)),
            question.as_of,
        )
        for at in range(0, len(question.rows), size)
    ]


def _train(columns: Columns, last_day: int, recipe: Recipe) -> Model:
    with parallel_config(backend="sequential"):  # a part that spreads again would wait for itself
        return train(columns, last_day, recipe, _silently)


def _predict(model: Model, columns: Columns, part: Question) -> Quantiles:
    with parallel_config(backend="sequential"):
        return predict(model, columns, part.rows, part.seen, part.as_of)


def _silently(_done: int, _all: int) -> None:
    return None
