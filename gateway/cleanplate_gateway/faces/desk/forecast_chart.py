"""Forecasts of a month as plain SVG: a band for the range, a line, dots for who came."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from cleanplate_gateway.faces.formats import day_short
from cleanplate_shared.contracts.forecast_scores import ScoredMeal
from cleanplate_shared.i18n import Locale

WIDTH, HEIGHT = 860, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 24, 14, 34
_LINES = 4
_LABELS = 10
_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Point:
    """One meal, in units of the view box; None: not known."""

    x: float
    low: float
    middle: float
    high: float
    served: float | None
    naive: float | None
    is_inside: bool


@dataclass(frozen=True)
class Mark:
    """A line across or a day below, with its words."""

    at: float
    words: str


@dataclass(frozen=True)
class Chart:
    """Everything that the template draws."""

    points: Sequence[Point]
    lines: Sequence[Mark]
    days: Sequence[Mark]
    left: int = _LEFT
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - _BOTTOM

    @property
    def band(self) -> str:
        """Return the outline of the range."""
        above = [f"{one.x:.1f},{one.high:.1f}" for one in self.points]
        below = [f"{one.x:.1f},{one.low:.1f}" for one in reversed(self.points)]
        return " ".join(above + below)

    @property
    def line(self) -> str:
        """Return the middle forecasts."""
        return " ".join(f"{one.x:.1f},{one.middle:.1f}" for one in self.points)


def chart_of(items: Sequence[ScoredMeal], locale: Locale) -> Chart | None:
    """Return the chart of some meals in order of their days; None if there are fewer than two."""
    if len(items) < 2:  # noqa: PLR2004 (one point is no line)
        return None
    highest = max(max(item.quantiles["0.9"], item.served or 0, item.naive or 0) for item in items)
    step = _step(max(highest, 1) / _LINES)
    top = step * ceil(max(highest, 1) / step)
    scale = (HEIGHT - _BOTTOM - _TOP) / top
    first, span = items[0].date, max((items[-1].date - items[0].date).days, 1)
    pitch = (WIDTH - _LEFT - _RIGHT - 20) / span

    def across(item: ScoredMeal) -> float:
        return _LEFT + 10 + (item.date - first).days * pitch

    def up(value: float) -> float:
        return HEIGHT - _BOTTOM - value * scale

    every = ceil(len(items) / _LABELS)
    return Chart(
        points=[
            Point(
                x=across(item),
                low=up(item.quantiles["0.1"]),
                middle=up(item.quantiles["0.5"]),
                high=up(item.quantiles["0.9"]),
                served=None if item.served is None else up(item.served),
                naive=None if item.naive is None else up(item.naive),
                is_inside=item.quantiles["0.1"] <= (item.served or 0) <= item.quantiles["0.9"],
            )
            for item in items
        ],
        lines=[Mark(up(step * n), f"{step * n:g}") for n in range(round(top / step) + 1)],
        days=[Mark(across(item), day_short(item.date, locale)) for item in items[::every]],
    )


def _step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, 50, ... that is not below `least`."""
    size = 10.0 ** (len(str(ceil(least))) - 1)
    return next((size * n for n in _STEPS if size * n >= least), size * 10)
