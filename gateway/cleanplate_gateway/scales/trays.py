"""Trays that pass over a scale by the hundred a minute: one rest for each, without its tray.

Source: docs/decisions/0027-trays-and-scale-checks.md.
"""

from collections import Counter, deque

from cleanplate_gateway.scales.findings import Finding, Outcome
from cleanplate_gateway.scales.readings import Reading, Told

_TRAYS_TO_LEARN = 20
_REMEMBERED = 500
_READINGS_TO_LEAVE = 2
_USUAL_LEAST = 150
_LEAST_SHARE = 0.5  # of the tray's own weight: what is lighter is no tray


class Trays:
    """Takes readings of a return's scale and tells the whole weight of each tray, once.

    A tray is on the scale from the first reading above half a tray until two below (one may be a
    line that lost a piece). Its weight is the one that was shown most often while it was there, the
    later of two; only what was shown twice in a row, within a division, counts.
    """

    def __init__(self, division_grams: int, least_grams: int) -> None:
        """Begin with an empty scale.

        Args:
            division_grams: the scale's smallest step.
            least_grams: what weighs less is no tray.
        """
        self._division = division_grams
        self._least = least_grams
        self._shown: list[int] = []
        self._before: int | None = None
        self._light = 0

    def take(self, reading: Reading, _at: float) -> Finding | None:
        """Return the weight of a tray that has just left the scale."""
        grams = reading.grams
        if grams is None:
            self._before = None
            return self._left() if reading.told is Told.NEGATIVE else None
        if grams < self._least:
            self._before = None
            self._light += 1
            return self._left() if self._light >= _READINGS_TO_LEAVE else None
        self._light = 0
        if self._before is not None and abs(grams - self._before) <= self._division:
            self._shown += [grams] if self._shown else [self._before, grams]
        self._before = grams
        return None

    def interrupt(self) -> None:
        """Begin anew after a gap: what was on the scale before is not known to have left it."""
        self._shown, self._before = [], None

    def _left(self) -> Finding | None:
        shown, self._shown = self._shown, []
        if not shown:
            return None
        latest_first = Counter(reversed(shown))
        return Finding(Outcome.WEIGHED, latest_first.most_common(1)[0][0])


class TrayTare:
    """What a tray itself weighs: given, or learned from the trays that come back empty.

    Learned: the weight, in steps of a division, that is most frequent among the lighter half of the
    latest 500 trays. Until twenty trays have passed nothing is told; then all of them are.
    """

    def __init__(self, division_grams: int, given_grams: int | None) -> None:
        self._division = division_grams
        self._given = given_grams
        self._latest: deque[int] = deque(maxlen=_REMEMBERED)
        self._held: list[int] = []

    def rests(self, whole_grams: int) -> list[int]:
        """Return the rests that can be told now that a tray of `whole_grams` has passed."""
        if self._given is not None:
            return [max(whole_grams - self._given, 0)]
        self._latest.append(whole_grams)
        self._held.append(whole_grams)
        if len(self._latest) < _TRAYS_TO_LEARN:
            return []
        held, self._held = self._held, []
        tare = self._learned()
        return [max(one - tare, 0) for one in held]

    def _learned(self) -> int:
        lighter = sorted(self._latest)[: (len(self._latest) + 1) // 2]
        steps = Counter(round(one / self._division) * self._division for one in lighter)
        most = max(steps.values())
        return min(step for step, times in steps.items() if times == most)


def least_grams(tare_grams: int | None) -> int:
    """Return what a tray weighs at least: half of its own weight, 150 g if that is not known."""
    return _USUAL_LEAST if tare_grams is None else max(int(tare_grams * _LEAST_SHARE), 1)
