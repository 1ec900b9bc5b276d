"""The measurement of a file of daily kilograms, for the command line (contract of files: 4)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from cleanplate_report.domain.measurement import Change, Days, estimate, smallest_detectable
from cleanplate_report.domain.pooling import Part, difference, together
from cleanplate_report.domain.step import Belief, Floats
from cleanplate_shared.contracts.common import Day, Name
from cleanplate_shared.contracts.report_measurement import (
    CanteenMeasure,
    ChangeVerdict,
    Effect,
    Measure,
    Measured,
    OverallMeasure,
)
from cleanplate_shared.errors import Unprocessable
from cleanplate_shared.i18n import Locale, msg
from cleanplate_shared.periods import Period
from cleanplate_shared.tabular import FileRefused, Findings, read_rows

_GIVEN = "x_"
_GRAMS = 1000
_DECIMALS = 6


class MeasurementRefused(Unprocessable, title=msg("The file cannot be measured")):
    """The file cannot be read, or none of its days are in the periods."""


class MeasuredRow(BaseModel):
    """One row of the file; columns that begin with `x_` may follow."""

    model_config = ConfigDict(extra="allow")

    date: Day
    canteen: Name
    served: Annotated[int, Field(ge=0, le=1_000_000)]
    waste_kg: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
    meal: Annotated[str, Field(max_length=60)] = ""
    treated: Annotated[int, Field(ge=0, le=1)] | None = None


def measure_file(path: Path, before: Period, after: Period, locale: Locale = "zh") -> Measured:
    """Return how much less was wasted in `after` than `before` lets expect.

    Args:
        path: CSV or XLSX, one row per canteen and open day (and meal).
        before: days without the measure.
        after: days with it; none of them before the end of `before`.
        locale: the language of the remedies in a refusal.

    Raises:
        MeasurementRefused: the periods overlap, or no row is in them.
        FileRefused, RowsRefused: the file is no such table; with row, column, value and remedy.
    """
    if after.first <= before.last:
        raise MeasurementRefused(msg("The second period must begin after the end of the first."))
    inside = [row for row in _read(path, locale) if before.holds(row.date) or after.holds(row.date)]
    measured = [row for row in inside if row.served]
    if not measured:
        raise MeasurementRefused(msg("No day of the file with diners lies in the two periods."))
    by_canteen: dict[str, list[MeasuredRow]] = {}
    for row in measured:
        by_canteen.setdefault(row.canteen, []).append(row)
    found = {name: _Canteen(of, after) for name, of in sorted(by_canteen.items())}
    return Measured(
        overall=_overall(list(found.values())),
        canteens=[
            CanteenMeasure(canteen=name, **_measure([one], one.part.belief if one.part else None))
            for name, one in found.items()
        ],
    )


def _read(path: Path, locale: Locale) -> Sequence[MeasuredRow]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileRefused(
            msg("{file} cannot be read: {reason}.", file=path, reason=error.strerror)
        ) from error
    findings = Findings(locale)
    lines = read_rows(path.name, content, MeasuredRow, findings, more=_GIVEN)
    seen: set[tuple[object, ...]] = set()
    for line in lines:
        key = (line.row.canteen, line.row.date, line.row.meal)
        if key in seen:
            said = msg("This day of the canteen and meal is there twice; keep one row.")
            findings.add(line.number, "date", line.row.date, "repeated_row", said)
        seen.add(key)
    findings.check()
    return [line.row for line in lines]


class _Canteen:
    """One canteen's days and what is known of its change."""

    def __init__(self, rows: Sequence[MeasuredRow], after: Period) -> None:
        rows = sorted(rows, key=lambda row: (row.meal, row.date))
        self.days = _days(rows, after)
        belief, kilograms = estimate(self.days), self.days.sums(after=True)[0]
        self.part = Part(belief, kilograms) if belief else None
        told = [row.treated for row in rows if after.holds(row.date) and row.treated is not None]
        self.is_treated = max(told) == 1 if told else None


def _days(rows: Sequence[MeasuredRow], after: Period) -> Days:
    names = sorted({name for row in rows for name in row.model_extra or {}})
    cells = {name: [(row.model_extra or {}).get(name, "") for row in rows] for name in names}
    numbers = {name: found for name in names if (found := _numbers(cells[name])) is not None}
    return Days(
        ordinals=np.array([row.date.toordinal() for row in rows], dtype=np.int64),
        meals=np.array([row.meal for row in rows], dtype=np.str_),
        served=np.array([row.served for row in rows], dtype=np.float64),
        waste=np.array([row.waste_kg for row in rows], dtype=np.float64),
        is_after=np.array([after.holds(row.date) for row in rows]),
        numbers=numbers,
        texts={name: np.array(cells[name], dtype=np.str_) for name in names if name not in numbers},
    )


def _numbers(cells: Sequence[str]) -> Floats | None:
    """Return cells as numbers, NaN where empty; None if one is a word."""
    try:
        found = np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return None
    return np.where(np.isfinite(found), found, np.nan)


def _overall(found: Sequence[_Canteen]) -> OverallMeasure:
    known = [one for one in found if one.part]
    parts = [one.part for one in known if one.part]
    overall = OverallMeasure(**_measure(known or found, together(parts) if parts else None))
    treated = [one.part for one in known if one.part and one.is_treated]
    others = [one.part for one in known if one.part and one.is_treated is False]
    if treated and others:
        change = Change.of(difference(treated, others))
        overall.effect = Effect(
            change=_round(change.value),
            ci95=(_round(change.low), _round(change.high)),
            verdict=change.verdict,
            canteens_treated=len(treated),
            canteens_untreated=len(others),
        )
    return overall


def _measure(of: Sequence[_Canteen], belief: Belief | None) -> dict[str, Any]:
    """Return the fields of a `Measure` of some canteens, whose common change is `belief`."""
    before, after = (_rate(of, after=after) for after in (False, True))
    fields: dict[str, Any] = dict.fromkeys(Measure.model_fields)
    fields |= {
        "rate_before": before,
        "rate_after": after,
        "raw_change": _round(after / before - 1) if before and after is not None else None,
        "verdict": ChangeVerdict.NOT_ENOUGH_DATA,
        "days_before": _dates(of, after=False),
        "days_after": _dates(of, after=True),
    }
    if belief is not None:
        fields |= _known(sum(one.part.after_kg for one in of if one.part), belief)
    return fields


def _known(after_kg: float, belief: Belief) -> dict[str, Any]:
    change = Change.of(belief)
    avoided, most, least = (
        _round(after_kg / (1 + one) - after_kg) for one in (change.value, change.low, change.high)
    )
    return {
        "adjusted_change": _round(change.value),
        "ci95": (_round(change.low), _round(change.high)),
        "avoided_kg": avoided,
        "avoided_kg_ci95": (least, most),
        "smallest_detectable_change": _round(smallest_detectable(belief)),
        "verdict": change.verdict,
    }


def _rate(of: Sequence[_Canteen], *, after: bool) -> float | None:
    """Return a ratio of sums, grams per diner and meal."""
    sums = np.array([one.days.sums(after=after) for one in of])
    kilograms, served = sums.sum(axis=0)
    return _round(_GRAMS * float(kilograms / served)) if served else None


def _dates(of: Sequence[_Canteen], *, after: bool) -> int:
    each = [one.days.ordinals[one.days.is_after == after] for one in of]
    return len(np.unique(np.concatenate(each)))


def _round(value: float) -> float:
    return round(value, _DECIMALS)
