"""A canteen's library of dishes."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cleanplate_menu import domain
from cleanplate_menu.models import DishRow
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu import Allergen, Dish, DishCreate, DishKind
from cleanplate_shared.errors import Conflict, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import ANYONE, MANAGEMENT


class DishExists(Conflict, title=msg("The canteen has this dish already")):
    """A canteen's dishes have different names."""


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
    try:
        session.flush()
    except IntegrityError as error:
        raise DishExists(msg("{dish} is in the library.", dish=wanted.name)) from error
    return as_dish(row)


def check_dishes(session: Session, canteen_id: UUID, wanted: Sequence[UUID]) -> list[UUID]:
    """Return the dishes in order and once each.

    Raises:
        UnknownDish: one of them is not this canteen's.
    """
    once = list(dict.fromkeys(wanted))
    mine = select(DishRow.id).where(DishRow.canteen_id == canteen_id, col(DishRow.id).in_(once))
    if len(session.exec(mine).all()) != len(once):
        raise UnknownDish(msg("Choose dishes from this canteen's library."))
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
    )
