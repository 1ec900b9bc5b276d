"""Figures worked out by hand."""

import random

import pytest

from cleanplate_menu.domain.scores import (
    Opinion,
    Weighed,
    left_change,
    left_share,
    queue_score,
    shown_stars,
    stars_change,
)


def opinion(*stars: int) -> Opinion:
    return Opinion(len(stars), sum(stars), sum(one * one for one in stars))


def test_stars_are_drawn_to_those_of_the_kind():
    kind = Opinion(20, 80, 340)  # mean 4
    assert shown_stars(opinion(2, 2, 2, 2, 2), kind) == pytest.approx((10 + 10 * 4) / 15)
    assert shown_stars(Opinion(90, 180, 360), kind) == pytest.approx((180 + 40) / 100)


def test_four_ratings_are_not_shown():
    kind = Opinion(20, 80, 340)
    assert shown_stars(opinion(5, 5, 5, 5), kind) is None
    assert shown_stars(opinion(5, 5, 5, 5, 5), kind) is not None


def test_shrunk_stars_are_nearer_to_the_truth_than_plain_means():
    rng = random.Random(7)  # noqa: S311
    plain, shrunk = 0.0, 0.0
    truths = [rng.gauss(3.6, 0.35) for _ in range(400)]
    seen = [
        opinion(*(min(5, max(1, round(rng.gauss(truth, 1.1)))) for _ in range(8)))
        for truth in truths
    ]
    kind = sum(seen, Opinion())
    for truth, one in zip(truths, seen, strict=True):
        plain += (one.mean - truth) ** 2
        shrunk += (shown_stars(one, kind) - truth) ** 2
    assert shrunk < 0.7 * plain, (shrunk / 400, plain / 400)


def test_the_share_left_is_a_ratio_of_sums():
    assert left_share([Weighed(10_000, 3_100), Weighed(5_000, 1_550)]) == pytest.approx(0.31)
    assert left_share([Weighed(9_000, 0), Weighed(1_000, 1_000)]) == pytest.approx(0.1)
    assert left_share([]) is None


@pytest.mark.parametrize(
    ("stars", "share", "score"),
    [(2.6, 0.31, 0.186), (5.0, 1.0, 0.0), (1.0, 1.0, 1.0), (3.4, 0.2, 0.08), (3.0, 0.0, 0.0)],
)
def test_a_dish_scores_by_dissatisfaction_and_by_what_is_left(stars, share, score):
    assert queue_score(stars, share) == pytest.approx(score)


def test_a_change_of_stars_has_its_uncertainty():
    # means 2.4 and 4.0, variances 0.3 and 0.5, so the error is sqrt(0.06 + 0.10) = 0.4; t(4) 2.776
    change = stars_change(opinion(2, 2, 3, 3, 2), opinion(4, 4, 3, 5, 4))
    assert change.value == pytest.approx(1.6)
    assert (change.low, change.high) == (pytest.approx(0.4896), pytest.approx(2.7104))
    assert stars_change(opinion(2, 2, 3, 3, 2), opinion(4, 4, 3, 5)) is None


def test_a_change_of_what_is_left_has_its_uncertainty():
    before = [Weighed(1000, 300), Weighed(1000, 400), Weighed(1000, 350)]
    after = [Weighed(1000, 100)] * 3
    # residuals -50, 50, 0: sqrt(5000 * 3 / 2) / 3000 = 0.0288675; t(2) 4.303
    change = left_change(before, after)
    assert change.value == pytest.approx(-0.25)
    assert (change.low, change.high) == (
        pytest.approx(-0.374217, abs=1e-5),
        pytest.approx(-0.125783, abs=1e-5),
    )
    assert left_change(before, after[:2]) is None
