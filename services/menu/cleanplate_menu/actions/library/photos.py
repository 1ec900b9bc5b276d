"""The photos of dishes."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from cleanplate_menu.actions.dishes import as_dish, find_dish, lock_dish
from cleanplate_menu.actions.menus.stamps import touch_menus
from cleanplate_menu.models import DishPhotoRow
from cleanplate_shared.contracts.menu import Dish
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import ANYONE


@dataclass(frozen=True)
class Photo:
    """A photo and the digest that tells it from any other."""

    content: bytes
    digest: str


def set_photo(session: Session, caller: Identity, dish_id: UUID, picture: bytes) -> Dish:
    """Give a dish a photo, instead of any it has."""
    dish = lock_dish(session, caller, dish_id)
    dish.photo = hashlib.sha256(picture).hexdigest()[:32]
    session.merge(DishPhotoRow(dish_id=dish.id, content=picture))
    session.flush()
    touch_menus(session, [dish.canteen_id])
    return as_dish(dish)


def remove_photo(session: Session, caller: Identity, dish_id: UUID) -> None:
    """Take a dish's photo away; a second time changes nothing."""
    dish = lock_dish(session, caller, dish_id)
    dish.photo = None
    if row := session.get(DishPhotoRow, dish_id):
        session.delete(row)
    session.flush()
    touch_menus(session, [dish.canteen_id])


def show_photo(session: Session, caller: Identity, dish_id: UUID) -> Photo:
    """Return a dish's photo to people of its canteen.

    Raises:
        NotFound: there is no such dish, or it has no photo.
    """
    dish = find_dish(session, caller, ANYONE, dish_id)
    row = session.get(DishPhotoRow, dish_id)
    if row is None or dish.photo is None:
        raise NotFound(msg("This dish has no photo."))
    return Photo(row.content, dish.photo)
