"""Rules of quantities, whatever the numbers: draws, newsvendor, two stages, packs."""

import random
from dataclasses import replace
from datetime import date, timedelta
from statistics import NormalDist

import numpy as np
import pytest
from bench.quantities import simulate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleanplate_forecast.domain.diners import draw_diners
from cleanplate_forecast.domain.dish_demand import Offer, draw_takers, split_portions
from cleanplate_forecast.domain.newsvendor import best_quantity, cost, critical_level
from cleanplate_forecast.domain.popularity import SETS, Popularity, Seen, learn
from cleanplate_forecast.domain.production import USUAL_RULES, Rule, suggest
from cleanplate_forecast.domain.purchasing import Lot, Need, Terms, plan_deliveries

FIRST = date(2026, 6, 9)
# a loaded machine is no fault, and each run tries the same
CALM = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
THREE = [(0.1, 80.0), (0.5, 100.0), (0.9, 130.0)]


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("count", [3, 5, 19])
def test_draws_have_the_quantiles_they_are_drawn_from(count):
    levels = np.linspace(0.05, 0.95, count)
    normal = NormalDist(200, 25)
    wanted = [(float(level), normal.inv_cdf(float(level))) for level in levels]
    draws = draw_diners(wanted, rng(), 4000)
    for level in (0.01, 0.05, 0.25, 0.5, 0.8, 0.95, 0.99):
        assert np.quantile(draws, level) == pytest.approx(normal.inv_cdf(level), abs=1.0)


def test_a_forecast_that_is_sure_and_one_of_nobody():
    sure = draw_diners([(0.1, 50.0), (0.5, 50.0), (0.9, 50.0)], rng())
    assert (sure.min(), sure.max()) == (50.0, 50.0)
    assert draw_diners([(0.5, 0.0)], rng()).max() == 0.0
    assert draw_diners([(0.1, 0.0), (0.5, 2.0), (0.9, 40.0)], rng()).min() == 0.0


def test_equal_outer_quantiles_do_not_cut_the_tail_off():
    draws = draw_diners([(0.1, 80.0), (0.5, 100.0), (0.8, 120.0), (0.9, 120.0)], rng())
    assert np.quantile(draws, 0.99) > 125


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [(0.5, 2.0), (0.1, 1.0)],
        [(0.1, 2.0), (0.5, 1.0)],
        [(0.0, 1.0)],
        [(0.5, 1.0), (1.0, 2.0)],
    ],
)
def test_quantiles_out_of_order_are_refused(wrong):
    with pytest.raises(ValueError, match="quantiles"):
        draw_diners(wrong, rng())


fen = st.integers(1, 10_000)


@CALM
@given(fen, fen, fen)
def test_the_quantity_grows_with_what_a_shortage_costs(shortage, more, surplus):
    demand = draw_diners(THREE, rng())
    low, high = (critical_level(cu, surplus) for cu in (shortage, shortage + more))
    assert best_quantity(demand, low) <= best_quantity(demand, high)


@settings(CALM, max_examples=50)
@given(fen, fen)
def test_no_other_quantity_costs_less_on_average(shortage, surplus):
    demand = draw_diners(THREE, rng())
    best = best_quantity(demand, critical_level(shortage, surplus))
    costs = [cost(q, demand, shortage, surplus).mean() for q in np.linspace(40, 200, 81)]
    assert cost(best, demand, shortage, surplus).mean() <= min(costs) + 1e-6 * (shortage + surplus)


@pytest.mark.parametrize("costs", [(0, 0), (-1, 2), (2, -1)])
def test_costs_that_say_nothing_are_refused(costs):
    with pytest.raises(ValueError, match="costs"):
        critical_level(*costs)


rules = st.builds(
    Rule, fen, fen, st.integers(0, 500), st.integers(1, 30), st.integers(0, 30), st.integers(1, 60)
)


@CALM
@given(rules, st.integers(10, 180))
def test_a_suggestion_covers_what_is_wanted_in_whole_pots_and_batches(rule, minutes):
    found = suggest(draw_diners(THREE, rng()), rule, minutes)
    assert found.first % rule.pot_portions == 0
    assert found.portions >= found.wanted - 1e-6
    assert 0 <= found.rounding < rule.pot_portions + max(rule.refill_portions, 1)
    assert (found.refills > 0) == (found.refill > 0)
    for demand in (0.0, 50.5, 100.0, 1e6):
        assert found.first <= found.cooked(demand) <= found.portions
        assert found.cooked(demand) >= min(demand, found.portions)


@CALM
@given(rules, fen)
def test_a_dearer_shortage_never_cooks_less(rule, more):
    demand = draw_diners(THREE, rng())
    dearer = Rule(**vars(rule) | {"shortage_fen": rule.shortage_fen + more})
    assert suggest(demand, dearer, 90).wanted >= suggest(demand, rule, 90).wanted


def test_where_it_cannot_be_refilled_all_is_cooked_at_once():
    rule = Rule(**vars(USUAL_RULES["meat"]) | {"refill_portions": 0})
    found = suggest(draw_diners(THREE, rng()), rule, 90)
    assert (found.refills, found.refill_at, found.first) == (0, 0, found.portions)
    slow = suggest(draw_diners(THREE, rng()), USUAL_RULES["meat"], 10)  # served in 10 minutes
    assert slow.refills == 0


def test_where_it_can_be_refilled_less_is_cooked_at_once_and_less_left():
    demand = draw_diners(THREE, rng())
    two = suggest(demand, USUAL_RULES["meat"], 90)
    one = suggest(demand, Rule(**vars(USUAL_RULES["meat"]) | {"refill_portions": 0}), 90)
    assert two.first < one.first
    left = [np.mean([max(s.cooked(d) - d, 0) for d in demand]) for s in (two, one)]
    assert left[0] < 0.6 * left[1]
    assert 0 < two.refill_at < two.first


heads = st.dictionaries(st.sampled_from(["full", "half", "small"]), st.integers(0, 500))


@CALM
@given(st.integers(0, 5000), heads)
def test_sizes_add_up_and_follow_the_registered(portions, known):
    sizes = split_portions(portions, known)
    assert sum(sizes.values()) == portions
    total = sum(known.values())
    for size, count in known.items():
        if total:
            assert abs(sizes[size] - portions * count / total) < 1


def meals(count: int, shares: dict[str, float], kind="meat", **more) -> list[list[Seen]]:
    return [[Seen(d, kind, tuple(shares), s, **more) for d, s in shares.items()]] * count


def test_a_dish_without_history_is_as_its_kind_and_less_sure():
    known = learn(meals(30, {"a": 0.6, "b": 0.3}))
    liked, new = known.liking("a", "meat"), known.liking("new", "meat")
    assert liked.mean == pytest.approx(4 / 3, rel=0.05)
    assert (new.mean, new.meals) == (1.0, 0)
    assert new.unsure > 3 * liked.unsure
    assert known.liking("new", "meat", better_by=1.0).mean > 1.1


def test_few_meals_are_drawn_towards_the_kind():
    means = [learn(meals(n, {"a": 0.6, "b": 0.3})).liking("a", "meat").mean for n in (1, 3, 30)]
    assert 1.0 < means[0] < means[1] < means[2] < 4 / 3


def test_no_history_at_all_is_an_assumption_with_a_wide_range():
    takers = draw_takers(np.full(1000, 100.0), 0, [Offer("x", "vegetable")], Popularity(), rng())
    low, high = np.quantile(takers[0], (0.1, 0.9))
    assert 0 < low < 120 < high
    assert high - low > 60


def test_what_was_sold_out_was_wanted_by_more():
    seen = meals(20, {"a": 0.5, "b": 0.5}) + meals(20, {"a": 0.4, "b": 0.5}, sold_out=True)
    blind = meals(20, {"a": 0.5, "b": 0.5}) + meals(20, {"a": 0.4, "b": 0.5})
    honest, naive = (learn(past).total("meat", 2)[0] for past in (seen, blind))
    assert honest > naive + 0.03


def test_who_is_liked_is_told_from_who_else_was_there():
    """a is twice as good as b, and c half as good; a only ever meets b, c only ever a."""
    good = {"a": 2.0, "b": 1.0, "c": 0.5}
    past = []
    for pair in (("a", "b"), ("a", "c")) * 40:
        whole = sum(good[name] for name in pair)
        past += meals(1, {name: good[name] / whole for name in pair})
    known = learn(past)
    a, b, c = (known.liking(name, "meat").mean for name in "abc")
    assert (a / b, a / c) == pytest.approx((2.0, 4.0), rel=0.1)
    assert known.habit("meat").gain < 0.05  # no more is taken, however good


def test_chance_is_told_from_change():
    chance = np.random.default_rng(3)
    past = [
        [Seen(name, "meat", ("a", "b"), chance.binomial(40, 0.5) / 40, diners=40) for name in "ab"]
        for _ in range(200)
    ]
    blind = [[replace(one, diners=0) for one in meal] for meal in past]
    assert learn(past).habit("meat").dish_day < 0.06
    assert learn(blind).habit("meat").dish_day > 0.1


def test_quantities_cost_hardly_more_than_an_oracles():
    costs = simulate(3, 200, 8, [round(0.05 * n, 2) for n in range(1, 20)], seed=4)
    assert 1.0 <= costs.fen["ours"] / costs.fen["oracle"] < 1.06
    assert costs.fen["ours"] < 0.8 * costs.fen["mean share + 10 %"]
    assert 0.76 < costs.inside80 / costs.dishes < 0.86


def test_dishes_of_a_kind_take_from_one_another_and_all_follow_the_diners():
    menu = [Offer(name, "meat") for name in "abc"]
    sure = np.full(4000, 200.0)
    alike = draw_takers(sure, 0, menu, Popularity(), rng())
    assert np.corrcoef(alike[0] - alike.mean(axis=0), alike[1] - alike.mean(axis=0))[0, 1] < -0.3
    many = draw_diners([(0.1, 50.0), (0.5, 200.0), (0.9, 400.0)], rng(2), 4000)
    together = draw_takers(many, 0, menu, Popularity(), rng())
    assert np.corrcoef(together)[0, 1] > 0.5


def test_sets_share_the_diners_as_the_registered_chose():
    menu = [Offer("a", SETS, "A", taking=60), Offer("b", SETS, "B", taking=20)]
    takers = draw_takers(np.full(1000, 100.0), 80, menu, Popularity(), rng())
    assert takers.mean(axis=1) == pytest.approx([75, 25], abs=4)
    assert takers.sum(axis=0).mean() == pytest.approx(100, abs=1)


def test_who_said_to_take_another_dish_does_not_take_this_one():
    menu = [Offer("a", "meat", taking=100), Offer("b", "meat")]
    takers = draw_takers(np.full(100, 100.0), 100, menu, Popularity(), rng())
    assert takers[0].tolist() == [100.0] * 100
    assert takers[1].max() == 0.0


def test_the_order_of_meals_and_dishes_teaches_the_same():
    past = meals(5, {"a": 0.6, "b": 0.3}) + meals(4, {"b": 0.4, "c": 0.5})
    shuffled = [random.Random(2).sample(meal, len(meal)) for meal in past[::-1]]  # noqa: S311
    one, other = learn(past), learn(shuffled)
    for name in "abcd":
        assert one.liking(name, "meat").mean == pytest.approx(other.liking(name, "meat").mean)
    assert one.total("meat", 2) == pytest.approx(other.total("meat", 2))


grams = st.integers(0, 20_000)
lots = st.lists(
    st.builds(
        Lot,
        grams,
        st.integers(-2, 12).map(lambda n: FIRST + timedelta(n)),
        st.integers(-3, 6).map(lambda n: FIRST + timedelta(n)),
    ),
    max_size=6,
)
terms = st.builds(
    Terms,
    st.sampled_from([1, 500, 2500, 10_000]),
    st.integers(0, 3),
    st.sampled_from([1, 2, 3, 5, 60]),
    st.sampled_from([0.5, 0.8, 0.95]),
    st.none() | grams,
    st.none() | grams,
)


@st.composite
def needs(draw) -> Need:
    by_day = draw(st.lists(st.integers(0, 8_000), min_size=1, max_size=7))
    later = draw(st.lists(st.integers(0, 8_000), max_size=5))
    scatter = np.random.default_rng(draw(st.integers(0, 99))).gamma(20, 0.05, (len(by_day), 50))
    days = [FIRST + timedelta(n) for n in range(len(by_day))]
    after = {days[-1] + timedelta(1 + n): float(grams) for n, grams in enumerate(later)}
    known_until = days[-1] + timedelta(draw(st.integers(0, 9)))
    return Need(days, np.array(by_day)[:, None] * scatter, after, known_until)


def bought(need: Need, store: list[Lot], orders: list[Lot], how: Terms) -> int:
    return sum(one.bought for one in plan_deliveries(need, store, orders, how))


@settings(CALM, max_examples=300)
@given(needs(), lots, lots, lots, terms)
def test_more_in_store_or_on_order_never_buys_more(need, store, orders, more, how):
    before = bought(need, store, orders, how)
    assert bought(need, store + more, orders, how) <= before
    assert bought(need, store, orders + more, how) <= before


@settings(CALM, max_examples=200)
@given(needs(), lots, lots, terms, st.randoms())
def test_nothing_is_below_zero_all_is_whole_packs_and_order_is_nothing(
    need, store, orders, how, chance
):
    planned = plan_deliveries(need, store, orders, how)
    for one in planned:
        assert min(one.needed, one.expected, one.in_store, one.on_order, one.packs) >= 0
        assert one.bought == one.packs * how.pack_grams
        assert one.in_store + one.on_order <= one.needed
        assert 0 <= one.rounding < how.pack_grams
        if not how.is_dry:
            least = min(one.expected, one.needed)  # at the 0.5 quantile these may be either way
            assert one.in_store + one.on_order + one.bought >= least or one.is_capped
    shuffled = chance.sample(store, len(store)), chance.sample(orders, len(orders))
    assert plan_deliveries(need, *shuffled, how) == planned
    mixed = Need(need.days, need.draws[:, ::-1], need.later, need.known_until)
    assert plan_deliveries(mixed, store, orders, how) == planned


@settings(CALM, max_examples=200)
@given(needs(), lots, terms, st.sampled_from([0.97, 0.99]))
def test_a_higher_level_never_buys_less(need, store, how, level):
    surer = Terms(**vars(how) | {"level": level, "shelf_days": 90})
    kept = Terms(**vars(how) | {"shelf_days": 90})
    assert bought(need, store, [], surer) >= bought(need, store, [], kept)


def test_a_pack_that_would_not_be_used_up_is_left_out_where_the_mean_is_covered():
    """Needed 2,000 g on average, 2,300 g for safety; packs of 2,000 g that keep for a day."""
    draws = np.tile([1700.0, 2300.0], (1, 50))
    need = Need([FIRST], draws, {}, FIRST)
    (capped,) = plan_deliveries(need, [], [], Terms(2000, 1, 1, 0.9))
    assert (capped.packs, capped.is_capped, capped.outlives) == (1, True, False)
    (kept,) = plan_deliveries(need, [], [], Terms(1000, 1, 1, 0.9))
    assert (kept.packs, kept.is_capped) == (2, True)
    (needed,) = plan_deliveries(need, [], [], Terms(1500, 1, 1, 0.9))  # one does not do
    assert (needed.packs, needed.is_capped, needed.outlives) == (2, False, True)
    longer = Need([FIRST], draws, {FIRST + timedelta(1): 2000.0}, FIRST + timedelta(1))
    (two,) = plan_deliveries(longer, [], [], Terms(2000, 1, 2, 0.9))
    assert (two.packs, two.is_capped) == (2, False)
