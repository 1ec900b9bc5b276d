"""Which weights may be taken: settled ones, each once, until the scale has moved away.

Source: docs/decisions/0021-scales.md.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from cleanplate_gateway.scales.findings import Finding, Outcome
from cleanplate_gateway.scales.readings import Reading, Told

_GAP_SECONDS = 3.0  # what was shown before a gap says nothing of what is shown after it
_TROUBLES = {Told.OVERLOAD: Outcome.OVERLOAD, Told.NEGATIVE: Outcome.NEGATIVE}


class Manner(Protocol):
    """What must be known of a scale to say when its weight is settled."""

    @property
    def readings_to_settle(self) -> int:
        """Return how often a weight is to be shown."""

    @property
    def seconds_to_settle(self) -> float:
        """Return for how long, if the scale does not say that it is stable."""

    @property
    def division_grams(self) -> int:
        """Return the smallest move that is no noise."""


@dataclass
class _Run:
    """Readings in a row, each within one division of what was shown most often."""

    since: float
    latest: float
    weights: list[int]

    def agrees(self, grams: int, division: int) -> bool:
        return abs(grams - self.most_often()[0]) <= division

    def most_often(self) -> tuple[int, int]:
        """Return the weight that was shown most often, and how often."""
        return Counter(self.weights).most_common(1)[0]


class Settling:
    """Takes readings and tells the weights that may be taken."""

    def __init__(self, manner: Manner) -> None:
        self._seconds = manner.seconds_to_settle
        self._division = manner.division_grams
        self._needed = manner.readings_to_settle
        self._run: _Run | None = None
        self._resting: int | None = None  # the weight that was taken and is still there
        self._readings_off = 0
        self._troubles: list[Outcome] = []
        self._trouble_told: Outcome | None = None

    def take(self, reading: Reading, at: float) -> Finding | None:
        """Return what a reading adds to the ones before it, if anything.

        Args:
            reading: what the scale just said.
            at: when, in seconds of any clock that only goes forward.
        """
        self._look_whether_unloaded(reading)
        if trouble := _TROUBLES.get(reading.told):
            return self._in_trouble(trouble)
        self._troubles = []
        if reading.told is Told.UNSTABLE or reading.grams is None:
            self._run = None
            return None
        run = self._continued(reading.grams, at)
        grams, times = run.most_often()
        waited = run.latest - run.since
        is_sure = reading.told is Told.STABLE or waited >= self._seconds
        return self._settled(grams) if is_sure and times >= self._needed else None

    def interrupt(self) -> None:
        """Begin anew after a gap, but do not take again what was taken before it."""
        self._run = None
        self._troubles = []
        self._trouble_told = None

    def _look_whether_unloaded(self, reading: Reading) -> None:
        if self._resting is None or (reading.told is Told.UNSTABLE and reading.grams is None):
            return
        is_off = reading.grams is None or reading.grams * 2 <= self._resting
        self._readings_off = self._readings_off + 1 if is_off else 0
        if self._readings_off >= self._needed:
            self._resting = None

    def _continued(self, grams: int, at: float) -> _Run:
        run = self._run
        if run is None or at - run.latest > _GAP_SECONDS or not run.agrees(grams, self._division):
            self._run = _Run(since=at, latest=at, weights=[grams])
            return self._run
        run.latest = at
        run.weights.append(grams)
        return run

    def _settled(self, grams: int) -> Finding | None:
        self._run = None
        if grams < -self._division:
            return self._tell_trouble(Outcome.NEGATIVE)
        self._trouble_told = None
        if grams <= self._division:
            self._resting = None
            return None
        before, self._resting = self._resting, grams
        self._readings_off = 0
        if before is not None and abs(grams - before) <= self._division:
            return None
        return Finding(Outcome.WEIGHED, grams)

    def _in_trouble(self, trouble: Outcome) -> Finding | None:
        self._run = None
        self._troubles = [*self._troubles, trouble][-self._needed :]
        is_sure = self._troubles == [trouble] * self._needed
        return self._tell_trouble(trouble) if is_sure else None

    def _tell_trouble(self, trouble: Outcome) -> Finding | None:
        self._resting = None
        known, self._trouble_told = self._trouble_told, trouble
        return None if known is trouble else Finding(trouble)
