"""What our quantities cost beside the best possible, in simulated canteens whose truth is known.

The truth is not our model: diners choose among the dishes of a kind and taking none (a logit), come
by a beta-binomial of who registered and by walking in, and a dish's day is log-normal. The oracle
knows all of it but the day itself. Ours knows the diners' quantiles, the menus, and what was
weighed on past days: not on all of them, and not what more was wanted where a dish was sold out.
Costs are expected ones, over draws of the truth, summed over dishes and days.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanplate_forecast.domain.diners import draw_diners
from cleanplate_forecast.domain.dish_demand import Offer, draw_takers
from cleanplate_forecast.domain.newsvendor import best_quantity, cost, critical_level
from cleanplate_forecast.domain.popularity import Popularity, Seen, is_sold_out, learn
from cleanplate_forecast.domain.production import USUAL_RULES, Rule, suggest

Floats = npt.NDArray[np.float64]
MENU = {"staple": 1, "meat": 2, "vegetable": 2, "soup": 1, "side": 1}
_APPETITE = {"staple": 1.1, "meat": 1.2, "vegetable": 1.4, "soup": 0.9, "side": 0.9}
_LIBRARY = 8  # dishes of a kind
_DISH_DAY, _KIND_DAY = 0.12, 0.08
_WEIGHED, _MARGIN = 0.7, 1.10
_COOKED = 1.2  # of what is usual: then about a sixth is sold out, as real kitchens have it
_DRAWS = 2_000
_MINUTES = 90.0
_FIRST = "a year weighed"
_LEVELS = tuple(round(0.05 * n, 2) for n in range(1, 20))


@dataclass(frozen=True)
class Truth:
    """A canteen as it is.

    Attributes:
        attraction: of each dish, by kind.
        shows: mean share of the registered who come, and how alike the days are (beta-binomial).
        walk_ins: expected.
    """

    attraction: Mapping[str, Floats]
    shows: tuple[float, float]
    walk_ins: float
    seats: int

    @classmethod
    def of(cls, rng: np.random.Generator) -> "Truth":
        """Draw a canteen."""
        attraction = {kind: rng.lognormal(0.0, 0.35, _LIBRARY) for kind in MENU}
        seats = int(rng.integers(80, 600))
        return cls(attraction, (rng.uniform(0.82, 0.95), rng.uniform(40, 120)), seats * 0.08, seats)

    def diners(self, registered: int, rng: np.random.Generator, draws: int) -> Floats:
        """Draw who comes on a day with so many registered."""
        mean, alike = self.shows
        rates = rng.beta(mean * alike, (1.0 - mean) * alike, draws)
        return (rng.binomial(registered, rates) + rng.poisson(self.walk_ins, draws)).astype(float)

    def takers(self, diners: Floats, menu: "Menu", rng: np.random.Generator) -> Floats:
        """Draw who takes each dish, shape (dishes, draws)."""
        found = []
        for kind in MENU:
            liked = self.attraction[kind][[dish for k, dish in menu if k == kind], None]
            liked = liked * rng.lognormal(0.0, _DISH_DAY, (len(liked), len(diners)))
            day = rng.lognormal(0.0, _KIND_DAY, len(diners))
            shares = _APPETITE[kind] * day * liked / (0.5 + liked.sum(axis=0))
            found.extend(rng.binomial(diners.astype(int), np.clip(shares, 0.0, 1.0)))
        return np.array(found, dtype=float)


Menu = Sequence[tuple[str, int]]  # kind and dish, kind by kind


@dataclass
class Costs:
    """Expected costs in fen by who decided, and how ours did otherwise."""

    fen: dict[str, float]
    inside80: int = 0
    dishes: int = 0

    def add(self, who: str, made: float, asked: Floats, rule: Rule) -> None:
        """Add what a quantity costs on average."""
        mean = cost(made, asked, rule.shortage_fen, rule.surplus_fen).mean()
        self.fen[who] = self.fen.get(who, 0.0) + float(mean)


def simulate(canteens: int, past_days: int, days: int, levels: Sequence[float], seed: int) -> Costs:
    """Return what `days` days cost in `canteens` canteens, after a past of `past_days` days.

    Args:
        canteens: how many there are.
        past_days: how many days of each were weighed before.
        days: how many days of each are then decided.
        levels: at which the diners' quantiles are known.
        seed: decides everything.
    """
    costs = Costs({})
    for number in range(canteens):
        rng = np.random.default_rng([seed, number])
        truth = Truth.of(rng)
        past = [_seen(truth, rng) for _ in range(past_days)]
        popularity = learn([meal for meal, _ in past])
        simple = _mean_shares([shares for _, shares in past])
        for _ in range(days):
            _day(truth, popularity, simple, levels, costs, rng)
    return costs


def _day(
    truth: Truth,
    popularity: Popularity,
    simple: Callable[[str, int], float],
    levels: Sequence[float],
    costs: Costs,
    rng: np.random.Generator,
) -> None:
    menu, registered = _plan(truth, rng)
    diners = truth.diners(registered, rng, _DRAWS)
    asked = truth.takers(diners, menu, rng)
    quantiles = [(level, float(np.quantile(diners, level))) for level in levels]
    offers = [Offer((kind, dish), kind) for kind, dish in menu]
    ours = draw_takers(draw_diners(quantiles, rng), 0, offers, popularity, rng)
    for (kind, dish), truly, drawn in zip(menu, asked, ours, strict=True):
        rule = USUAL_RULES[kind]
        level = critical_level(rule.shortage_fen, rule.surplus_fen)
        costs.add("oracle", best_quantity(truly, level), truly, rule)
        costs.add("ours", best_quantity(drawn, level), truly, rule)
        usual = simple(kind, dish) * float(diners.mean())
        costs.add("mean share + 10 %", usual * _MARGIN, truly, rule)
        added = simple(kind, dish) * float(np.quantile(diners, level))
        costs.add("mean share x quantile", added, truly, rule)
        low, high = np.quantile(drawn, (0.1, 0.9))
        costs.inside80 += int(((truly >= low) & (truly <= high)).sum())
        costs.dishes += len(truly)
        _add_stages(costs, truly, drawn, rule)


def _add_stages(costs: Costs, asked: Floats, drawn: Floats, rule: Rule) -> None:
    """Add what a meal costs that is cooked in pots of ten: all at once, and with refills."""
    once = Rule(**vars(rule) | {"refill_portions": 0})
    for who, which in (("at once", once), ("with refills", rule)):
        made = suggest(drawn, which, _MINUTES)
        cooked = np.array([made.cooked(float(one)) for one in asked])
        fen = cost(cooked, asked, rule.shortage_fen, rule.surplus_fen)
        fen += rule.refill_fen * (cooked - made.first)
        costs.fen[who] = costs.fen.get(who, 0.0) + float(fen.mean())


def _plan(truth: Truth, rng: np.random.Generator) -> tuple[Menu, int]:
    menu = [
        (kind, int(dish))
        for kind, count in MENU.items()
        for dish in rng.choice(_LIBRARY, count, replace=False)
    ]
    return menu, int(rng.binomial(truth.seats, rng.beta(30, 10)))


def _seen(
    truth: Truth, rng: np.random.Generator
) -> tuple[list[Seen], dict[tuple[str, int], float]]:
    """Return what a past day shows: some dishes are weighed, sold-out ones up to what there was."""
    menu, registered = _plan(truth, rng)
    diners = truth.diners(registered, rng, 1)
    asked = truth.takers(diners, menu, rng)[:, 0]
    seen, shares = [], {}
    for (kind, dish), wanted in zip(menu, asked, strict=True):
        beside = truth.attraction[kind].mean() * MENU[kind]
        usual = _APPETITE[kind] * truth.attraction[kind][dish] / (0.5 + beside)
        cooked = max(round(usual * registered * _COOKED), 1)
        taken = min(wanted, cooked)
        if rng.random() < _WEIGHED:
            share = taken / max(diners[0], 1.0)
            sold_out = is_sold_out(cooked, cooked - taken)
            beside = tuple(one for one in menu if one[0] == kind)
            seen.append(Seen((kind, dish), kind, beside, share, sold_out, int(diners[0])))
            shares[kind, dish] = share
    return seen, shares


def _mean_shares(past: Sequence[Mapping[tuple[str, int], float]]) -> Callable[[str, int], float]:
    """Return a kitchen's own rule: a dish's mean share, or that of its kind."""

    def share(kind: str, dish: int) -> float:
        mine = [day[kind, dish] for day in past if (kind, dish) in day]
        alike = [value for day in past for (other, _), value in day.items() if other == kind]
        return float(np.mean(mine or alike or [1.0 / MENU[kind]]))

    return share


def measure() -> Any:  # noqa: ANN401
    """Return costs by the oracle's: 1 is the best possible."""
    ratios: dict[str, float] = {}
    figures: dict[str, float] = {}
    for name, past_days, levels in (
        (_FIRST, 250, _LEVELS),
        ("a year weighed, 3 quantiles", 250, (0.1, 0.5, 0.9)),
        ("8 weeks weighed", 40, _LEVELS),
        ("nothing weighed yet", 0, _LEVELS),
    ):
        costs = simulate(20, past_days, 10, levels, seed=1)
        ratios[f"cost against an oracle, {name}"] = costs.fen["ours"] / costs.fen["oracle"]
        figures[f"80 % interval covers, {name}"] = costs.inside80 / costs.dishes
        if name == _FIRST:
            for rule in ("mean share + 10 %", "mean share x quantile"):
                ratios[f"cost against {rule}"] = costs.fen["ours"] / costs.fen[rule]
            refills = costs.fen["with refills"] / costs.fen["at once"]
            ratios["cost with refills against all at once, in pots of ten"] = refills
    return {"ratios": ratios, "figures": figures}
