"""A new model against the present one: both asked about the last four weeks as of then.

What serves has learnt from everything, so it cannot be judged by days it has seen. Each model
therefore comes with a trial: the same recipe, trained without the last four weeks. The present
model's trial is older still. Both trials, and the rule of like days, forecast the four weeks from
every second day; what counts is the pinball loss at 0.1, 0.5 and 0.9 over all who ate.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cleanplate_forecast.domain import blend
from cleanplate_forecast.domain.attendance import (
    LEVELS,
    Flags,
    Floats,
    Ints,
    Series,
    forecast,
)
from cleanplate_forecast.domain.columns import QUANTILES, Columns, where_known
from cleanplate_forecast.domain.model import Model, Recipe
from cleanplate_forecast.domain.pace import Seen
from cleanplate_forecast.domain.spread import RECIPE, Question, ask, train_until
from cleanplate_forecast.domain.verdict import Verdict, verdict_on

DAYS = 28
_EVERY = 2
_HOURS = 24.0
_MOST_SERIES = 400
_MIDDLE, _MIDDLE_LEVEL = QUANTILES.index(0.5), LEVELS.index(0.5)

Train = Callable[[Columns, tuple[int, ...], Recipe], list[Model]]
Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Trained:
    """A model that may serve, and its trial, which has not seen the last four weeks."""

    model: Model
    trial: Model


@dataclass(frozen=True)
class Scores:
    """Pinball loss at 0.1, 0.5 and 0.9 over diners, of the last four weeks; None: not judged.

    Attributes:
        new: of the new model's trial.
        present: of the present model's trial, over the same meals.
        rule: of the rule of like days.
        seen: of the new model itself, which has seen those days.
        new_wape: how far the middles of the new model's trial were off, over diners.
        present_wape: the same of the present model's trial.
        rule_wape: the same of the rule.
        days: with diners.
        meals: that were judged.
        verdict: what follows.
    """

    new: float | None
    present: float | None
    rule: float | None
    seen: float | None
    new_wape: float | None
    present_wape: float | None
    rule_wape: float | None
    days: int
    meals: int
    verdict: Verdict


@dataclass(frozen=True)
class Outcome:
    """What a training brought."""

    trained: Trained
    scores: Scores

    @property
    def is_accepted(self) -> bool:
        """Say whether the new model is not worse than what serves now."""
        return self.scores.verdict.is_accepted


@dataclass(frozen=True)
class _Exam:
    """The four weeks: what is asked, who came, and on which day; in the order of the questions."""

    columns: Columns
    questions: list[Question]
    rows: Ints
    is_open: Flags

    @property
    def served(self) -> Floats:
        return self.columns.served[self.rows]

    @property
    def days(self) -> Ints:
        return self.columns.days[self.rows]


@dataclass(frozen=True)
class _Answers:
    """What one of them lost at each meal, and how far its middle was off; NaN: not forecast."""

    lost: Floats
    off: Floats


def challenge(
    columns: Columns, last_day: int, present: Model | None, tell: Tell, train: Train = train_until
) -> Outcome:
    """Train on everything up to `last_day`, and judge the outcome beside what serves now.

    Args:
        columns: of the whole installation.
        last_day: ordinal; the last day whose diners may be known.
        present: the trial of the model that serves; None: the rule of like days serves.
        tell: told (stage, share done).
        train: returns a model for each last day.

    Raises:
        TooLittle: fewer than 30 rows before the last four weeks.
    """
    tell("learning", 0.0)
    model, trial = train(columns, (last_day, last_day - DAYS), RECIPE)
    tell("comparing", 0.7)
    exam = _exam(columns, last_day)
    new, seen, rule = _asked(trial, exam), _asked(model, exam), _asked_rule(exam)
    before = None if present is None else _asked(present, exam)
    everybody = [new, seen, rule] if before is None else [new, seen, rule, before]
    both = np.all([~np.isnan(each.lost) for each in everybody], axis=0)
    verdict = verdict_on(
        new.lost, seen.lost, None if before is None else before.lost, rule.lost, exam.days
    )
    scores = Scores(
        new=_score(new.lost, exam, both),
        present=None if before is None else _score(before.lost, exam, both),
        rule=_score(rule.lost, exam, both),
        seen=_score(seen.lost, exam, both),
        new_wape=_score(new.off, exam, both),
        present_wape=None if before is None else _score(before.off, exam, both),
        rule_wape=_score(rule.off, exam, both),
        days=len(np.unique(exam.days[both])),
        meals=int(both.sum()),
        verdict=verdict,
    )
    return Outcome(Trained(model, trial), scores)


def _score(lost: Floats, exam: _Exam, both: Flags) -> float | None:
    served = float(exam.served[both].sum())
    return float(lost[both].sum()) / served if served > 0 else None


def _exam(columns: Columns, last_day: int) -> _Exam:
    """Ask from every second day: the next day with its registrations, the one after a day before.

    Where it was not noted how many there were 24 hours before the cut-off, none are seen.
    """
    some = _some(columns.up_to(last_day))
    known = where_known(some)
    questions = []
    for as_of in range(last_day - DAYS, last_day, _EVERY):
        rows = np.flatnonzero(known & (some.days > as_of) & (some.days <= as_of + _EVERY))
        if len(rows):
            hours = np.where(some.days[rows] > as_of + 1, _HOURS, 0.0)
            questions.append(Question(rows, Seen.at(some, rows, hours), as_of))
    none = np.empty(0, dtype=np.int64)
    return _Exam(
        some,
        questions,
        np.concatenate([none, *(question.rows for question in questions)]),
        np.concatenate([none > 0, *(question.seen.is_open for question in questions)]),
    )


def _some(columns: Columns) -> Columns:
    """Return at most 400 of the series, spread evenly."""
    count = len(columns.names)
    if count <= _MOST_SERIES:
        return columns
    chosen = np.unique(np.linspace(0, count - 1, _MOST_SERIES).astype(np.int64))
    keep = np.isin(columns.series, chosen)
    return replace(
        columns.where(keep),
        names=tuple(columns.names[n] for n in chosen),
        series=np.searchsorted(chosen, columns.series[keep]),
    )


def _asked(model: Model, exam: _Exam) -> _Answers:
    found = ask(model, exam.columns, exam.questions).values
    lost = blend.losses(exam.served, found[:, None, :])[:, 0]
    return _Answers(lost, np.abs(exam.served - found[:, _MIDDLE]))


def _asked_rule(exam: _Exam) -> _Answers:
    columns = exam.columns
    found = np.full((len(columns), len(LEVELS)), np.nan)
    hidden = columns.registered.copy()
    hidden[exam.rows[exam.is_open]] = np.nan
    for horizon, registered, rows in (
        (1, columns.registered, exam.rows[~exam.is_open]),
        (_EVERY, hidden, exam.rows[exam.is_open]),
    ):
        for start, end in _bounds(columns.series):
            at = rows[(rows >= start) & (rows < end)]
            if len(at):
                series = _series(columns, registered, slice(start, end))
                found[at] = forecast([series], [at - start], horizon)[0].quantiles
    away = exam.served[:, None] - found[exam.rows]
    levels = np.array(LEVELS)
    lost = np.maximum(levels * away, (levels - 1.0) * away).mean(axis=1)
    return _Answers(lost, np.abs(away[:, _MIDDLE_LEVEL]))


def _bounds(series: Ints) -> list[tuple[int, int]]:
    starts = np.flatnonzero(np.diff(series, prepend=-1))
    return list(zip(starts.tolist(), [*starts[1:].tolist(), len(series)], strict=True))


def _series(columns: Columns, registered: Floats, part: slice) -> Series:
    return Series(
        days=columns.days[part],
        kinds=columns.kinds[part],
        served=columns.served[part],
        registered=registered[part],
        final=np.ones(len(columns.days[part]), dtype=np.bool_),
    )
