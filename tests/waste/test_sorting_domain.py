import math
import random
import uuid

import pytest

from cleanplate_waste.domain.inventory import split_grams
from cleanplate_waste.domain.sorting import (
    Bin,
    certain,
    estimate_share,
    is_drawn,
    weighted_sum,
)
from cleanplate_waste.domain.student import two_sided


def a_bin(edible=600, inedible=400, one_in=5):
    return Bin(one_in, {"edible": edible, "inedible": inedible})


def ids(count, seed=1):
    rng = random.Random(seed)  # noqa: S311
    return [uuid.UUID(int=rng.getrandbits(128), version=4) for _ in range(count)]


def test_the_same_seed_draws_the_same_bins_and_another_seed_others():
    bins = ids(2_000)
    first = {one for one in bins if is_drawn(7, one, 5)}
    assert first == {one for one in reversed(bins) if is_drawn(7, one, 5)}
    assert first != {one for one in bins if is_drawn(8, one, 5)}


@pytest.mark.parametrize("one_in", [1, 2, 5, 20])
def test_each_bin_is_drawn_with_the_chance_that_the_plan_says(one_in):
    drawn = sum(is_drawn(3, one, one_in) for one in ids(20_000))
    expected = 20_000 / one_in
    spread = math.sqrt(expected * (1 - 1 / one_in))
    assert abs(drawn - expected) <= 4 * spread


def test_a_share_is_a_ratio_of_sums_and_not_a_mean_of_shares():
    bins = [a_bin(90, 10)] * 9 + [a_bin(100, 900)]
    share = estimate_share(bins, "edible")
    assert share.value == pytest.approx(910 / 1_900)
    assert share.low < share.value < share.high


def test_nine_bins_say_nothing():
    assert estimate_share([a_bin()] * 9, "edible") is None


def test_where_every_bin_was_sorted_there_is_no_sampling_error():
    bins = [a_bin(500 + n, 400, one_in=1) for n in range(12)]
    assert estimate_share(bins, "edible").standard_error == 0
    assert estimate_share(bins, "edible", response=0.5).standard_error > 0


def simulated_share(rng, one_in):
    """A week's bins, of which some are drawn; the truth and what the drawn ones say."""
    bins = []
    for _ in range(150):
        grams = rng.lognormvariate(9, 0.5)
        edible = grams * rng.betavariate(6, 4)
        bins.append(a_bin(round(edible), round(grams - edible), one_in))
    truth = sum(b.parts["edible"] for b in bins) / sum(b.grams for b in bins)
    return truth, [one for one in bins if rng.random() < 1 / one_in]


def missed(half_of):
    rng, outside, tried = random.Random(5), 0, 0  # noqa: S311
    while tried < 1_000:
        truth, drawn = simulated_share(rng, 5)
        share = estimate_share(drawn, "edible")
        if share is not None:
            tried += 1
            outside += abs(share.value - truth) > half_of(share, drawn)
    return outside / tried


def test_the_interval_of_a_share_covers_the_truth_in_93_to_97_of_100():
    def ours(share, drawn):
        return two_sided(0.95, len(drawn) - 1) * share.standard_error

    assert 0.03 <= missed(ours) <= 0.07


def test_an_interval_as_if_each_kilogram_were_drawn_by_itself_covers_far_less():
    def by_kilogram(share, drawn):
        kilograms = sum(one.grams for one in drawn) / 1000
        return 1.96 * math.sqrt(share.value * (1 - share.value) / kilograms) / 2

    assert missed(by_kilogram) > 0.15


def test_a_sum_of_shares_carries_the_error_of_those_that_were_sampled():
    bins = [a_bin(500 + 20 * n, 400) for n in range(12)]
    share = estimate_share(bins, "edible")
    both = weighted_sum([(10.0, share), (5.0, certain(1.0))])
    assert both.value == pytest.approx(10 * share.value + 5)
    assert both.standard_error == pytest.approx(10 * share.standard_error)
    assert both.low < both.value < both.high


@pytest.mark.parametrize("weights", [[1, 1, 1], [0.333, 0.1, 0.567], [0, 1], [1e-9, 1]])
@pytest.mark.parametrize("total", [0, 1, 100, 12_345_677])
def test_split_grams_add_up_to_the_gram(weights, total):
    parts = split_grams(total, weights)
    assert sum(parts) == total
    assert min(parts) >= 0
    exact = [total * weight / sum(weights) for weight in weights]
    assert all(abs(own - want) < 1 for own, want in zip(parts, exact, strict=True))


def test_nothing_can_be_split_by_no_weight():
    with pytest.raises(ValueError, match="weight"):
        split_grams(5, [0, 0])


@pytest.mark.parametrize(
    ("degrees", "expected"), [(1, 12.7062), (2, 4.3027), (9, 2.2622), (30, 2.0423), (200, 1.9719)]
)
def test_quantiles_are_those_of_the_tables(degrees, expected):
    assert two_sided(0.95, degrees) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("level", "degrees"), [(0.95, 0), (1.0, 5), (0.0, 5)])
def test_there_is_no_quantile_without_freedom_or_level(level, degrees):
    with pytest.raises(ValueError, match="level"):
        two_sided(level, degrees)
