"""Past attendance without names: what a canteen knew before it used this software."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import RowMapping
from sqlmodel import Session

from cleanplate_menu import domain
from cleanplate_menu.actions.imports.places import (
    Place,
    change_sessions,
    insert_sessions,
    sessions_at,
)
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.menu import HistorySheetRow
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.importing import Canteens, Changes
from cleanplate_shared.tabular import Findings, Line

_CHANGING = ("served_count", "registered", "is_registered", "capacity")


def import_history(
    session: Session, caller: Identity, lines: Sequence[Line[HistorySheetRow]], findings: Findings
) -> Changes:
    """Record who was served, and how many had registered, by canteen, day and meal.

    An empty cell changes nothing. A session that has registrations of its own keeps their number
    and takes only `served`.

    Raises:
        RowsRefused: a canteen is not the caller's, or a meal is in the file twice.
    """
    canteens = Canteens(session, caller, findings)
    wanted: dict[Place, HistorySheetRow] = {}
    zones: dict[str, str] = {}
    for line in lines:
        canteen = canteens.find(line.number, line.row.canteen)
        if canteen is None:
            continue
        zones[canteen.name] = canteen.time_zone
        place = (canteen.id, line.row.date, line.row.meal.value)
        if place in wanted:
            findings.add(
                line.number, "meal", place[2], "duplicate", msg("This meal is in the file twice.")
            )
        wanted[place] = line.row
    findings.check()
    return _write(session, wanted, zones)


def _write(
    session: Session, wanted: Mapping[Place, HistorySheetRow], zones: Mapping[str, str]
) -> Changes:
    there = sessions_at(session, wanted.keys())
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for place, row in wanted.items():
        known = there.get(place)
        if known is None:
            new.append(_new(place, row, zones[row.canteen]))
        elif {name: known[name] for name in _CHANGING} != (after := _after(known, row)):
            changed.append({"id": known["id"], **after})
    insert_sessions(session, new)
    change_sessions(session, changed)
    return Changes(len(new), len(changed), len(wanted) - len(new) - len(changed))


def _new(place: Place, row: HistorySheetRow, time_zone: str) -> dict[str, Any]:
    canteen_id, day, meal = place
    return {
        "id": uuid4(),
        "canteen_id": canteen_id,
        "day": day,
        "meal": meal,
        "cutoff_at": domain.meal_time(day, meal, zone(time_zone)),
        "capacity": max(row.registered or 0, row.served or 0),
        "registered": row.registered or 0,
        "served_count": row.served,
        "is_imported": True,
        "is_registered": row.registered is not None,
    }


def _after(known: RowMapping, row: HistorySheetRow) -> dict[str, Any]:
    after = {name: known[name] for name in _CHANGING}
    if row.served is not None:
        after["served_count"] = row.served
    if row.registered is not None and known["is_imported"]:
        after |= {"registered": row.registered, "is_registered": True}
    if known["is_imported"]:
        seats = max(after["registered"], after["served_count"] or 0)
        after["capacity"] = max(known["capacity"], seats)
    return after
