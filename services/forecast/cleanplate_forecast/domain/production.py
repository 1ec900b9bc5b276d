"""How much of a dish to cook: before service, and in small batches during it (小锅续供)."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from cleanplate_forecast.domain.diners import Floats
from cleanplate_forecast.domain.newsvendor import best_quantity, cost, critical_level

PEAK = 1.5  # how much denser than on average diners come at the worst time: an assumption
_FURTHEST = 0.999


@dataclass(frozen=True)
class Rule:
    """What a portion too few or too many costs, and how a dish is cooked.

    Attributes:
        shortage_fen: one portion too few: an emergency dish and a diner's disappointment.
        surplus_fen: one portion too many: ingredients, energy, disposal, less what is reused.
        refill_fen: what a portion costs more in a small batch than in the big pot.
        pot_portions: the first batch is a multiple of it; at least 1.
        refill_portions: portions of a small batch; 0: the dish is not refilled.
        refill_minutes: from noticing to serving a small batch.
    """

    shortage_fen: int
    surplus_fen: int
    refill_fen: int
    pot_portions: int
    refill_portions: int
    refill_minutes: int


# Assumptions: 85 % for what a meal rests on, 80 % for vegetables, 60 % and 55 % for what can be
# finished fresh (docs/decisions/0017-quantities.md).
USUAL_RULES = {
    "staple": Rule(1020, 180, 40, 10, 10, 20),
    "meat": Rule(2550, 450, 200, 10, 10, 15),
    "vegetable": Rule(1000, 250, 100, 10, 10, 10),
    "soup": Rule(180, 120, 40, 20, 20, 15),
    "side": Rule(330, 270, 80, 10, 10, 10),
}


@dataclass(frozen=True)
class Suggestion:
    """What to cook of a dish, in portions.

    Attributes:
        level: the chance with which `wanted` suffices.
        wanted: the best quantity, before any rounding.
        first: to be cooked before service: whole pots.
        refill: portions of a small batch; 0: there are none.
        refills: at most so many small batches.
        refill_at: start one when so many portions are left.
    """

    level: float
    wanted: float
    first: int
    refill: int
    refills: int
    refill_at: int

    @property
    def portions(self) -> int:
        """Return the portions that are cooked at most."""
        return self.first + self.refills * self.refill

    @property
    def rounding(self) -> int:
        """Return how many of them only whole pots and batches add."""
        return self.portions - math.ceil(self.wanted)

    def cooked(self, demand: float) -> int:
        """Return how many portions are cooked if `demand` is asked for."""
        missing = max(demand - self.first, 0.0)
        batches = math.ceil(missing / self.refill) if self.refill else 0
        return self.first + min(batches, self.refills) * self.refill


def suggest(demand: Floats, rule: Rule, service_minutes: float) -> Suggestion:
    """Return what to cook of a dish.

    The total is the newsvendor's. What is cooked at once is less where the dish can be refilled: a
    portion more in the big pot then saves a small batch, not a shortage, so that the costs of
    refilling take the place of those of a shortage; but never less than is asked for until the
    first refill could be there. A refill is due when what is left lasts just until it is ready.

    Args:
        demand: draws of the portions asked for, shape (n,).
        rule: costs and pots; both costs 0 are as if they were alike.
        service_minutes: how long the meal is served; more than 0.
    """
    level = 0.5
    if rule.shortage_fen + rule.surplus_fen:
        level = critical_level(rule.shortage_fen, rule.surplus_fen)
    wanted = best_quantity(demand, level)
    refill_at = math.ceil(_until_refilled(demand, level, rule.refill_minutes / service_minutes))
    first = wanted
    if rule.refill_portions and rule.refill_minutes < service_minutes and rule.surplus_fen:
        premium = critical_level(rule.refill_fen, rule.surplus_fen)
        first = min(max(best_quantity(demand, premium), float(refill_at)), wanted)
    pots = _whole(first, rule.pot_portions)
    refills = 0
    if first < wanted:
        refills = max(_whole(wanted - pots, rule.refill_portions) // rule.refill_portions, 0)
    return Suggestion(
        level=level,
        wanted=wanted,
        first=pots,
        refill=rule.refill_portions if refills else 0,
        refills=refills,
        refill_at=refill_at if refills else 0,
    )


def cost_of(cooked: float, demand: float, rule: Rule) -> int:
    """Return what `cooked` portions cost where `demand` were asked for, in fen."""
    fen = cost(np.array([cooked]), np.array([demand]), rule.shortage_fen, rule.surplus_fen)
    return round(float(fen[0]))


def _until_refilled(demand: Floats, level: float, part: float) -> float:
    """Return what is asked for, with the chance `level`, while a small batch is made.

    Args:
        demand: draws of the whole meal's.
        level: wanted chance that what is left lasts so long.
        part: how much of the service passes.
    """
    asked = min(PEAK * part, 1.0)
    scatter = math.sqrt(float(demand.mean()) * asked * (1.0 - asked))
    score = NormalDist().inv_cdf(min(max(level, 1.0 - _FURTHEST), _FURTHEST))
    return max(best_quantity(demand * asked, level) + score * scatter, 0.0)


def _whole(portions: float, size: int) -> int:
    """Return the next multiple of `size`; a hair above one is one."""
    return math.ceil(round(portions, 6) / size) * size
