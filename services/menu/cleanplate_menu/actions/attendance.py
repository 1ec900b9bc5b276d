"""Who came to a meal, counted independently of any weighing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, case, cast, func
from sqlmodel import Session, col, select

from cleanplate_menu import domain
from cleanplate_menu.actions.menus.taking import cooked_of, read_weighed, read_wishes
from cleanplate_menu.actions.sessions import find_session, menus_of
from cleanplate_menu.models import CheckInRow, MealSessionRow, RegistrationRow
from cleanplate_shared.contracts.common import Meal, Portion
from cleanplate_shared.contracts.menu import (
    Attendance,
    PortionTotals,
    SessionFacts,
)
from cleanplate_shared.contracts.menu_door import CountSource
from cleanplate_shared.contracts.menu_registrations import RegistrationStatus
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import KITCHEN, READERS

_REGISTERED = RegistrationStatus.REGISTERED.value


@dataclass
class Tally:
    """Counted rows of one meal, with the totals of rows that were deleted."""

    portions: dict[Portion, int]
    came: int
    walk_ins: int


def show_attendance(session: Session, caller: Identity, session_id: UUID) -> Attendance:
    """Return who came to a meal; numbers only, no names."""
    row = find_session(session, caller, READERS, session_id)
    return _as_attendance(row, tally(session, [row])[row.id])


def show_portions(session: Session, caller: Identity, session_id: UUID) -> PortionTotals:
    """Return what the kitchen has to prepare for: registrations by portion, no names."""
    row = find_session(session, caller, KITCHEN, session_id)
    portions = tally(session, [row])[row.id].portions
    return PortionTotals(meal_session_id=row.id, registered=row.registered, portions=portions)


def facts(session: Session, rows: Sequence[MealSessionRow]) -> list[SessionFacts]:
    """Return meals as other services know them."""
    tallies = tally(session, rows)
    menus = menus_of(session, [row.id for row in rows])
    wishes, weighed = read_wishes(session, rows), read_weighed(session, rows)
    told = []
    for row in rows:
        dishes, said = menus[row.id], wishes[row.id]
        menu = [said.of_dish(dish, weighed.get((row.id, dish.id))) for dish in dishes]
        fact = _as_facts(row, tallies[row.id], [dish.name for dish in dishes])
        fact.cooked = cooked_of(row.id, dishes, weighed)
        if not row.is_forgotten:  # what its diners wished went with their names
            fact = fact.model_copy(update={"menu": menu, "rice": dict(said.rice)})
        told.append(fact)
    return told


def tally(session: Session, rows: Sequence[MealSessionRow]) -> dict[UUID, Tally]:
    """Return portions and check-ins of meals, each counted by one query."""
    tallies = {
        row.id: Tally(
            {
                Portion.FULL: row.past_full,
                Portion.HALF: row.past_half,
                Portion.SMALL: row.past_small,
            },
            row.past_came,
            row.past_walk_ins,
        )
        for row in rows
    }
    portions = (
        select(
            RegistrationRow.meal_session_id,
            RegistrationRow.portion,
            _sum(RegistrationRow.headcount),
        )
        .where(
            col(RegistrationRow.meal_session_id).in_(tallies),
            RegistrationRow.status == _REGISTERED,
        )
        .group_by(col(RegistrationRow.meal_session_id), col(RegistrationRow.portion))
    )
    for session_id, portion, heads in session.exec(portions):
        tallies[session_id].portions[Portion(portion)] += heads
    standing = (col(RegistrationRow.id) == CheckInRow.registration_id) & (
        col(RegistrationRow.status) == _REGISTERED
    )
    check_ins = (
        select(CheckInRow.meal_session_id, _sum(CheckInRow.headcount), _sum(_expected()))
        .outerjoin(RegistrationRow, standing)
        .where(col(CheckInRow.meal_session_id).in_(tallies))
        .group_by(col(CheckInRow.meal_session_id))
    )
    for session_id, heads, came in session.exec(check_ins):
        tallies[session_id].came += came
        tallies[session_id].walk_ins += heads - came
    return tallies


def _sum(heads: Any) -> ColumnElement[int]:  # noqa: ANN401 (a column, which SQLModel types as int)
    """Return a sum that is an int on PostgreSQL as well, and 0 of nothing."""
    return cast(func.coalesce(func.sum(heads), 0), Integer)


def _expected() -> ColumnElement[int]:
    """Return how many heads of a check-in were registered: none, or as many as are still."""
    came, registered = col(CheckInRow.headcount), col(RegistrationRow.headcount)
    return case((registered < came, registered), else_=case((registered.is_not(None), came)))


def _turnout(row: MealSessionRow, counted: Tally) -> domain.Turnout:
    if row.is_registered:
        return domain.turnout(row.registered, counted.came, counted.walk_ins, row.served_count)
    served = counted.walk_ins if row.served_count is None else row.served_count
    return domain.Turnout(0, served, 0, 0)  # nobody could register, so nobody walked in


def _as_attendance(row: MealSessionRow, counted: Tally) -> Attendance:
    came = _turnout(row, counted)
    return Attendance(
        meal_session_id=row.id,
        registered=came.registered,
        served=came.served,
        no_shows=came.no_shows,
        walk_ins=came.walk_ins,
        counted_by=CountSource(row.served_source) if row.served_source else None,
    )


def _as_facts(row: MealSessionRow, counted: Tally, dishes: list[str]) -> SessionFacts:
    is_known = row.served_count is not None or counted.came + counted.walk_ins > 0
    came = _turnout(row, counted)
    return SessionFacts(
        meal_session_id=row.id,
        canteen_id=row.canteen_id,
        date=row.day,
        meal=Meal(row.meal),
        cutoff_at=row.cutoff_at,
        capacity=row.capacity,
        registered=row.registered if row.is_registered else None,
        portions=counted.portions,
        served=came.served if is_known else None,
        no_shows=came.no_shows if is_known else 0,
        walk_ins=came.walk_ins if is_known else 0,
        dishes=dishes,
        version=row.version,
        serves_from=row.serves_from,
        serves_until=row.serves_until,
    )
