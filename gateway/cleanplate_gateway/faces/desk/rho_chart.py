"""Collected divided by weighed, week by week, as plain SVG: bands of the tiers, dots, a median."""

from collections.abc import Sequence
from dataclasses import dataclass

from cleanplate_gateway.faces.formats import day_short
from cleanplate_shared.contracts.waste_reconciliation import ReconciledWeek
from cleanplate_shared.i18n import Locale

WIDTH, HEIGHT = 860, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 20, 14, 34
_LOW, _HIGH = 0.5, 1.75
_LINES = (0.75, 0.9, 1.0, 1.15, 1.35)
_A, _B = (0.9, 1.15), (0.75, 1.35)
_LABELS = 9


@dataclass(frozen=True)
class Dot:
    """A week that was compared; values outside the frame stand at its edge."""

    x: float
    y: float
    words: str
    is_a: bool


@dataclass(frozen=True)
class Mark:
    """A line across or a day below, with its words."""

    at: float
    words: str


@dataclass(frozen=True)
class Band:
    """A band across, from its upper edge."""

    y: float
    height: float


@dataclass(frozen=True)
class RhoChart:
    """Everything that the template draws."""

    dots: Sequence[Dot]
    median: str
    lines: Sequence[Mark]
    days: Sequence[Mark]
    a: Band
    b: Band
    left: int = _LEFT
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - _BOTTOM
    inner: int = WIDTH - _LEFT - _RIGHT


def rho_chart_of(weeks: Sequence[ReconciledWeek], locale: Locale) -> RhoChart | None:
    """Return the chart of some weeks; None if none was compared."""
    if not any(week.rho is not None for week in weeks):
        return None
    step = (WIDTH - _LEFT - _RIGHT) / len(weeks)
    places = [(_LEFT + (number + 0.5) * step, week) for number, week in enumerate(weeks)]
    every = max(1, -(-len(weeks) // _LABELS))
    return RhoChart(
        dots=[
            Dot(x, _y(week.rho), f"{week.rho:.2f}", _A[0] <= week.rho <= _A[1])
            for x, week in places
            if week.rho is not None
        ],
        median=" ".join(
            f"{x:.1f},{_y(week.median_rho):.1f}"
            for x, week in places
            if week.median_rho is not None
        ),
        lines=[Mark(_y(value), f"{value:g}") for value in _LINES],
        days=[Mark(x, day_short(week.first, locale)) for x, week in places[::every]],
        a=_band(_A),
        b=_band(_B),
    )


def _y(value: float) -> float:
    inside = min(max(value, _LOW), _HIGH)
    return _TOP + (HEIGHT - _TOP - _BOTTOM) * (_HIGH - inside) / (_HIGH - _LOW)


def _band(edges: tuple[float, float]) -> Band:
    return Band(_y(edges[1]), _y(edges[0]) - _y(edges[1]))
