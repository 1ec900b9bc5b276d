"""Errors of a scale over time, in thousandths of the test weight, as plain SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cleanplate_gateway.faces.formats import day_short
from cleanplate_shared.contracts.waste_scale_checks import CheckedScale, Verdict
from cleanplate_shared.i18n import Locale

WIDTH, HEIGHT = 720, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 16, 12, 30
_EDGE = 7.5  # thousandths; what is beyond stands at the edge
_LINES = (-5, -1, 0, 1, 5)
_LABELS = 8


@dataclass(frozen=True)
class Dot:
    """One check."""

    x: float
    y: float
    words: str
    has_failed: bool


@dataclass(frozen=True)
class Mark:
    """A line across or a day below, with its words."""

    at: float
    words: str


@dataclass(frozen=True)
class Drift:
    """Everything that the template draws."""

    dots: Sequence[Dot]
    days: Sequence[Mark]
    lines: Sequence[Mark]
    good: tuple[float, float]
    off: tuple[float, float]
    left: int = _LEFT
    inner: int = WIDTH - _LEFT - _RIGHT
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def path(self) -> str:
        """Return the line through the checks."""
        return " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in self.dots)


def drift_of(scale: CheckedScale, zone: ZoneInfo, locale: Locale) -> Drift:
    """Return the chart of a scale's checks, from old to new."""
    first, last = scale.checks[0].at, scale.checks[-1].at
    span = max((last - first).total_seconds(), 1.0)
    room = WIDTH - _LEFT - _RIGHT - 20
    dots, days = [], []
    every = max(1, -(-len(scale.checks) // _LABELS))
    for number, check in enumerate(scale.checks):
        x = _LEFT + 10 + room * (check.at - first).total_seconds() / span
        words = f"{check.error_grams:+d} g"
        y = _y(check.error_grams / check.test_grams * 1000)
        dots.append(Dot(x, y, words, check.verdict is Verdict.FAILED))
        if number % every == 0:
            days.append(Mark(x, day_short(check.at.astimezone(zone).date(), locale)))
    return Drift(
        dots=dots,
        days=days,
        lines=[Mark(_y(value), f"{value:+d} ‰" if value else "") for value in _LINES],
        good=(_y(1), _y(-1) - _y(1)),
        off=(_y(5), _y(-5) - _y(5)),
    )


def _y(per_mille: float) -> float:
    inside = min(max(per_mille, -_EDGE), _EDGE)
    return _TOP + (HEIGHT - _TOP - _BOTTOM) * (_EDGE - inside) / (2 * _EDGE)
