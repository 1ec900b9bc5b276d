"""The stamp of a canteen's menus, by which every process learns that they changed."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cleanplate_menu.models import MENU_STAMPS

_TOUCH = insert(MENU_STAMPS).values(canteen_id=bindparam("canteen"), version=1)
_TOUCH = _TOUCH.on_conflict_do_update(  # SQLite reads it the same way
    index_elements=["canteen_id"], set_={"version": MENU_STAMPS.c.version + 1}
)
_STAMP = select(MENU_STAMPS.c.version).where(MENU_STAMPS.c.canteen_id == bindparam("canteen"))


def touch_menus(session: Session, canteen_ids: Collection[UUID]) -> None:
    """Tell every process, with this transaction, that what the menus of canteens say has changed.

    To be called by whatever changes a dish, the dishes of a meal, a decision or leftovers. Call it
    last: until the commit, other changes of the canteens' menus wait.
    """
    if canteen_ids:
        rows = [{"canteen": canteen_id} for canteen_id in sorted(canteen_ids)]
        session.connection().execute(_TOUCH, rows)


def stamp_of(session: Session, canteen_id: UUID) -> int:
    """Return how often a canteen's menus have changed.

    What is read after it, in the same session, is at least as new.
    """
    return session.connection().execute(_STAMP, {"canteen": canteen_id}).scalar_one_or_none() or 0
