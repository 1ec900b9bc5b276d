"""Meals whose seats are about to change, locked in the order of their ids."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select
from sqlmodel import Session

from cleanplate_menu.models import SESSION_DISHES, SESSIONS
from cleanplate_shared.bulk import Given

_COLUMNS = (
    SESSIONS.c.id,
    SESSIONS.c.canteen_id,
    SESSIONS.c.day,
    SESSIONS.c.meal,
    SESSIONS.c.cutoff_at,
    SESSIONS.c.capacity,
    SESSIONS.c.registered,
    SESSIONS.c.closed_reason,
    SESSIONS.c.service_mode,
)
_LOCKED = (
    select(*_COLUMNS)
    .where(SESSIONS.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(SESSIONS.c.id)
    .with_for_update()
)
_MENUS = select(
    SESSION_DISHES.c.meal_session_id, SESSION_DISHES.c.dish_id, SESSION_DISHES.c.choice
).where(SESSION_DISHES.c.meal_session_id.in_(bindparam("ids", expanding=True)))
_MOVE = Given(
    """
    UPDATE meal_session SET registered = registered + given.heads, version = version + 1
    FROM {given}
    WHERE meal_session.id = given.meal AND registered + given.heads BETWEEN 0 AND capacity
    """,
    columns={"meal": Uuid(), "heads": Integer()},
)


@dataclass
class Meal:
    """A locked meal; `registered` grows and shrinks with what this transaction does."""

    id: UUID
    canteen_id: UUID
    day: date
    meal: str
    cutoff_at: datetime
    capacity: int
    registered: int
    closed_reason: str | None
    service_mode: str
    moved: int = 0
    is_touched: bool = False

    @property
    def room(self) -> int:
        """Return how many seats are free."""
        return self.capacity - self.registered

    def is_open(self, at: datetime) -> bool:
        """Say whether seats can be taken and freed at that instant."""
        return self.closed_reason is None and at < self.cutoff_at

    def move(self, heads: int) -> None:
        """Take seats, or with a negative number free them."""
        self.registered += heads
        self.moved += heads
        self.is_touched = True


Meals = Mapping[UUID, Meal]
Menus = Mapping[UUID, Mapping[UUID, str | None]]


class SeatsMoved(Exception):  # noqa: N818
    """A locked meal's seats changed behind the lock; the transaction must not commit."""


def lock_meals(session: Session, ids: Collection[UUID]) -> dict[UUID, Meal]:
    """Return those meals, locked until the transaction ends."""
    found = session.connection().execute(_LOCKED, {"ids": list(ids)})
    return {row.id: Meal(*row) for row in found}


def write_seats(session: Session, meals: Meals) -> None:
    """Write the seats that changed, by a statement that checks each capacity again.

    Raises:
        SeatsMoved: a counter is not what this transaction locked.
    """
    touched = [meal for meal in meals.values() if meal.is_touched]
    moved = [{"meal": meal.id.hex, "heads": meal.moved} for meal in touched]
    if moved and _MOVE(session, moved).rowcount != len(moved):
        raise SeatsMoved
    for meal in touched:
        meal.moved, meal.is_touched = 0, False


def menus_of(session: Session, ids: Collection[UUID]) -> Menus:
    """Return the dishes of meals, each with the choice that it belongs to."""
    menus: dict[UUID, dict[UUID, str | None]] = {meal_id: {} for meal_id in ids}
    if menus:
        for meal_id, dish_id, choice in session.connection().execute(_MENUS, {"ids": list(ids)}):
            menus[meal_id][dish_id] = choice
    return menus
