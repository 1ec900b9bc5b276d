"""What was left of each dish when a meal was over."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from cleanplate_menu import domain
from cleanplate_menu.actions.dishes import UnknownDish, hold_dishes
from cleanplate_menu.actions.menus.stamps import touch_menus
from cleanplate_menu.actions.sessions import find_session, tell_again
from cleanplate_menu.models import (
    LEFTOVERS,
    DishRow,
    LeftoverRow,
    MealSessionRow,
    RegistrationRow,
    SessionDishRow,
)
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.menu import DishKind
from cleanplate_shared.contracts.menu_registrations import RegistrationStatus
from cleanplate_shared.contracts.menu_survey import DishLeftover, Leftover, Leftovers, LeftoversPut
from cleanplate_shared.errors import Conflict, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import KITCHEN
from cleanplate_shared.tables import KnownCanteenRow

_NEW = insert(LEFTOVERS)
_KEEP = _NEW.on_conflict_do_update(  # SQLite reads it the same way
    index_elements=["meal_session_id", "dish_id"],
    set_={name: _NEW.excluded[name] for name in ("prepared_grams", "left_grams")},
)
_OWN_GRAMS = {"half": "half_grams", "small": "small_grams"}


class MoreLeftThanPrepared(Unprocessable, title=msg("More is left than was prepared")):
    """A dish cannot leave more than there was of it."""


class MealToCome(Conflict, title=msg("This meal is still to come")):
    """Nothing is left of a meal before its day."""


def show_leftovers(session: Session, caller: Identity, session_id: UUID) -> Leftovers:
    """Return the dishes of a meal with what was left; or what was probably prepared."""
    return _as_leftovers(session, find_session(session, caller, KITCHEN, session_id))


def put_leftovers(
    session: Session, caller: Identity, session_id: UUID, wanted: LeftoversPut, at: datetime
) -> Leftovers:
    """Keep what was left of a meal's dishes, in place of what was said before.

    Raises:
        MealToCome: its day has not come.
        UnknownDish: a dish is not on the menu.
        MoreLeftThanPrepared: as it says.
    """
    meal = find_session(session, caller, KITCHEN, session_id)
    hold_dishes(session, {one.dish_id for one in wanted.items})
    session.get_one(MealSessionRow, meal.id, with_for_update=True)  # one after the other
    canteen = session.get_one(KnownCanteenRow, meal.canteen_id)
    if meal.day > at.astimezone(zone(canteen.time_zone)).date():
        raise MealToCome(msg("Leftovers are weighed after the meal."))
    items = {one.dish_id: one for one in wanted.items}
    _check(session, meal, list(items.values()))
    others = (LEFTOVERS.c.meal_session_id == meal.id) & LEFTOVERS.c.dish_id.not_in(items)
    connection = session.connection()
    connection.execute(delete(LEFTOVERS).where(others))
    if items:
        connection.execute(
            _KEEP, [{"meal_session_id": meal.id, **one.model_dump()} for one in items.values()]
        )
    touch_menus(session, [meal.canteen_id])
    tell_again(session, [meal.id])
    return _as_leftovers(session, meal)


def _check(session: Session, meal: MealSessionRow, items: Sequence[Leftover]) -> None:
    menu = select(SessionDishRow.dish_id).where(SessionDishRow.meal_session_id == meal.id)
    if not {one.dish_id for one in items} <= set(session.exec(menu)):
        raise UnknownDish(msg("Choose dishes from the menu of this meal."))
    if any(one.left_grams > one.prepared_grams for one in items):
        raise MoreLeftThanPrepared(msg("Check both weights of each dish."))


def _as_leftovers(session: Session, meal: MealSessionRow) -> Leftovers:
    weighed = select(LeftoverRow).where(LeftoverRow.meal_session_id == meal.id)
    known = {row.dish_id: row for row in session.exec(weighed)}
    menu = (
        select(SessionDishRow, DishRow)
        .join(DishRow)
        .where(SessionDishRow.meal_session_id == meal.id)
        .order_by(col(SessionDishRow.position))
    )
    takers = _takers(session, meal)
    items = []
    for place, dish in session.exec(menu):
        row = known.get(dish.id)
        items.append(
            DishLeftover(
                dish_id=dish.id,
                name=dish.name,
                kind=DishKind(dish.kind),
                prepared_grams=row.prepared_grams if row else _expected(place, dish, takers),
                left_grams=row.left_grams if row else None,
            )
        )
    return Leftovers(meal_session_id=meal.id, items=items)


def _takers(session: Session, meal: MealSessionRow) -> list[tuple[str, str | None, list[str], int]]:
    """Return portion, choice, picked dishes and heads of each registration."""
    found = select(
        RegistrationRow.portion,
        RegistrationRow.choice,
        RegistrationRow.dishes,
        RegistrationRow.headcount,
    ).where(
        RegistrationRow.meal_session_id == meal.id,
        RegistrationRow.status == RegistrationStatus.REGISTERED.value,
    )
    return [
        (size, choice, list(picked), heads) for size, choice, picked, heads in session.exec(found)
    ]


def _expected(
    place: SessionDishRow, dish: DishRow, takers: Sequence[tuple[str, str | None, list[str], int]]
) -> int:
    """Return the grams of a dish that the registered portions come to."""
    grams = 0
    for portion, choice, picked, heads in takers:
        if place.choice in {None, choice} and (not picked or str(dish.id) in picked):
            own = getattr(dish, _OWN_GRAMS[portion]) if portion in _OWN_GRAMS else None
            grams += heads * domain.portion_grams(dish.portion_grams, portion, own)
    return grams
