"""Whether a new model may serve, by what it and its rivals lost over the last four weeks.

Source of the limits: docs/decisions/0018-training.md.
"""

from enum import StrEnum

import numpy as np

from cleanplate_forecast.domain.attendance import Flags, Floats, Ints
from cleanplate_forecast.domain.lookback import sums_by

_LEAST_DAYS, _LEAST_ROWS = 5, 30
_NEVER, _SLIGHT, _SURE = 1.05, 1.005, 2.0


class Verdict(StrEnum):
    """Why a new model serves, or does not."""

    BETTER = "better"
    AS_GOOD = "as_good"
    TOO_FEW = "too_few"
    WORSE_THAN_PRESENT = "worse_than_present"
    WORSE_THAN_RULE = "worse_than_rule"
    WORSE_AS_SEEN = "worse_as_seen"  # its trial is good, but the model itself is not

    @property
    def is_accepted(self) -> bool:
        """Say whether the new model serves."""
        return self in {Verdict.BETTER, Verdict.AS_GOOD}


def verdict_on(
    trial: Floats, model: Floats, present: Floats | None, rule: Floats, days: Ints
) -> Verdict:
    """Judge a new model by its losses beside those of its rivals; NaN: not forecast.

    Args:
        trial: loss of each meal of the model trained without the four weeks, shape (n,).
        model: of the model that would serve, which has seen them.
        present: of the trial of the model that serves; None: the rule serves.
        rule: of the rule of like days.
        days: ordinal of each meal's day.
    """
    before = rule if present is None else present
    if any(_is_too_few(_known(trial, rival), days) for rival in (before, rule)):
        return Verdict.TOO_FEW
    if present is not None and not _is_as_good(trial, present, days):
        return Verdict.WORSE_THAN_PRESENT
    if not _is_as_good(trial, rule, days):
        return Verdict.WORSE_THAN_RULE
    if not all(_is_as_good(model, rival, days) for rival in (before, rule)):
        return Verdict.WORSE_AS_SEEN
    both = _known(trial, before)
    is_better = bool(trial[both].sum() < before[both].sum())
    return Verdict.BETTER if is_better else Verdict.AS_GOOD


def is_not_worse(new: Floats, present: Floats, days: Ints) -> bool:
    """Say whether a model is as good as another, as far as four weeks can tell.

    It is not, if it lost over 5 % more; nor if it lost over half a percent more and the
    difference is more than two standard errors of the sum of the days' differences, as the meals
    of one day err together. Fewer than 5 days or 30 meals prove nothing.

    Args:
        new: loss of each meal, shape (n,).
        present: the same of the other.
        days: ordinal of each meal's day.
    """
    if _is_too_few(np.ones(len(days), dtype=np.bool_), days):
        return False
    each, day = np.unique(days, return_inverse=True)
    if new.sum() > _NEVER * present.sum():
        return False
    more = sums_by(day, new - present, len(each))
    chance = float(more.std(ddof=1)) * len(each) ** 0.5
    is_slight = bool(new.sum() <= _SLIGHT * present.sum())
    return is_slight or float(more.sum()) <= _SURE * chance


def _is_as_good(new: Floats, present: Floats, days: Ints) -> bool:
    both = _known(new, present)
    return is_not_worse(new[both], present[both], days[both])


def _known(new: Floats, present: Floats) -> Flags:
    both: Flags = ~(np.isnan(new) | np.isnan(present))
    return both


def _is_too_few(both: Flags, days: Ints) -> bool:
    return len(np.unique(days[both])) < _LEAST_DAYS or int(both.sum()) < _LEAST_ROWS
