"""Planned meals and their menus from a table."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import RowMapping
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
from cleanplate_menu.actions.weeks.menu_changes import Menu, make_way
from cleanplate_menu.actions.weeks.opening import by_rule, write_menus
from cleanplate_menu.actions.weeks.rules import rules_among
from cleanplate_menu.models import DishRow, MealSessionRow, SessionDishRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import MealSessionSheetRow
from cleanplate_shared.contracts.menu_weeks import DishOnMenu
from cleanplate_shared.errors import ServiceError
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
            twice, a cut-off is too late, fewer seats than are taken, or a dish or set that
            somebody chose would be gone.
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
    served: dict[UUID, Menu] = {}  # menus to be written
    for place, plan in wanted.items():
        known = there.get(place)
        if known is None:
            new.append(_new(place, plan, usual(place)))
            served[new[-1]["id"]] = dict.fromkeys(plan.dishes)
            continue
        _check_seats(known, plan, findings)
        change = {"capacity": plan.capacity, "cutoff_at": plan.cutoff_at or known["cutoff_at"]}
        before = menus.get(known["id"], {})
        after = {dish_id: before.get(dish_id) for dish_id in plan.dishes} or before
        if list(after) != list(before):
            _make_way(session, known["id"], before, after, plan.line, findings)
            served[known["id"]] = after
        elif all(known[name] == value for name, value in change.items()):
            continue
        changed.append({"id": known["id"], **change, "is_planned": False})
    findings.check()
    insert_sessions(session, new)
    change_sessions(session, changed)
    for some in chunks(served):
        write_menus(session, {meal_id: _listed(served[meal_id]) for meal_id in some})
    return Changes(len(new), len(changed), len(wanted) - len(new) - len(changed))


def _check_seats(known: RowMapping, plan: _Plan, findings: Findings) -> None:
    if plan.capacity < known["registered"]:
        said = msg("{count} {count:person is|people are} registered.", count=known["registered"])
        findings.add(plan.line, "capacity", plan.capacity, "too_small", said)


def _make_way(
    session: Session, meal_id: UUID, before: Menu, after: Menu, line: int, findings: Findings
) -> None:
    """Note why a meal's menu may not change so; dishes that stay keep their set."""
    row = session.get_one(MealSessionRow, meal_id)
    try:
        make_way(session, row, before, after)
    except ServiceError as refusal:
        said = refusal.detail or refusal.title
        findings.add(line, "dishes", None, refusal.code, said)


def _listed(menu: Menu) -> list[DishOnMenu]:
    return [DishOnMenu(dish_id=dish_id, choice=choice) for dish_id, choice in menu.items()]


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


def _menus(session: Session, session_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, str | None]]:
    """Return the dishes of meals in their order, each with the set that it belongs to."""
    menus: dict[UUID, dict[UUID, str | None]] = {}
    row = SessionDishRow
    for some in chunks(session_ids):
        found = session.exec(
            select(row.meal_session_id, row.dish_id, row.choice)
            .where(col(row.meal_session_id).in_(some))
            .order_by(col(row.position))
        )
        for session_id, dish_id, choice in found:
            menus.setdefault(session_id, {})[dish_id] = choice
    return menus
