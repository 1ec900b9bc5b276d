"""Deciding who gets a seat of locked meals."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from cleanplate_menu.actions.dishes import UnknownDish
from cleanplate_menu.actions.registering.meals import Meal, Meals, Menus, menus_of
from cleanplate_menu.actions.registering.refusals import (
    MealClosed,
    SessionFull,
    UnknownChoice,
    already_registered,
    too_late,
)
from cleanplate_menu.actions.registering.rows import (
    Outcome,
    Place,
    SeatRequest,
    as_registration,
    insert_rows,
    new_row,
    standing_among,
)
from cleanplate_shared.contracts.menu import ServiceMode
from cleanplate_shared.contracts.menu_registrations import RegistrationKind
from cleanplate_shared.db import instant
from cleanplate_shared.errors import NotFound, ServiceError
from cleanplate_shared.i18n import msg

Menu = Mapping[UUID, str | None]  # dish -> the set that it belongs to


def take(session: Session, meals: Meals, wanted: Sequence[SeatRequest]) -> list[Outcome]:
    """Take seats of locked meals; one outcome per request, in their order.

    The counters of `meals` grow; `write_seats` must follow.
    """
    at = instant(session)
    standing = standing_among(session, {(one.meal_session_id, one.person_id) for one in wanted})
    menus = _menus_needed(session, meals, wanted)
    decided: list[dict[str, Any] | ServiceError] = []
    for one in wanted:
        try:
            decided.append(_decide(one, meals.get(one.meal_session_id), standing, menus, at))
        except ServiceError as refusal:
            decided.append(refusal)
    insert_rows(session, [row for row in decided if isinstance(row, dict)])
    return [as_registration(row) if isinstance(row, dict) else row for row in decided]


def check_open(meal: Meal, at: datetime) -> None:
    """Raise MealClosed or CutoffPassed where nothing can be registered any more."""
    if meal.closed_reason is not None:
        raise MealClosed(msg("The canteen says: {reason}", reason=meal.closed_reason))
    if meal.cutoff_at <= at:
        raise too_late(meal.cutoff_at, at)


def choice_of(meal: Meal, choice: str | None, menu: Menu) -> str | None:
    """Return the set that a diner gets; without a wish the first.

    Raises:
        UnknownChoice: the meal does not offer it.
    """
    is_choice = meal.service_mode == ServiceMode.CHOICE.value
    offered = sorted({letter for letter in menu.values() if letter}) if is_choice else []
    if choice is None:
        return offered[0] if offered else None
    if choice not in offered:
        raise UnknownChoice(msg("Choose one of the sets on the menu."))
    return choice


def check_dishes(wanted: Collection[UUID], menu: Menu) -> None:
    """Raise UnknownDish if a dish is not on the menu."""
    if not set(wanted) <= set(menu):
        raise UnknownDish(msg("Choose dishes from the menu of this meal."))


def _menus_needed(session: Session, meals: Meals, wanted: Sequence[SeatRequest]) -> Menus:
    asked = {one.meal_session_id for one in wanted if one.dishes or one.choice}
    mode = ServiceMode.CHOICE.value
    asked |= {meal.id for meal in meals.values() if meal.service_mode == mode}
    return menus_of(session, asked)


def _decide(
    wanted: SeatRequest, meal: Meal | None, standing: set[Place], menus: Menus, at: datetime
) -> dict[str, Any]:
    """Return the row of a registration, and count its seats."""
    if meal is None:
        raise NotFound(msg("There is no such meal."))
    menu = menus.get(meal.id, {})
    check_dishes(wanted.dishes, menu)
    choice = choice_of(meal, wanted.choice, menu)
    place = (meal.id, wanted.person_id)
    is_own = wanted.kind is RegistrationKind.PERSON
    if is_own and place in standing:
        raise already_registered()
    check_open(meal, at)
    if wanted.headcount > meal.room:
        raise _full(meal)
    if is_own:
        standing.add(place)
    meal.move(wanted.headcount)
    return new_row(wanted, choice, at)


def _full(meal: Meal) -> SessionFull:
    if meal.room > 0:
        return SessionFull(msg("Only {room} {room:seat is|seats are} left.", room=meal.room))
    return SessionFull(
        msg("{capacity:The only seat is|All {capacity} seats are} taken.", capacity=meal.capacity)
    )
