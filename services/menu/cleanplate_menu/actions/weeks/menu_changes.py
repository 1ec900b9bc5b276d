"""Changing the menu of a planned meal: what diners have chosen stays on it."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, cast, func, select, update
from sqlmodel import Session

from cleanplate_menu.actions.dishes import check_dishes
from cleanplate_menu.actions.registering.meals import menus_of
from cleanplate_menu.actions.registering.refusals import CutoffPassed
from cleanplate_menu.actions.registering.rows import REGISTERED
from cleanplate_menu.actions.weeks.lost_sets import keep_places
from cleanplate_menu.actions.weeks.opening import write_menus
from cleanplate_menu.models import DISHES, REGISTRATIONS, SESSION_DISHES, MealSessionRow
from cleanplate_shared.contracts.menu import ServiceMode
from cleanplate_shared.contracts.menu_weeks import MealSessionChange
from cleanplate_shared.db import instant
from cleanplate_shared.errors import Conflict, Unprocessable
from cleanplate_shared.i18n import msg

Menu = Mapping[UUID, str | None]  # dish -> the set that it belongs to


class ChoiceTaken(Conflict, title=msg("People have chosen this set")):
    """A set that diners chose stays on the menu, with one of its dishes at least."""


class DishChosen(Conflict, title=msg("People have chosen this dish")):
    """A dish that diners chose stays on the menu."""


class ChoiceNotServed(Unprocessable, title=msg("This meal has no sets to choose from")):
    """Only a meal of the mode `choice` has sets A, B, ..."""


def change_menu(session: Session, row: MealSessionRow, wanted: MealSessionChange) -> None:
    """Write the dishes and sets that are given of a locked meal.

    Raises:
        ChoiceNotServed: a dish belongs to a set, and the meal has none.
        CutoffPassed: it is past the cut-off, and somebody is registered.
        ChoiceTaken, DishChosen: what somebody chose would be gone.
        UnknownDish, DishRetired: not a dish that the canteen can offer.
    """
    has_sets = (wanted.service_mode or row.service_mode) == ServiceMode.CHOICE
    before = menus_of(session, [row.id])[row.id]
    if wanted.dishes is None:
        if not has_sets:
            _check_choices(session, row, before, {})
            keep_places(session, row, kept=set())
            dishes = SESSION_DISHES.c.meal_session_id == row.id
            session.connection().execute(update(SESSION_DISHES).where(dishes).values(choice=None))
        return
    if not has_sets and any(dish.choice for dish in wanted.dishes):
        raise ChoiceNotServed(msg("Serve the meal by sets first, or leave the letters out."))
    after = {dish.dish_id: dish.choice for dish in wanted.dishes}
    check_dishes(session, row.canteen_id, list(after), kept=before)
    make_way(session, row, before, after)
    write_menus(session, {row.id: wanted.dishes})


def make_way(session: Session, row: MealSessionRow, before: Menu, after: Menu) -> None:
    """Make sure that a locked meal's menu may change so; who waits for a set that goes is told.

    Raises:
        CutoffPassed: it is past the cut-off, and somebody registered for the dishes. A menu that
            is filled in afterwards, or of a day of which only totals are known, may be written.
        ChoiceTaken, DishChosen: what somebody chose would be gone.
    """
    has_registered = row.registered and not row.is_imported
    if before and has_registered and instant(session) >= row.cutoff_at:
        raise CutoffPassed(
            msg("{count} {count:person|people} registered for these dishes.", count=row.registered)
        )
    _check_choices(session, row, before, after)
    _check_wishes(session, row, after)
    keep_places(session, row, kept=_kept_sets(before, after))


def _check_choices(session: Session, row: MealSessionRow, before: Menu, after: Menu) -> None:
    """Make sure that each set that somebody chose keeps one of its dishes.

    Raises:
        ChoiceTaken: it would not; the letter might stay, the set would be another one.
    """
    if row.service_mode != ServiceMode.CHOICE:
        return
    heads = func.sum(REGISTRATIONS.c.headcount)
    found = session.connection().execute(
        select(REGISTRATIONS.c.choice, heads)
        .where(_stands(row), REGISTRATIONS.c.choice.is_not(None))
        .group_by(REGISTRATIONS.c.choice)
    )
    kept = _kept_sets(before, after)
    gone = {choice: count for choice, count in found if choice not in kept}
    if gone:
        raise ChoiceTaken(
            msg(
                "{count} {count:person has|people have} chosen {sets}; keep what is in it.",
                count=sum(gone.values()),
                sets=", ".join(sorted(gone)),
            )
        )


def _kept_sets(before: Menu, after: Menu) -> set[str]:
    """Return the sets that keep one of their dishes."""
    return {letter for dish_id, letter in before.items() if letter and after.get(dish_id) == letter}


def _check_wishes(session: Session, row: MealSessionRow, after: Menu) -> None:
    """Make sure that each dish that somebody chose stays on the menu.

    Raises:
        DishChosen: one would not.
    """
    found = session.connection().execute(
        select(REGISTRATIONS.c.dishes, REGISTRATIONS.c.headcount).where(
            _stands(row), cast(REGISTRATIONS.c.dishes, String) != "[]"
        )
    )
    lost = [(set(map(UUID, dishes)) - set(after), heads) for dishes, heads in found]
    gone = {dish_id for missing, _ in lost for dish_id in missing}
    if gone:
        named = select(DISHES.c.name).where(DISHES.c.id.in_(gone)).order_by(DISHES.c.name)
        raise DishChosen(
            msg(
                "{count} {count:person has|people have} chosen {dishes}; keep it on the menu.",
                count=sum(heads for missing, heads in lost if missing),
                dishes=", ".join(session.connection().execute(named).scalars()),
            )
        )


def _stands(row: MealSessionRow) -> ColumnElement[bool]:
    is_here = REGISTRATIONS.c.meal_session_id == row.id
    return and_(is_here, REGISTRATIONS.c.status == REGISTERED)
