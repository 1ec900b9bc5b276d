"""What was weighed beside what was collected: the under-reporting factor and the data tier.

Pure arithmetic. docs/decisions/0025-kilograms-that-can-be-trusted.md
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import cos, pi, sqrt
from statistics import median

from cleanplate_waste.domain.student import two_sided

FEWEST_WEEKS = 8
LEVEL = 0.95
_MEMORY = 0.35  # assumed correlation of neighbouring weeks; see the decision
_MEDIAN_OF = 5
_A_BAND = (0.9, 1.15)
_B_BAND = (0.75, 1.35)
_A_COMPLETENESS = 0.9
_ENOUGH_COMPARED = 0.5


@dataclass(frozen=True)
class Week:
    """A week, Monday to Sunday, at one canteen.

    Attributes:
        logged_grams: kitchen waste weighed by the kitchen.
        collected_grams: net weight by whoever took it away; None: nobody told.
        open_days: on which somebody ate or something was weighed.
        gap_days: open days on which a required stream was not weighed.
        unknown_days: on which something was taken away and nobody else weighed it.
    """

    first: date
    logged_grams: int
    collected_grams: int | None
    open_days: int
    gap_days: int
    unknown_days: int = 0

    @property
    def is_compared(self) -> bool:
        """Say whether both sides are known and the kitchen's has no gap."""
        is_whole = self.gap_days == 0 and self.unknown_days == 0
        return is_whole and bool(self.collected_grams) and self.logged_grams > 0

    def rho(self, loss_share: float) -> float | None:
        """Return collected divided by what was weighed less what drains away; None: no figure."""
        if not self.collected_grams or not self.logged_grams:
            return None
        return self.collected_grams / (self.logged_grams * (1 - loss_share))


@dataclass(frozen=True)
class Factor:
    """Which part of what was collected had been weighed: 0.7 means that 30 % was not.

    Attributes:
        low, high: 95 % interval; None with fewer than eight weeks.
        weeks: how many were compared.
    """

    value: float
    low: float | None
    high: float | None
    weeks: int


def estimate_factor(weeks: Sequence[Week], loss_share: float = 0.0) -> Factor | None:
    """Return the under-reporting factor over the weeks that can be compared; None: there is none.

    A ratio of sums, so that each kilogram counts alike. Its spread comes from the lowest
    frequencies of the weeks' residuals, which neighbouring weeks that resemble each other do not
    hide, with as many degrees of freedom as frequencies; residuals of heavy weeks are widened by
    their own pull on the ratio.

    Args:
        weeks: in order; those that cannot be compared are left out.
        loss_share: what drains or dries away between the scale and the lorry, 0 <= share < 1.

    Source: E. Lazarus, D. Lewis, J. Stock, M. Watson: HAR Inference, J. Bus. Econ. Stat. 36
    (2018), equal-weighted cosine estimator.
    """
    compared = [week for week in weeks if week.is_compared]
    if not compared:
        return None
    logged = [week.logged_grams * (1 - loss_share) for week in compared]
    collected = [float(week.collected_grams or 0) for week in compared]
    value = sum(logged) / sum(collected)
    if len(compared) < FEWEST_WEEKS:
        return Factor(value, None, None, len(compared))
    half = _half_width(logged, collected, value)
    return Factor(value, max(value - half, 0.0), value + half, len(compared))


def running_median(rhos: Sequence[float | None]) -> list[float | None]:
    """Return for each week the median of its ratio and those of up to four compared before it."""
    seen: list[float] = []
    medians: list[float | None] = []
    for rho in rhos:
        if rho is not None:
            seen.append(rho)
        medians.append(median(seen[-_MEDIAN_OF:]) if rho is not None else None)
    return medians


@dataclass(frozen=True)
class Verdict:
    """A data tier and why.

    Attributes:
        tier: A, B or C.
        reason: agrees, incomplete, differs, far_off, not_compared.
    """

    tier: str
    reason: str
    rho: float | None
    completeness: float | None


def judge(weeks: Sequence[Week], completeness: float | None, loss_share: float = 0.0) -> Verdict:
    """Return the data tier of a period.

    Where fewer than half of the weeks with waste can be compared, nothing is shown to agree, and
    silence must not be worth more than a bad figure: C.

    Args:
        weeks: of the period.
        completeness: complete days divided by open days of the period; None: no open day.
        loss_share: as in `estimate_factor`.
    """
    open_weeks = [week for week in weeks if week.open_days or week.logged_grams]
    compared = [week for week in open_weeks if week.is_compared]
    if not compared or len(compared) < _ENOUGH_COMPARED * len(open_weeks):
        return Verdict("C", "not_compared", None, completeness)
    logged = sum(week.logged_grams for week in compared) * (1 - loss_share)
    rho = sum(week.collected_grams or 0 for week in compared) / logged
    if _A_BAND[0] <= rho <= _A_BAND[1]:
        if completeness is not None and completeness >= _A_COMPLETENESS:
            return Verdict("A", "agrees", rho, completeness)
        return Verdict("B", "incomplete", rho, completeness)
    if _B_BAND[0] <= rho <= _B_BAND[1]:
        return Verdict("B", "differs", rho, completeness)
    return Verdict("C", "far_off", rho, completeness)


def _half_width(logged: Sequence[float], collected: Sequence[float], ratio: float) -> float:
    count, total = len(logged), sum(collected)
    pulls = [grams / total for grams in collected]
    together = sum(pull * pull for pull in pulls)
    influences = [
        (own - ratio * grams) / total * count * sqrt((1 - 1 / count) / (1 - 2 * pull + together))
        for own, grams, pull in zip(logged, collected, pulls, strict=True)
    ]
    waves, widening = _waves(count)
    powers = [
        sum(wave * own for wave, own in zip(line, influences, strict=True)) ** 2 for line in waves
    ]
    variance = widening * sum(powers) / len(powers) / count
    return two_sided(LEVEL, len(powers)) * sqrt(variance)


@lru_cache(maxsize=64)
def _waves(count: int) -> tuple[list[list[float]], float]:
    """Return the cosines of the lowest frequencies, and what they miss of frequency zero."""
    frequencies = [pi * j / count for j in range(1, max(2, round(0.6 * count ** (2 / 3))) + 1)]
    lines = [
        [sqrt(2 / count) * cos(frequency * (at + 0.5)) for at in range(count)]
        for frequency in frequencies
    ]
    seen = sum(1 / (1 + _MEMORY**2 - 2 * _MEMORY * cos(f)) for f in frequencies) / len(frequencies)
    return lines, 1 / (1 - _MEMORY) ** 2 / seen
