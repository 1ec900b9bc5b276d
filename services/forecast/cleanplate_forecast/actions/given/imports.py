"""What is known of days in advance, from a table."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import Session, col

from cleanplate_forecast.actions.given.listing import forget_imports, lock_given, note_import
from cleanplate_forecast.actions.history import LOOK_BACK
from cleanplate_forecast.models import GIVEN_DAYS, GivenDayRow
from cleanplate_shared.bulk import BulkInsert
from cleanplate_shared.contracts.forecast_given import GIVEN, GivenSheetRow
from cleanplate_shared.db import instant
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.importing import Canteens, Changes
from cleanplate_shared.tabular import Findings, Line

_Place = tuple[UUID, date, str]  # canteen, day, meal or "" for all of the day
_Values = dict[str, float | str]
_KEPT = LOOK_BACK + timedelta(days=31)
_AHEAD = timedelta(days=731)
_AROUND = timedelta(days=31)
MOST_COLUMNS = 20
_AT_ONCE = 20_000
_INSERT = BulkInsert(GIVEN_DAYS, ("canteen_id", "date", "meal", "given"))
_NAME = re.compile(r"x_[^\x00-\x1f\x7f]{1,60}")
_NUMBER = re.compile(r"[+-]?(\d{1,12}(\.\d{0,12})?|\.\d{1,12})", re.ASCII)


@dataclass(frozen=True)
class _Brought:
    """What a row of the file says of a place."""

    line: int
    cells: Mapping[str, str]

    def values(self, numbers: frozenset[str]) -> _Values:
        """Return the cells, as numbers in the columns `numbers`."""
        return {name: float(c) if name in numbers else c for name, c in self.cells.items()}


def import_given(
    session: Session, caller: Identity, lines: Sequence[Line[GivenSheetRow]], findings: Findings
) -> Changes:
    """Keep what is given of each canteen, day and meal; other columns and empty cells stay.

    Days that no training looks back to are left out.

    Raises:
        RowsRefused: a canteen is not the caller's, a day comes twice or is too far ahead, or a
            column has a bad name or holds both numbers and text.
    """
    at = instant(session)
    today = at.date()
    brought = _read(Canteens(session, caller, findings), lines, today + _AHEAD, findings)
    numbers = _numbers(brought, findings)
    findings.check()
    kept = {place: one for place, one in brought.items() if place[1] >= today - _KEPT}
    there = _there(session, kept) if kept else {}
    wanted = {place: one.values(numbers) for place, one in kept.items()}
    _compare(kept, wanted, there, findings)
    findings.check()
    changes = _write(session, wanted, there)
    note_import(
        session, {(place[0], name) for place, one in kept.items() for name in one.cells}, at
    )
    changes.unchanged += len(brought) - len(kept)
    return changes


def forget_given(session: Session, at: datetime) -> None:
    """Forget what was given of days that no training looks back to any more."""
    long_ago = at - _KEPT - timedelta(days=1)
    session.connection().execute(delete(GIVEN_DAYS).where(GIVEN_DAYS.c.date < long_ago.date()))
    forget_imports(session, long_ago - _AHEAD)


def _read(
    canteens: Canteens,
    lines: Sequence[Line[GivenSheetRow]],
    last: date,
    findings: Findings,
) -> dict[_Place, _Brought]:
    names: set[str] = set()
    found: dict[_Place, _Brought] = {}
    for line in lines:
        row = line.row
        names.update(row.model_extra or {})
        canteen = canteens.find(line.number, row.canteen)
        if canteen is None:
            continue
        place = (canteen.id, row.date, row.meal.value if row.meal else "")
        if place in found:
            said = msg("This canteen, day and meal is in the file twice.")
            findings.add(line.number, "date", row.date, "duplicate", said)
        if row.date > last:
            said = msg("At most two years ahead; check the day.")
            findings.add(line.number, "date", row.date, "too_far", said)
        found[place] = _Brought(line.number, row.model_extra or {})
    _check_names(sorted(names), findings)
    return found


def _check_names(names: Sequence[str], findings: Findings) -> None:
    if not names:
        said = msg("Nothing is said here; name columns x_ and what they hold, such as x_rain.")
        findings.add(1, GIVEN, "", "no_columns", said)
    for name in names:
        if not _NAME.fullmatch(name):
            said = msg("Write x_ and then at most 60 letters.")
            findings.add(1, name[:100], name, "column_name", said)
    _check_count(1, names, findings)


def _check_count(line: int, names: Collection[str], findings: Findings) -> None:
    if len(names) > MOST_COLUMNS:
        said = msg("At most {most} such columns of a canteen.", most=MOST_COLUMNS)
        findings.add(line, max(names)[:100], len(names), "too_many", said)


def _numbers(brought: Mapping[_Place, _Brought], findings: Findings) -> frozenset[str]:
    """Return the columns that hold numbers; note the cells that are unlike most of their column."""
    cells = Counter[str]()
    numbers = Counter[str]()
    for one in brought.values():
        cells.update(one.cells.keys())
        numbers.update(name for name, cell in one.cells.items() if _NUMBER.fullmatch(cell))
    mixed = {name for name, count in numbers.items() if count < cells[name]}
    said = msg("This column has both numbers and text; keep to one of them.")
    for one in brought.values() if mixed else ():
        for name in mixed & one.cells.keys():
            is_number = _NUMBER.fullmatch(one.cells[name]) is not None
            if is_number != (2 * numbers[name] >= cells[name]):
                findings.add(one.line, name, one.cells[name], "mixed", said)
    return frozenset(numbers) - mixed


def _there(session: Session, kept: Mapping[_Place, _Brought]) -> dict[_Place, _Values]:
    """Return what is kept already of these canteens about these days, and let nobody else write."""
    canteens = sorted({place[0] for place in kept})
    days = [place[1] for place in kept]
    lock_given(session, canteens)
    found = session.execute(
        select(
            col(GivenDayRow.canteen_id),
            col(GivenDayRow.date),
            col(GivenDayRow.meal),
            col(GivenDayRow.given),
        ).where(
            col(GivenDayRow.canteen_id).in_(canteens),
            col(GivenDayRow.date).between(min(days) - _AROUND, max(days) + _AROUND),
        )
    )
    return {(canteen, day, meal): given for canteen, day, meal, given in found}


def _compare(
    kept: Mapping[_Place, _Brought],
    wanted: Mapping[_Place, _Values],
    there: Mapping[_Place, _Values],
    findings: Findings,
) -> None:
    """Note columns that would hold both numbers and text with what stays as it is."""
    kinds: dict[tuple[UUID, str], set[type]] = defaultdict(set)
    for place, given in there.items():
        new = wanted.get(place, {})
        for name, value in given.items():
            if name not in new:
                kinds[place[0], name].add(type(value))
    said = msg(
        "Near these days the column has text where this is a number, or the reverse; "
        "keep to one of them, or name another column."
    )
    for place, values in wanted.items():
        for name, value in values.items() if kinds else ():
            if kinds.get((place[0], name), set()) - {type(value)}:
                findings.add(kept[place].line, name, value, "mixed", said)
                kinds.pop((place[0], name))
        _check_count(kept[place].line, {*there.get(place, ()), *values}, findings)


def _write(
    session: Session, wanted: Mapping[_Place, _Values], there: Mapping[_Place, _Values]
) -> Changes:
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for (canteen, day, meal), values in wanted.items():
        known = there.get((canteen, day, meal))
        if known is None and values:
            new.append({"canteen_id": canteen, "date": day, "meal": meal, "given": values})
        elif known is not None and known | values != known:
            changed.append({"of": canteen, "on": day, "at": meal, "given": known | values})
    for start in range(0, len(new), _AT_ONCE):
        _INSERT(session, new[start : start + _AT_ONCE])
    if changed:
        one = (
            (GIVEN_DAYS.c.canteen_id == bindparam("of"))
            & (GIVEN_DAYS.c.date == bindparam("on"))
            & (GIVEN_DAYS.c.meal == bindparam("at"))
        )
        session.connection().execute(update(GIVEN_DAYS).where(one), changed)
    return Changes(len(new), len(changed), len(wanted) - len(new) - len(changed))
