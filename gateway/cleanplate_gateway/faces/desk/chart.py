"""A bar chart as plain SVG: grams per diner-meal by stream, this month beside two others."""

from collections.abc import Sequence
from dataclasses import dataclass

from cleanplate_gateway.faces.formats import label
from cleanplate_shared.contracts.report import MonthFigures, MonthlyReport
from cleanplate_shared.i18n import Locale

WIDTH, HEIGHT = 760, 260
_LEFT, _TOP, _BOTTOM = 46, 12, 34
_BARS = 3
_STEPS = (1, 2, 5)
_LINES = 4


@dataclass(frozen=True)
class Bar:
    """One month of one stream, in units of the view box."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    grams: float


@dataclass(frozen=True)
class Group:
    """One stream."""

    name: str
    middle: float
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Line:
    """A line across, with what it stands for."""

    y: float
    grams: float


@dataclass(frozen=True)
class Chart:
    """Everything that the template draws."""

    groups: Sequence[Group]
    lines: Sequence[Line]
    left: int = _LEFT
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - _BOTTOM


def chart_of(report: MonthlyReport, locale: Locale) -> Chart | None:
    """Return the chart of a report; None if no month has a rate to draw."""
    months = {
        "now": _rates(report.figures),
        "before": _rates(report.last_month),
        "year": _rates(report.same_month_last_year),
    }
    highest = max((rate for rates in months.values() for rate in rates.values()), default=0.0)
    if not highest:
        return None
    step = _step(highest / _LINES)
    top = step * -(-highest // step)
    room = HEIGHT - _BOTTOM - _TOP
    streams = [one.stream for one in report.figures.streams]
    pitch = (WIDTH - _LEFT) / max(len(streams), 1)
    width = pitch * 0.72 / _BARS
    groups = []
    for at, stream in enumerate(streams):
        start = _LEFT + pitch * at + pitch * 0.14
        bars = [
            Bar(
                x=start + width * slot,
                y=_TOP + room * (1 - rates[stream] / top),
                width=width * 0.9,
                height=room * rates[stream] / top,
                kind=kind,
                grams=rates[stream],
            )
            for slot, (kind, rates) in enumerate(months.items())
            if stream in rates
        ]
        groups.append(Group(label(stream, locale), _LEFT + pitch * (at + 0.5), bars))
    count = round(top / step)
    lines = [Line(_TOP + room * (1 - n / count), step * n) for n in range(count + 1)]
    return Chart(groups, lines)


def _rates(figures: MonthFigures) -> dict[str, float]:
    return {
        one.stream: one.grams_per_diner_meal
        for one in figures.streams
        if one.grams_per_diner_meal is not None
    }


def _step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, 50... (or a tenth, ...) that is not below `least`."""
    size = 10.0 ** (len(str(int(least))) - 1) if least >= 1 else 0.1
    return next((size * n for n in _STEPS if size * n >= least), size * 10)
