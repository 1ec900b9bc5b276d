"""A bar chart as plain SVG: grams per diner-meal by stream, this month beside two others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from cleanplate_gateway.faces.formats import label
from cleanplate_shared.contracts.report import MonthFigures, MonthlyReport
from cleanplate_shared.i18n import Locale

WIDTH, HEIGHT = 760, 260
_LEFT, _TOP, _BOTTOM = 46, 12, 48
_BARS = 3
_STEPS = (1, 2, 5)
_LINES = 4
_LETTERS = 13


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
    """One stream, its name in lines."""

    name: Sequence[str]
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
    drawn = {stream for rates in months.values() for stream, rate in rates.items() if rate}
    streams = [one.stream for one in report.figures.streams if one.stream in drawn]
    scale = (HEIGHT - _BOTTOM - _TOP) / top
    pitch = (WIDTH - _LEFT) / max(len(streams), 1)
    groups = [
        Group(
            wrap(label(stream, locale), _LETTERS),
            _LEFT + pitch * (at + 0.5),
            _bars(months, stream, _LEFT + pitch * at, pitch, scale),
        )
        for at, stream in enumerate(streams)
    ]
    steps = range(round(top / step) + 1)
    return Chart(groups, [Line(HEIGHT - _BOTTOM - step * n * scale, step * n) for n in steps])


def _bars(
    months: Mapping[str, Mapping[str, float]], stream: str, start: float, pitch: float, scale: float
) -> list[Bar]:
    width = pitch * 0.72 / _BARS
    return [
        Bar(
            x=start + pitch * 0.14 + width * slot,
            y=HEIGHT - _BOTTOM - rates[stream] * scale,
            width=width * 0.9,
            height=rates[stream] * scale,
            kind=kind,
            grams=rates[stream],
        )
        for slot, (kind, rates) in enumerate(months.items())
        if stream in rates
    ]


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
