"""Planned meals and their menus from a table."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from cleanplate_menu import domain
from cleanplate_menu.actions.dishes import hold_dishes
from cleanplate_menu.actions.imports.places import (
    Place,
    change_sessions,
    chunks,
    insert_sessions,
    sessions_at,
)
from cleanplate_menu.actions.menus.stamps import touch_menus
from cleanplate_menu.actions.weeks.opening import by_rule
from cleanplate_menu.actions.weeks.rules import rules_among
from cleanplate_menu.models import SESSION_DISHES, DishRow, SessionDishRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import MealSessionSheetRow
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.importing import Canteens, Changes
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_shared.tabular import Findings, Line


@dataclass(frozen=True)
class _Plan:
    line: int
    capacity: int
    cutoff_at: datetime | None
    dishes: list[UUID]


def import_plans(
    session: Session,
    caller: Identity,
    lines: Sequence[Line[MealSessionSheetRow]],
    findings: Findings,
) -> Changes:
    """Open meals, and change those that are open; an empty cell changes nothing.

    Raises:
        RowsRefused: a canteen is not the caller's, a dish is not in its library, a meal comes
            twice, a cut-off is too late, or fewer seats than are taken.
    """
    canteens = Canteens(session, caller, findings)
    dishes = _dishes(session)
    wanted: dict[Place, _Plan] = {}
    for line in lines:
        canteen = canteens.find(line.number, line.row.canteen)
        if canteen is None:
            continue
        place = (canteen.id, line.row.date, line.row.meal.value)
        if place in wanted:
            findings.add(
                line.number, "meal", place[2], "duplicate", msg("This meal is in the file twice.")
            )
        wanted[place] = _plan(line, canteen, dishes, findings)
    findings.check()
    hold_dishes(session, {dish_id for plan in wanted.values() for dish_id in plan.dishes})
    changes = _write(session, wanted, findings)
    touch_menus(session, {canteen_id for canteen_id, _, _ in wanted})
    return changes


def _dishes(session: Session) -> dict[tuple[UUID, str], UUID]:
    rows = session.exec(select(DishRow.canteen_id, DishRow.name, DishRow.id))
    return {(canteen_id, name): dish_id for canteen_id, name, dish_id in rows}


def _plan(
    line: Line[MealSessionSheetRow],
    canteen: KnownCanteenRow,
    dishes: Mapping[tuple[UUID, str], UUID],
    findings: Findings,
) -> _Plan:
    names = [name.strip() for name in re.split(r"[;；]", line.row.dishes) if name.strip()]
    for name in names:
        if (canteen.id, name) not in dishes:
            said = msg("{dish} is not in the canteen's library; add it first.", dish=name)
            findings.add(line.number, "dishes", name, "unknown_dish", said)
    ids = [dishes[canteen.id, name] for name in names if (canteen.id, name) in dishes]
    return _Plan(
        line=line.number,
        capacity=line.row.capacity,
        cutoff_at=_cutoff(line, canteen, findings),
        dishes=list(dict.fromkeys(ids)),
    )


def _cutoff(
    line: Line[MealSessionSheetRow], canteen: KnownCanteenRow, findings: Findings
) -> datetime | None:
    if line.row.cutoff is None:
        return None
    try:
        local = datetime.fromisoformat(line.row.cutoff).replace(tzinfo=zone(canteen.time_zone))
        cutoff_at = local.astimezone(UTC)
    except (ValueError, OverflowError):  # no such hour, or an instant that no calendar has
        said = msg("Write day and time as 2026-03-01 20:00.")
        findings.add(line.number, "cutoff", line.row.cutoff, "invalid", said)
        return None
    if local >= domain.end_of_day(line.row.date, zone(canteen.time_zone)):
        said = msg("Choose a cut-off before the day of the meal ends.")
        findings.add(line.number, "cutoff", line.row.cutoff, "too_late", said)
    return cutoff_at


def _write(session: Session, wanted: Mapping[Place, _Plan], findings: Findings) -> Changes:
    there = sessions_at(session, wanted.keys())
    usual = _usual(session, {canteen_id for canteen_id, _, _ in wanted})
    menus = _menus(session, [row["id"] for row in there.values()])
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    served: dict[UUID, list[UUID]] = {}  # menus to be written
    for place, plan in wanted.items():
        known = there.get(place)
        if known is None:
            new.append(_new(place, plan, usual(place)))
            served[new[-1]["id"]] = plan.dishes
            continue
        if plan.capacity < known["registered"]:
            said = msg(
                "{count} {count:person is|people are} registered.", count=known["registered"]
            )
            findings.add(plan.line, "capacity", plan.capacity, "too_small", said)
        cutoff_at = plan.cutoff_at or known["cutoff_at"]
        dishes = plan.dishes or menus.get(known["id"], [])
        after = (plan.capacity, cutoff_at, dishes)
        if after == (known["capacity"], known["cutoff_at"], menus.get(known["id"], [])):
            continue
        changed.append(
            {
                "id": known["id"],
                "capacity": plan.capacity,
                "cutoff_at": cutoff_at,
                "is_planned": False,
            }
        )
        served[known["id"]] = dishes
    findings.check()
    insert_sessions(session, new)
    change_sessions(session, changed)
    _write_menus(session, served)
    return Changes(len(new), len(changed), len(wanted) - len(new) - len(changed))


def _usual(session: Session, canteen_ids: Collection[UUID]) -> Callable[[Place], dict[str, Any]]:
    """Return what tells how a canteen usually holds a meal."""
    rules = rules_among(session, canteen_ids)
    zones = {row.id: zone(row.time_zone) for row in session.exec(select(KnownCanteenRow))}

    def said(place: Place) -> dict[str, Any]:
        canteen_id, day, meal = place
        return by_rule(rules.get((canteen_id, Meal(meal))), day, zones[canteen_id])

    return said


def _new(place: Place, plan: _Plan, usual: dict[str, Any]) -> dict[str, Any]:
    return usual | {
        "id": uuid4(),
        "canteen_id": place[0],
        "day": place[1],
        "meal": place[2],
        "cutoff_at": plan.cutoff_at or usual["cutoff_at"],
        "capacity": plan.capacity,
    }


def _menus(session: Session, session_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    menus: dict[UUID, list[UUID]] = {}
    for some in chunks(session_ids):
        rows = session.exec(
            select(SessionDishRow.meal_session_id, SessionDishRow.dish_id)
            .where(col(SessionDishRow.meal_session_id).in_(some))
            .order_by(col(SessionDishRow.position))
        )
        for session_id, dish_id in rows:
            menus.setdefault(session_id, []).append(dish_id)
    return menus


def _write_menus(session: Session, menus: Mapping[UUID, Sequence[UUID]]) -> None:
    for some in chunks(menus.keys()):
        session.connection().execute(
            delete(SESSION_DISHES).where(SESSION_DISHES.c.meal_session_id.in_(some))
        )
    rows = [
        {"meal_session_id": session_id, "dish_id": dish_id, "position": position}
        for session_id, dishes in menus.items()
        for position, dish_id in enumerate(dishes)
    ]
    if rows:
        session.connection().execute(insert(SESSION_DISHES), rows)
