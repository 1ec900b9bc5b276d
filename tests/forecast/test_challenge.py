from dataclasses import replace

import numpy as np
import pytest

from cleanplate_forecast.domain.challenge import challenge
from cleanplate_forecast.domain.spread import RECIPE, ask, train_until
from cleanplate_forecast.domain.verdict import Verdict, is_not_worse, verdict_on
from support.seasons import LAST_DAYS, YESTERDAY, columns, finally_asked, silently


@pytest.fixture(scope="module")
def nonsense():
    """A model and its trial that learnt from diners dealt out at random."""
    known = columns()
    served = np.random.default_rng(3).permutation(known.served)
    return train_until(replace(known, served=served), LAST_DAYS, RECIPE)


def judged(present, *models):
    return challenge(columns(), YESTERDAY, present, silently, lambda *_: list(models))


def test_a_model_that_learnt_nonsense_never_replaces_and_the_verdict_says_why(outcome, nonsense):
    good, trial = outcome.trained.model, outcome.trained.trial
    bad, bad_trial = nonsense
    for present, model, its_trial, verdict in (
        (trial, bad, bad_trial, Verdict.WORSE_THAN_PRESENT),
        (trial, good, bad_trial, Verdict.WORSE_THAN_PRESENT),
        (trial, bad, trial, Verdict.WORSE_AS_SEEN),  # what would serve is not as good
        (None, bad, bad_trial, Verdict.WORSE_THAN_RULE),
        (bad_trial, good, trial, Verdict.BETTER),
        (None, good, trial, Verdict.BETTER),
    ):
        found = judged(present, model, its_trial)
        accepted = found.scores.verdict in {Verdict.BETTER, Verdict.AS_GOOD}
        assert (found.scores.verdict, found.is_accepted) == (verdict, accepted)
    again = judged(trial, good, trial)
    assert (again.is_accepted, again.scores.verdict) == (True, Verdict.AS_GOOD)
    assert again.scores.new == again.scores.present


def test_the_middles_are_scored_as_well(outcome, nonsense):
    scores = judged(nonsense[1], outcome.trained.model, outcome.trained.trial).scores
    assert 0 < scores.new_wape < scores.rule_wape < scores.present_wape < 1
    served = columns().served[columns().days > YESTERDAY - 28]
    assert scores.meals == len(served)


def test_the_trial_has_not_seen_the_days_it_is_judged_by(outcome):
    known = columns()
    late = known.days > YESTERDAY - 28
    other = np.where(late, known.served[::-1] * 3, known.served)
    [trial] = train_until(replace(known, served=other), LAST_DAYS[1:], RECIPE)
    asked = [finally_asked(np.flatnonzero(known.days == YESTERDAY - 27), YESTERDAY - 28)]
    same = ask(outcome.trained.trial, known, asked).values
    assert np.array_equal(ask(trial, known, asked).values, same)
    assert not np.array_equal(ask(outcome.trained.model, known, asked).values, same)


DAYS_OF_MEALS = np.repeat(np.arange(28), 10)


def test_not_worse_has_the_noise_of_four_weeks_in_mind():
    loss = np.random.default_rng(5).gamma(4.0, 1.0, 280)
    noise = np.where(DAYS_OF_MEALS % 2, 0.4, -0.4)
    assert is_not_worse(loss, loss, DAYS_OF_MEALS)
    assert is_not_worse(loss * 1.02 + noise, loss, DAYS_OF_MEALS), "chance"
    assert not is_not_worse(loss * 1.02, loss, DAYS_OF_MEALS), "every day a little worse"
    assert is_not_worse(loss * 1.004, loss, DAYS_OF_MEALS), "too little to matter"
    assert not is_not_worse(loss * 1.06 + noise * 9, loss, DAYS_OF_MEALS), "too much for chance"
    assert is_not_worse(loss * 0.9, loss, DAYS_OF_MEALS)


def test_a_few_meals_prove_nothing():
    loss = np.ones(280)
    assert not is_not_worse(loss[:40] * 0.5, loss[:40], DAYS_OF_MEALS[:40])
    assert not is_not_worse(loss[::10] * 0.5, loss[::10], DAYS_OF_MEALS[::10])
    assert is_not_worse(loss[:60] * 0.5, loss[:60], DAYS_OF_MEALS[:60])
    few = np.where(DAYS_OF_MEALS < 4, loss, np.nan)
    assert verdict_on(few, few, loss, loss, DAYS_OF_MEALS) is Verdict.TOO_FEW


def test_columns_that_end_before_the_day_are_not_copied():
    known = columns()
    assert known.up_to(YESTERDAY) is known
    assert known.up_to(YESTERDAY - 1).days.max() == YESTERDAY - 1
