"""A canteen's library of dishes."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cleanplate_menu import domain
from cleanplate_menu.actions.menus.stamps import touch_menus
from cleanplate_menu.actions.registering.meals import lock_meals
from cleanplate_menu.models import DISHES, SESSION_DISHES, SESSIONS, DishRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu import Allergen, Dish, DishCreate, DishKind, DishState
from cleanplate_shared.contracts.menu_recipes import DishChange
from cleanplate_shared.db import instant
from cleanplate_shared.errors import Conflict, NotFound, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import ANYONE, MANAGEMENT, RoleSet
from cleanplate_shared.tables import KnownCanteenRow


class DishExists(Conflict, title=msg("The canteen has this dish already")):
    """A canteen's dishes have different names."""


class PortionTooLarge(Unprocessable, title=msg("A part is larger than the whole")):
    """A half or a small portion cannot weigh more than a whole one."""


class DishRetired(Conflict, title=msg("The dish is retired")):
    """The kitchen decided not to offer this dish any more."""


class UnknownDish(Unprocessable, title=msg("A dish is not known here")):
    """A dish id that does not belong to this canteen or menu."""


def list_dishes(session: Session, caller: Identity, canteen_id: UUID) -> list[Dish]:
    """Return a canteen's dishes by name."""
    find_canteen(session, caller, ANYONE, canteen_id)
    found = select(DishRow).where(DishRow.canteen_id == canteen_id).order_by(DishRow.name)
    return [as_dish(row) for row in session.exec(found)]


def add_dish(session: Session, caller: Identity, wanted: DishCreate) -> Dish:
    """Put a dish into a canteen's library.

    Raises:
        DishExists: the canteen has one of that name.
        PortionTooLarge: a half or a small portion would weigh more than the whole.
    """
    find_canteen(session, caller, MANAGEMENT, wanted.canteen_id)
    row = DishRow(
        canteen_id=wanted.canteen_id,
        name=wanted.name,
        kind=wanted.kind.value,
        allergens=allergen_codes(wanted.allergens),
        portion_grams=wanted.portion_grams,
        half_grams=wanted.half_grams,
        small_grams=wanted.small_grams,
    )
    session.add(row)
    return _written(session, row)


def find_dish(session: Session, caller: Identity, roles: RoleSet, dish_id: UUID) -> DishRow:
    """Return a dish at whose canteen the caller holds one of `roles`.

    Raises:
        NotFound: there is none, or the caller has nothing to do with its canteen.
        Forbidden: the caller is known at the canteen, in another role.
    """
    row = session.get(DishRow, dish_id)
    canteen = session.get(KnownCanteenRow, row.canteen_id) if row else None
    if row is None or canteen is None or not caller.holds(ANYONE, canteen):
        raise NotFound(msg("There is no such dish."))
    find_canteen(session, caller, roles, row.canteen_id)
    return row


def lock_dish(session: Session, caller: Identity, dish_id: UUID) -> DishRow:
    """Return a dish of a canteen that the caller manages, alone with it until the commit.

    Raises:
        NotFound, Forbidden: as `find_dish`.
    """
    session.exec(select(DishRow.id).where(DishRow.id == dish_id).with_for_update())
    return find_dish(session, caller, MANAGEMENT, dish_id)


def hold_dishes(session: Session, dish_ids: Collection[UUID]) -> None:
    """Keep dishes from being renamed until the transaction ends; what else holds them may go on.

    To be called before a meal is locked by whoever writes what refers to dishes of it: a dish is
    always taken before the meals that have it.
    """
    rows = select(DishRow.id).where(col(DishRow.id).in_(dish_ids)).order_by(col(DishRow.id))
    if dish_ids:
        session.exec(rows.with_for_update(read=True, key_share=True)).all()


def show_dish(session: Session, caller: Identity, dish_id: UUID) -> Dish:
    """Return one dish."""
    return as_dish(find_dish(session, caller, ANYONE, dish_id))


def change_dish(session: Session, caller: Identity, dish_id: UUID, wanted: DishChange) -> Dish:
    """Change what is given of a dish; meals to come are told under its new name.

    Raises:
        DishExists: the canteen has another one of that name.
        PortionTooLarge: a half or a small portion would weigh more than the whole.
    """
    row = lock_dish(session, caller, dish_id)
    given = wanted.model_dump(mode="json", exclude_unset=True, exclude={"allergens"})
    may_be_none = {"half_grams", "small_grams"}
    values = {key: value for key, value in given.items() if value is not None or key in may_be_none}
    if wanted.allergens is not None:
        values["allergens"] = allergen_codes(wanted.allergens)
    is_renamed = values.get("name", row.name) != row.name
    row.sqlmodel_update(values)
    answer = _written(session, row)
    tell_dishes_again(session, [row.id])
    if is_renamed:
        _tell_again(session, row)
    touch_menus(session, [row.canteen_id])
    return answer


def _written(session: Session, row: DishRow) -> Dish:
    if max(row.half_grams or 0, row.small_grams or 0) > row.portion_grams:
        raise PortionTooLarge(msg("A whole portion has {grams} g.", grams=row.portion_grams))
    name = row.name
    try:
        session.flush()
    except IntegrityError as error:
        raise DishExists(msg("{dish} is in the library.", dish=name)) from error
    return as_dish(row)


def _tell_again(session: Session, row: DishRow) -> None:
    """Count a change of each meal to come that has the dish."""
    canteen = session.get_one(KnownCanteenRow, row.canteen_id)
    meals = select(SESSION_DISHES.c.meal_session_id).where(SESSION_DISHES.c.dish_id == row.id)
    to_come = SESSIONS.c.day >= instant(session).astimezone(zone(canteen.time_zone)).date()
    ahead = select(SESSIONS.c.id).where(SESSIONS.c.id.in_(meals), to_come)
    locked = lock_meals(session, session.connection().execute(ahead).scalars().all())
    session.connection().execute(
        update(SESSIONS).where(SESSIONS.c.id.in_(locked)).values(version=SESSIONS.c.version + 1)
    )


def tell_dishes_again(session: Session, dish_ids: Collection[UUID]) -> None:
    """Count a change of dishes, so that other services are told of them again."""
    changed = update(DISHES).where(DISHES.c.id == bindparam("dish"))
    counted = changed.values(version=DISHES.c.version + 1)
    if dish_ids:
        session.connection().execute(counted, [{"dish": one} for one in sorted(dish_ids)])


def check_dishes(
    session: Session, canteen_id: UUID, wanted: Sequence[UUID], kept: Collection[UUID] = ()
) -> list[UUID]:
    """Return the dishes in order and once each; those of `kept` are on the menu already.

    Raises:
        UnknownDish: one of them is not this canteen's.
        DishRetired: one of them is retired, and not on the menu already.
    """
    once = list(dict.fromkeys(wanted))
    mine = select(DishRow.id, DishRow.name, DishRow.state).where(
        DishRow.canteen_id == canteen_id, col(DishRow.id).in_(once)
    )
    found = session.exec(mine).all()
    if len(found) != len(once):
        raise UnknownDish(msg("Choose dishes from this canteen's library."))
    for dish_id, name, state in found:
        if state == DishState.RETIRED and dish_id not in kept:
            raise DishRetired(msg("{dish} is not offered any more.", dish=name))
    return once


def allergen_codes(allergens: Sequence[Allergen]) -> str:
    """Return allergens as they are stored: each once, in a fixed order."""
    return " ".join(known.value for known in Allergen if known in allergens)


def as_dish(row: DishRow) -> Dish:
    """Return a stored dish as the contract says it."""
    own = {Portion.HALF: row.half_grams, Portion.SMALL: row.small_grams}
    return Dish(
        id=row.id,
        canteen_id=row.canteen_id,
        name=row.name,
        kind=DishKind(row.kind),
        allergens=[Allergen(code) for code in row.allergens.split()],
        portion_grams=row.portion_grams,
        half_grams=domain.portion_grams(row.portion_grams, Portion.HALF, row.half_grams),
        small_grams=domain.portion_grams(row.portion_grams, Portion.SMALL, row.small_grams),
        given_sizes=[size for size, given in own.items() if given is not None],
        photo=row.photo,
        state=DishState(row.state),
    )
