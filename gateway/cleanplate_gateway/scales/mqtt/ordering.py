"""Messages back in the order in which the scale sent them, each once, as far as waiting helps."""

from cleanplate_gateway.scales.mqtt.layout import Heard

_MOST_WAITING = 64
_PATIENCE_SECONDS = 5.0
_BEGUN_ANEW = 1_000  # so far behind is no late message


class Ordering:
    """The messages of one device.

    A message that is missing is waited for while at most 64 later ones came, and for five seconds;
    then the rest goes on without it. What comes later than that is too late to be in order, and is
    dropped. A counter that begins anew is known by its clock, or by how far behind it is.
    """

    def __init__(self) -> None:
        self._next: int | None = None
        self._latest: Heard | None = None
        self._waiting: dict[int, Heard] = {}
        self._since: float | None = None

    def add(self, heard: Heard, now: float) -> list[Heard]:
        """Return what is in order now that `heard` came.

        Args:
            heard: a message with a sequence.
            now: seconds of a clock that only goes forward.
        """
        number = heard.sequence
        if number is None:
            return [heard]
        ready: list[Heard] = []
        if self._next is not None and number < self._next:
            if not self._begins_anew(heard, self._next - number):
                return []
            ready = self._all()
            self._next = None
        self._waiting.setdefault(number, heard)
        self._since = now if self._since is None else self._since
        return ready + self._following(now)

    def be_patient(self, now: float) -> None:
        """Begin to wait anew: until now nothing could come."""
        self._since = now if self._waiting else None

    def late(self, now: float) -> list[Heard]:
        """Return what need not wait any longer."""
        return self._following(now)

    def resume(self, last: Heard) -> None:
        """Go on after a message that was taken before a restart."""
        if last.sequence is not None:
            self._next, self._latest = last.sequence + 1, last

    def _begins_anew(self, heard: Heard, behind: int) -> bool:
        before = self._latest.at if self._latest else None
        if heard.at is not None and before is not None:
            return heard.at > before
        return behind > _BEGUN_ANEW

    def _following(self, now: float) -> list[Heard]:
        ready: list[Heard] = []
        while self._waiting:
            first = min(self._waiting)
            if first != self._next and not self._is_over(now):
                break
            taken = self._waiting.pop(first)
            self._next, self._latest = first + 1, taken
            self._since = now if self._waiting else None
            ready.append(taken)
        return ready

    def _is_over(self, now: float) -> bool:
        waited = now - self._since if self._since is not None else 0.0
        return len(self._waiting) > _MOST_WAITING or waited > _PATIENCE_SECONDS

    def _all(self) -> list[Heard]:
        ready = [self._waiting[number] for number in sorted(self._waiting)]
        self._waiting.clear()
        self._since = None
        return ready
