"""Words of menus: what they do to a day, learnt from other days."""

import numpy as np
import pytest

from cleanplate_forecast.domain.words import learn_words

DAYS = 200
MENUS = ("红烧肉 青菜", "清蒸鱼 豆腐", "fish and chips", "")


def _rows(effects):
    """Two canteens a day with one of the menus; `effects` in their order."""
    random = np.random.default_rng(3)
    menu = random.integers(0, len(MENUS), DAYS * 2)
    places = np.repeat(np.arange(DAYS), 2)
    unusual = np.array(effects)[menu] + random.normal(0, 0.02, DAYS * 2)
    return np.array(MENUS)[menu], places, unusual


def test_a_dish_that_many_want_is_known_by_its_words():
    texts, places, unusual = _rows((0.3, 0.0, -0.2, 0.0))
    words, scores = learn_words(texts, places, unusual)
    said = words.score(np.array(["红烧肉 米饭", "清蒸鱼 豆腐", "fish and chips", ""]))
    assert said[0] > 0.1
    assert said[0] > said[1] > said[2]
    assert np.isnan(said[3])
    assert np.isnan(scores[texts == ""]).all()
    assert scores[texts == MENUS[0]].mean() == pytest.approx(0.3, abs=0.1)


def test_a_day_is_scored_by_other_days_only():
    texts, places, unusual = _rows((0.0, 0.0, 0.0, 0.0))
    alone = np.flatnonzero(texts == MENUS[0])[:1]
    texts[alone], unusual[alone] = "独一无二的菜", 5.0
    words, scores = learn_words(texts, places, unusual)
    assert words.score(texts[alone]) > 0.1, "the words themselves know that day"
    assert abs(scores[alone]) < 0.1


def test_texts_are_scored_alike_together_and_alone():
    texts, places, unusual = _rows((0.3, 0.0, -0.2, 0.0))
    words, _ = learn_words(texts, places, unusual)
    alone = [words.score(texts[[row]])[0] for row in range(20)]
    np.testing.assert_array_equal(words.score(texts)[:20], alone)


@pytest.mark.parametrize("texts", [np.full(60, "面条"), np.full(60, "")])
def test_without_different_menus_nothing_is_learnt(texts):
    assert learn_words(texts, np.arange(60), np.zeros(60)) is None
