"""How many portions of each dish a meal may ask for: all dishes of it drawn together.

Total and shares are simulated, not their quantiles added: when more come, more is taken of all
dishes; when more is taken of one dish, less is taken of those it competes with.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cleanplate_forecast.domain.diners import Floats
from cleanplate_forecast.domain.popularity import SETS, Popularity

_FEWEST_HEADS, _MOST_HEADS = 1.0, 60.0  # how far a choice of the registered speaks for the others


@dataclass(frozen=True)
class Offer:
    """A dish on the menu of a meal to come.

    Attributes:
        dish: whatever names the dish.
        kind: of the dishes that it competes with; `SETS` for a dish of one of several sets.
        choice: the set, where `kind` is SETS.
        better_by: stars more than its kind, 0 if not known.
        taking: registered heads that take it for certain.
        undecided: registered heads that did not say.
        appetite: what the registered take of it by what is usual, as for less rice; 1 = as usual.
    """

    dish: Hashable
    kind: str
    choice: str | None = None
    better_by: float = 0.0
    taking: int = 0
    undecided: int = 0
    appetite: float = 1.0


def draw_takers(
    diners: Floats,
    registered: int,
    menu: Sequence[Offer],
    popularity: Popularity,
    rng: np.random.Generator,
) -> Floats:
    """Return how many take each dish, shape (dishes, draws): column by column one possible meal.

    Who registered counts as they said, as far as they did; whoever said nothing, and whoever comes
    without having registered, by the canteen's past. A diner may take a dish twice.

    Args:
        diners: draws of the meal's diners, shape (draws,).
        registered: heads of whom it is known what they said; whoever stays away does so whatever
            they wanted.
        menu: the dishes.
        popularity: what the past says.
        rng: decides everything that is drawn here.
    """
    shares = _draw_shares(menu, popularity, rng, len(diners))
    known = np.minimum(registered / np.maximum(diners, 1.0), 1.0)
    takers = np.empty_like(shares)
    for nth, offer in enumerate(menu):
        said = offer.taking / max(registered, 1)
        left_open = offer.undecided / max(registered, 1) * offer.appetite
        share = known * (said + left_open * shares[nth]) + (1.0 - known) * shares[nth]
        takers[nth] = _heads(np.rint(diners), share, rng)
    return takers


def _heads(diners: Floats, share: Floats, rng: np.random.Generator) -> Floats:
    """Draw how many take a dish: each diner as often as the share has whole times, or once more."""
    often = np.floor(share)
    return often * diners + rng.binomial(diners.astype(np.int64), np.clip(share - often, 0.0, 1.0))


def _draw_shares(
    menu: Sequence[Offer], popularity: Popularity, rng: np.random.Generator, draws: int
) -> Floats:
    """Draw each dish's takers per diner, for whoever said nothing."""
    shares = np.empty((len(menu), draws))
    for kind in sorted({offer.kind for offer in menu}):
        places = [nth for nth, offer in enumerate(menu) if offer.kind == kind]
        offers = [menu[nth] for nth in places]
        draw = _draw_sets if kind == SETS else _draw_kind
        shares[places] = draw(offers, popularity, rng, draws)
    return shares


def _draw_kind(
    offers: Sequence[Offer], popularity: Popularity, rng: np.random.Generator, draws: int
) -> Floats:
    """Draw the shares of the dishes of one kind, by the formula of `popularity`."""
    kind, count = offers[0].kind, len(offers)
    habit = popularity.habit(kind)
    liked = _draw_likings(offers, popularity, rng, draws)
    mean, unsure = popularity.total(kind, count)
    total = _gamma(mean, mean * math.hypot(unsure, habit.kind_day), rng, draws)
    usual: Floats = liked.mean(axis=0)
    gain = habit.gain if count > 1 else 1.0
    return total / count * liked * usual ** (gain - 1.0)


def _draw_sets(
    offers: Sequence[Offer], popularity: Popularity, rng: np.random.Generator, draws: int
) -> Floats:
    """Draw the shares of sets of which a diner takes one: by the past, and by the registered."""
    by_choice: dict[str | None, list[Offer]] = {}
    for offer in offers:
        by_choice.setdefault(offer.choice, []).append(offer)
    leading = [some[0] for some in by_choice.values()]
    liked = _draw_likings(leading, popularity, rng, draws)
    shares = liked / liked.sum(axis=0)
    heads = np.array([offer.taking for offer in leading], dtype=float)
    if heads.sum() >= _FEWEST_HEADS:
        worth = min(heads.sum(), _MOST_HEADS) / heads.sum()
        usual: Floats = shares.mean(axis=1)
        prior = float((usual * (1.0 - usual)).sum() / max(shares.var(axis=1).sum(), 1e-4))
        seen = rng.gamma(prior * usual + worth * heads, size=(draws, len(heads)))
        shares = (seen / seen.sum(axis=1, keepdims=True)).T
    of_choice = dict(zip(by_choice, shares, strict=True))
    return np.array([of_choice[offer.choice] for offer in offers])


def _draw_likings(
    offers: Sequence[Offer], popularity: Popularity, rng: np.random.Generator, draws: int
) -> Floats:
    """Draw how each dish will be liked at the next meal."""
    found = []
    for offer in offers:
        liking = popularity.liking(offer.dish, offer.kind, offer.better_by)
        own = math.hypot(liking.unsure, liking.mean * popularity.habit(offer.kind).dish_day)
        found.append(_gamma(liking.mean, own, rng, draws))
    return np.array(found)


def _gamma(mean: float, deviation: float, rng: np.random.Generator, draws: int) -> Floats:
    """Draw positive numbers of a mean and a standard deviation."""
    if deviation <= 0.0:
        return np.full(draws, mean)
    shape = (mean / deviation) ** 2
    return rng.gamma(shape, mean / shape, draws)


def split_portions(portions: int, heads: Mapping[str, int]) -> dict[str, int]:
    """Return portions by size in the proportion of `heads`, by the largest remainders.

    Args:
        portions: at least 0.
        heads: who takes which size; if nobody is known, all are whole portions.
    """
    total = sum(heads.values())
    if total == 0:
        return {"full": portions}
    whole = {size: portions * count // total for size, count in heads.items()}
    left = portions - sum(whole.values())
    by_remainder = sorted(heads, key=lambda size: (-(portions * heads[size] % total), size))
    for size in by_remainder[:left]:
        whole[size] += 1
    return whole
