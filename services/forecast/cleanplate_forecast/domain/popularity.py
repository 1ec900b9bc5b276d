"""How much of each dish the diners of a canteen take: learnt from what was weighed and chosen.

The share of a dish is its takers per diner (above 1 where people come twice). Of a kind with n
dishes on the menu, liked w_1 ... w_n with mean m,

    share_i = t(n) / n * w_i * m ** (e - 1)

where t is what diners take of the kind in all and e, from 0 to 1, says how far better dishes make
them take more, rather than only more of these and less of the others. w is learnt dish by dish and
drawn towards 1, the usual dish, so that a new dish is forecast as its kind is, with the spread
between dishes as its uncertainty (Bühlmann, Experience rating and credibility, ASTIN Bulletin 4,
1967). A dish that was sold out was wanted by at least as many as took it: it counts with the mean
of what is above (Tobin, Estimation of relationships for limited dependent variables, Econometrica
26, 1958). Why so: docs/decisions/0017-quantities.md.
"""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cleanplate_forecast.domain.diners import Floats

SETS = "sets"  # the kind of dishes of which a diner takes one set
_Ints = npt.NDArray[np.int64]

# Where a canteen knows nothing yet: assumptions, which every weighed meal moves.
_USUAL_TOTALS = {"staple": 0.9, "meat": 1.0, "vegetable": 1.2, "soup": 0.5, "side": 0.5, SETS: 1.0}
_OTHER_TOTAL = 0.8
_TOTAL_UNKNOWN, _BETWEEN, _DISH_DAY, _KIND_DAY = 0.4, 0.3, 0.18, 0.12  # relative deviations
_GAIN, _GAIN_UNKNOWN = 0.3, 0.3  # of e, where nothing is known
_WORTH = 8.0  # meals that such an assumption counts for
_STAR = 0.15  # a star more than its kind: so much more is taken of a dish without history
_NOTHING_LEFT = 0.01
_LIKE_MENUS = 2.0
_LEAST = 0.02
_ROUNDS = 8


@dataclass(frozen=True)
class Seen:
    """A dish at a past meal.

    Attributes:
        dish: whatever names the dish.
        kind: what it competes with; `SETS` for the first dish of one of several sets.
        beside: the dishes of the kind on that menu, itself included.
        share: takers per diner.
        sold_out: nothing was left, so that more might have been taken.
        diners: how many ate, so that chance is told from change; 0: not known.
    """

    dish: Hashable
    kind: str
    beside: tuple[Hashable, ...]
    share: float
    sold_out: bool = False
    diners: int = 0


@dataclass(frozen=True)
class Liking:
    """How a dish does beside others of its kind, 1 = as the usual one.

    Attributes:
        mean: w of the formula above.
        unsure: standard deviation of what is not known of it.
        meals: at how many meals it was seen.
    """

    mean: float
    unsure: float
    meals: int


@dataclass(frozen=True)
class Habit:
    """What a canteen's past says of a kind of dishes; relative standard deviations.

    Attributes:
        totals: (dishes on the menu, t of the formula) by meal.
        gain: e of the formula.
        between: from dish to dish.
        dish_day: of a dish from meal to meal, by itself.
        kind_day: of the whole kind from meal to meal.
    """

    totals: Sequence[tuple[int, float]] = ()
    gain: float = _GAIN
    between: float = _BETWEEN
    dish_day: float = _DISH_DAY
    kind_day: float = _KIND_DAY


@dataclass(frozen=True)
class Popularity:
    """What a canteen's past says of its dishes, by dish and kind, and of the kinds."""

    likings: Mapping[tuple[Hashable, str], Liking] = field(default_factory=dict)
    habits: Mapping[str, Habit] = field(default_factory=dict)

    def habit(self, kind: str) -> Habit:
        """Return what is known of a kind."""
        return self.habits.get(kind, Habit(gain=0.0 if kind == SETS else _GAIN))

    def liking(self, dish: Hashable, kind: str, better_by: float = 0.0) -> Liking:
        """Return how a dish is liked; one never seen by its kind and its stars.

        Args:
            dish: as in `Seen`.
            kind: as in `Seen`.
            better_by: stars more than the mean of its kind has.
        """
        between, prior = self.habit(kind).between, math.exp(_STAR * better_by)
        known = self.likings.get((dish, kind), Liking(1.0, between, 0))
        distrust = min((known.unsure / between) ** 2, 1.0)
        return Liking(known.mean + distrust * (prior - 1.0), known.unsure, known.meals)

    def total(self, kind: str, beside: int) -> tuple[float, float]:
        """Return what is taken of a kind when `beside` usual dishes of it are offered.

        Meals with about as many of them count most; what is assumed gives way to what was seen.

        Returns:
            t of the formula, and the relative standard deviation of what is not known of it.
        """
        habit, usual = self.habit(kind), _USUAL_TOTALS.get(kind, _OTHER_TOTAL)
        if kind == SETS or not habit.totals:
            return usual, 0.0 if kind == SETS else _TOTAL_UNKNOWN
        counts, totals = np.array(habit.totals).T
        weights = np.exp(-_LIKE_MENUS * np.abs(np.log(beside / counts)))
        noise = habit.kind_day**2 + habit.dish_day**2 / beside
        unsure = 1.0 / (1.0 / _TOTAL_UNKNOWN**2 + float(weights.sum()) / noise)
        trust = 1.0 - unsure / _TOTAL_UNKNOWN**2
        around = float(weights @ totals / weights.sum())
        return usual + trust * (around - usual), math.sqrt(unsure)


def is_sold_out(prepared: float, left: float) -> bool:
    """Say whether so little was left that some diners may have found none."""
    return left <= _NOTHING_LEFT * prepared


def learn(meals: Iterable[Sequence[Seen]]) -> Popularity:
    """Return what past meals say of their dishes.

    Args:
        meals: what was seen of each meal, in any order.
    """
    by_kind: dict[str, list[list[Seen]]] = {}
    for meal in meals:
        for kind in sorted({one.kind for one in meal}):
            by_kind.setdefault(kind, []).append([one for one in meal if one.kind == kind])
    likings: dict[tuple[Hashable, str], Liking] = {}
    habits = {}
    for kind, seen in by_kind.items():
        fit = _Fit(seen)
        for _ in range(_ROUNDS):
            fit.refine(may_gain=kind != SETS)
        habits[kind] = fit.habit
        likings |= {(dish, kind): liking for dish, liking in fit.likings().items()}
    return Popularity(likings, habits)


class _Fit:
    """The formula fitted to the meals of one kind, a little better with each round.

    What was seen of a dish at a meal stands in arrays of length (n,), what is known of a meal in
    arrays of length (meals,), of a dish in arrays of length (dishes,).
    """

    def __init__(self, meals: Sequence[Sequence[Seen]]) -> None:
        every = {name for meal in meals for one in meal for name in (one.dish, *one.beside)}
        self._names = sorted(every, key=str)
        place = {name: nth for nth, name in enumerate(self._names)}
        seen = [(nth, one) for nth, meal in enumerate(meals) for one in meal]
        self._meal: _Ints = np.array([nth for nth, _ in seen])
        self._dish: _Ints = np.array([place[one.dish] for _, one in seen])
        self._least = np.maximum(np.array([one.share for _, one in seen], dtype=float), 1e-6)
        self._sold_out = np.array([one.sold_out for _, one in seen], dtype=bool)
        diners = np.array([one.diners or math.inf for _, one in seen], dtype=float)
        self._chance = np.maximum(1.0 - self._least, 0.0) / (diners * self._least)
        self._menus = np.zeros((len(meals), len(every)))
        for nth, meal in enumerate(meals):
            self._menus[nth, [place[name] for name in meal[0].beside]] = 1.0
        self._counts: Floats = self._menus.sum(axis=1)
        self._share = self._least.copy()
        self._guessed = np.zeros(len(seen))
        self._liked = np.ones(len(every))
        self._unsure = np.full(len(every), _BETWEEN)
        self._times = np.bincount(self._dish, minlength=len(every)).astype(float)
        self.habit = Habit()

    def likings(self) -> dict[Hashable, Liking]:
        """Return how each dish that was seen is liked."""
        figures = zip(self._names, self._liked, self._unsure, self._times, strict=True)
        return {
            name: Liking(float(mean), float(unsure), int(times))
            for name, mean, unsure, times in figures
            if times
        }

    def refine(self, *, may_gain: bool) -> None:
        """Fit totals, gain, noise, likings and what was wanted of sold-out dishes once more."""
        mean: Floats = self._menus @ self._liked / self._counts
        totals = self._totals(mean)
        gain = self._gain(mean, totals) if may_gain else 0.0
        usual = totals / mean**gain
        level = self._smooth(usual)
        unit = (level / self._counts * mean ** (gain - 1.0))[self._meal]
        ratio = self._share / unit
        error = ratio / self._liked[self._dish] - 1.0
        whole, dish_day, kind_day = self._noise(error, gain)
        between = self._learn_likings(ratio, whole)
        known = [(int(n), float(t)) for n, t in zip(self._counts, usual, strict=True)]
        self.habit = Habit(known, gain, between, dish_day, kind_day)
        self._guess((unit * self._liked[self._dish])[self._sold_out], whole)

    def _guess(self, expected: Floats, whole: float) -> None:
        """Guess what was wanted of the dishes that were sold out, and how sure that is."""
        out = self._sold_out
        spread = np.sqrt(whole + self._chance[out])
        wanted, variance = _above(expected, expected * spread, self._least[out])
        self._share[out], self._guessed[out] = wanted, variance / expected**2

    def _totals(self, mean: Floats) -> Floats:
        """Return what was taken of the kind at each meal, by the dishes that were weighed."""
        taken = np.bincount(self._meal, self._share, len(self._counts))
        liked = np.bincount(self._meal, self._liked[self._dish], len(self._counts))
        return taken / liked * mean * self._counts

    def _gain(self, mean: Floats, totals: Floats) -> float:
        """Return how far better menus make people take more: a slope, drawn to the assumption."""
        if np.all(self._counts == 1):
            return 1.0
        several = self._counts > 1
        better = np.log(mean[several]) - np.log(mean[several]).mean()
        more = np.log(totals[several]) - np.log(totals[several]).mean()
        noise = self.habit.kind_day**2 + self.habit.dish_day**2 / 2.0
        prior = 1.0 / _GAIN_UNKNOWN**2
        slope = (prior * _GAIN + better @ more / noise) / (prior + better @ better / noise)
        return float(np.clip(slope, 0.0, 1.0))

    def _smooth(self, usual: Floats) -> Floats:
        """Return the level of each meal: the mean of meals with about as many dishes."""
        found = np.empty_like(usual)
        for count in np.unique(self._counts):
            weights = np.exp(-_LIKE_MENUS * np.abs(np.log(count / self._counts)))
            found[self._counts == count] = weights @ usual / weights.sum()
        return found

    def _noise(self, error: Floats, gain: float) -> tuple[float, float, float]:
        """Return the variance of a share, and the deviations of dish and kind, by meal.

        Errors of dishes of one meal go together: by the kind's day, less what one takes from
        another.
        """
        meals = len(self._counts)
        times = np.bincount(self._meal, minlength=meals)
        sums = np.bincount(self._meal, error, meals)
        squares = np.bincount(self._meal, error**2, meals)
        pairs = float((times * (times - 1.0)).sum())
        assumed = _DISH_DAY**2 + _KIND_DAY**2
        own = self._guessed - self._chance  # less what a binomial does by itself
        apart = float(squares.sum() + own.sum())
        whole = max((_WORTH * assumed + apart) / (_WORTH + len(error)), _LEAST**2)
        shared = (_WORTH * _KIND_DAY**2 + float((sums**2 - squares).sum())) / (_WORTH + pairs)
        alone = max(whole - shared, 0.1 * whole)
        count = float(self._counts.mean())
        taken = ((gain - 1.0) * 2.0 + (gain - 1.0) ** 2) / count * alone if count > 1 else 0.0
        return whole, math.sqrt(alone), math.sqrt(max(min(shared, whole) - taken, 0.0))

    def _learn_likings(self, ratio: Floats, noise: float) -> float:
        """Learn how each dish is liked; return the deviation between dishes."""
        times = np.maximum(self._times, 1.0)
        means = np.bincount(self._dish, ratio, len(self._times)) / times
        is_seen = self._times > 0
        apart = float((((means - 1.0) ** 2 - noise / times) * is_seen).sum())
        between = (_WORTH * _BETWEEN**2 + apart) / (_WORTH + float(is_seen.sum()))
        between = max(between, 0.05**2)
        trust = self._times / (self._times + noise / between)
        liked = 1.0 + trust * (means - 1.0)
        self._liked = np.maximum(liked, _LEAST)
        self._unsure = np.sqrt((1.0 - trust) * between)
        return math.sqrt(between)


def _above(mean: Floats, deviation: Floats, least: Floats) -> tuple[Floats, Floats]:
    """Return means and variances of normal variables known to be at least `least`."""
    score = (least - mean) / deviation
    above = np.array([0.5 * math.erfc(one / math.sqrt(2.0)) for one in score])
    hazard = np.exp(-0.5 * score * score) / math.sqrt(2.0 * math.pi) / np.maximum(above, 1e-12)
    is_far = above < 1e-6  # noqa: PLR2004 (beyond it both differ from `least` by next to nothing)
    means = np.where(is_far, least, np.maximum(mean + deviation * hazard, least))
    variances = deviation**2 * np.clip(1.0 + score * hazard - hazard * hazard, 0.0, 1.0)
    return means, np.where(is_far, 0.0, variances)
