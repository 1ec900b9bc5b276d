"""How much of each dish the diners of a canteen take: learnt from what was weighed and chosen.

What a dish's takers were per diner (the share; above 1 where people come twice) has two parts:
what diners take of all dishes of the kind together, and how the dish does beside the others of its
kind at the same meal. The second is learnt dish by dish and drawn towards 1, the usual dish, so
that a new dish is forecast as its kind is, with the spread between dishes as its uncertainty
(Bühlmann, Experience rating and credibility, ASTIN Bulletin 4, 1967).
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

# Where a canteen knows nothing yet: assumptions, which every weighed meal moves.
USUAL_TOTALS = {"staple": 0.9, "meat": 1.0, "vegetable": 1.2, "soup": 0.5, "side": 0.5}
_OTHER_TOTAL = 0.8
_TOTAL_SPREAD, _WITHIN, _BETWEEN = 0.15, 0.20, 0.30  # relative standard deviations
_TOTAL_UNKNOWN = 0.4  # of the totals above
_WORTH = 8.0  # meals that such an assumption counts for
_STAR = 0.15  # a star more than its kind: so much more is taken of a dish without history
_LEAST_BETWEEN, _LEAST_LIKING = 0.05, 0.02
_NOTHING_LEFT = 0.01
_LIKE_MENUS = 2.0


@dataclass(frozen=True)
class Seen:
    """A dish at a past meal.

    Attributes:
        dish: whatever names the dish.
        kind: what it competes with; sets to choose from compete with one another.
        beside: dishes of the kind on that menu, itself included.
        share: takers per diner.
        sold_out: nothing was left, so that more might have been taken.
    """

    dish: Hashable
    kind: str
    beside: int
    share: float
    sold_out: bool = False


@dataclass(frozen=True)
class Liking:
    """How a dish does beside others of its kind, 1 = as the usual one, and how sure that is.

    Attributes:
        mean: expected at the next meal.
        deviation: standard deviation of the next meal's, what is not known of it included.
        meals: at how many meals it was seen.
    """

    mean: float
    deviation: float
    meals: int


@dataclass(frozen=True)
class Appetite:
    """What a diner takes of all dishes of a kind together, and its relative deviation by meal."""

    mean: float
    deviation: float


@dataclass(frozen=True)
class Popularity:
    """What a canteen's past says of its dishes.

    Attributes:
        likings: of the dishes that were seen.
        totals: by kind, (dishes of the kind on the menu, total taken per diner) of each meal.
        spreads: by kind, the relative standard deviation between dishes, and of a dish by meal.
    """

    likings: Mapping[tuple[Hashable, str], Liking] = field(default_factory=dict)
    totals: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    spreads: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def liking(self, dish: Hashable, kind: str, better_by: float = 0.0) -> Liking:
        """Return how a dish is liked; one never seen by its kind and its stars.

        Args:
            dish: as in `Seen`.
            kind: as in `Seen`.
            better_by: stars more than the mean of its kind has.
        """
        known = self.likings.get((dish, kind))
        between, within = self.spreads.get(kind, (_BETWEEN, _WITHIN))
        prior = math.exp(_STAR * better_by)
        if known is None:
            return Liking(prior, prior * math.hypot(between, within), 0)
        trust = _trust(known.meals, between, within)
        mean = known.mean + (1.0 - trust) * (prior - 1.0)
        return Liking(mean, known.deviation * mean / known.mean, known.meals)

    def appetite(self, kind: str, beside: int) -> Appetite:
        """Return what is taken of a kind when `beside` usual dishes of it are offered.

        Meals with about as many of them count most; what is assumed gives way to what was seen.
        """
        seen = self.totals.get(kind, [])
        weights = [math.exp(-_LIKE_MENUS * abs(math.log(beside / count))) for count, _ in seen]
        mass, usual = sum(weights), USUAL_TOTALS.get(kind, _OTHER_TOTAL)
        found = sum(w * total for w, (_, total) in zip(weights, seen, strict=True))
        around = found / mass if mass > 0.0 else usual
        errors = [(total - around) / around if around > 0.0 else 0.0 for _, total in seen]
        squares = sum(w * e * e for w, e in zip(weights, errors, strict=True))
        variance = (_WORTH * _TOTAL_SPREAD**2 + squares) / (_WORTH + mass)
        unsure = 1.0 / (1.0 / _TOTAL_UNKNOWN**2 + mass / variance)
        trust = 1.0 - unsure / _TOTAL_UNKNOWN**2
        mean = usual + trust * (around - usual)
        return Appetite(mean, math.sqrt(variance + unsure))


def learn(meals: Iterable[Sequence[Seen]]) -> Popularity:
    """Return what past meals say of their dishes.

    A dish that was sold out was wanted by at least as many as took it: it counts with what is
    expected beyond that, by the same model without the meals where it was sold out.

    Args:
        meals: what was seen of each meal, in any order.
    """
    known = [list(meal) for meal in meals if meal]
    free = [[one for one in meal if not one.sold_out] for meal in known]
    first = _learn([meal for meal in free if meal])
    if all(len(some) == len(every) for some, every in zip(free, known, strict=True)):
        return first
    return _learn([[_unbound(one, first) for one in meal] for meal in known])


def expected_share(popularity: Popularity, seen: Seen) -> float:
    """Return the share that is expected of a dish among average others of its kind."""
    appetite = popularity.appetite(seen.kind, seen.beside)
    return appetite.mean / seen.beside * popularity.liking(seen.dish, seen.kind).mean


def is_sold_out(prepared: float, left: float) -> bool:
    """Say whether so little was left that some diners may have found none."""
    return left <= _NOTHING_LEFT * prepared


def _unbound(seen: Seen, popularity: Popularity) -> Seen:
    """Return a dish that was sold out with what was probably wanted of it."""
    if not seen.sold_out:
        return seen
    expected = expected_share(popularity, seen)
    liking = popularity.liking(seen.dish, seen.kind)
    appetite = popularity.appetite(seen.kind, seen.beside)
    deviation = expected * math.hypot(liking.deviation / liking.mean, appetite.deviation)
    share = _mean_above(expected, deviation, seen.share)
    return Seen(seen.dish, seen.kind, seen.beside, share)


def _mean_above(mean: float, deviation: float, least: float) -> float:
    """Return the mean of a normal variable known to be at least `least`."""
    score = (least - mean) / deviation
    above = 0.5 * math.erfc(score / math.sqrt(2.0))
    if above < 1e-6:  # noqa: PLR2004
        return least
    density = math.exp(-0.5 * score * score) / math.sqrt(2.0 * math.pi)
    return mean + deviation * density / above


@dataclass(frozen=True)
class _Ratio:
    """How a dish did beside the others of its kind at one meal.

    Attributes:
        value: its share by the mean share.
        scale: what its squared deviation is multiplied by, because the mean holds the dish itself.
    """

    value: float
    scale: float


_Ratios = Mapping[Hashable, Sequence[_Ratio]]


def _learn(meals: Sequence[Sequence[Seen]]) -> Popularity:
    by_kind: dict[str, list[list[Seen]]] = defaultdict(list)
    for meal in meals:
        for kind in sorted({one.kind for one in meal}):
            by_kind[kind].append([one for one in meal if one.kind == kind])
    likings: dict[tuple[Hashable, str], Liking] = {}
    totals, spreads = {}, {}
    for kind, seen in by_kind.items():
        ratios = _ratios(seen)
        spreads[kind] = _spreads(list(ratios.values()))
        likings |= {(dish, kind): _liking(found, *spreads[kind]) for dish, found in ratios.items()}
        totals[kind] = [_usual_total(meal, likings) for meal in seen]
    return Popularity(likings, totals, spreads)


def _ratios(meals: Sequence[Sequence[Seen]]) -> _Ratios:
    """Return how each dish of one kind did at each meal."""
    alone = fmean(one.share * one.beside for meal in meals for one in meal)
    found: dict[Hashable, list[_Ratio]] = defaultdict(list)
    for meal in meals:
        count = len(meal)
        usual = fmean(one.share for one in meal) if count > 1 else alone / meal[0].beside
        scale = count / (count - 1) if count > 1 else 1.0
        for one in meal:
            if usual > 0.0:
                found[one.dish].append(_Ratio(one.share / usual, scale))
    return found


def _usual_total(
    meal: Sequence[Seen], likings: Mapping[tuple[Hashable, str], Liking]
) -> tuple[int, float]:
    """Return how many dishes a meal had of a kind, and what usual ones would have come to."""
    beside = meal[0].beside
    liked = fmean(likings[one.dish, one.kind].mean for one in meal)
    return beside, fmean(one.share for one in meal) * beside / liked ** (1.0 / beside)


def _spreads(by_dish: Sequence[Sequence[_Ratio]]) -> tuple[float, float]:
    """Return the standard deviation between dishes and that of one dish by meal.

    Method of moments, with the assumptions as a few more meals.
    """
    means = [fmean(ratio.value for ratio in ratios) for ratios in by_dish]
    squares = sum(
        ratio.scale * (ratio.value - mean) ** 2
        for ratios, mean in zip(by_dish, means, strict=True)
        for ratio in ratios
    )
    degrees = sum(len(ratios) - 1 for ratios in by_dish)
    within = (_WORTH * _WITHIN**2 + squares) / (_WORTH + degrees)
    apart = sum((mean - 1.0) ** 2 - within / len(r) for mean, r in zip(means, by_dish, strict=True))
    between = (_WORTH * _BETWEEN**2 + apart) / (_WORTH + len(by_dish))
    return math.sqrt(max(between, _LEAST_BETWEEN**2)), math.sqrt(within)


def _trust(meals: int, between: float, within: float) -> float:
    return meals / (meals + (within / between) ** 2)


def _liking(ratios: Sequence[_Ratio], between: float, within: float) -> Liking:
    trust = _trust(len(ratios), between, within)
    mean = 1.0 + trust * (fmean(ratio.value for ratio in ratios) - 1.0)
    unsure = (1.0 - trust) * between**2
    return Liking(max(mean, _LEAST_LIKING), math.sqrt(unsure + within**2), len(ratios))
