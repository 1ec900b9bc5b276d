"""Meals whose seats are about to change, locked in the order of their ids."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Integer, String, Uuid, bindparam, select
from sqlmodel import Session

from cleanplate_menu.models import SESSION_DISHES, SESSIONS
from cleanplate_shared.bulk import Given, Lookup
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import ANYONE

_FOUND = """
    SELECT meal_session.id, canteen_id, day, meal, cutoff_at, capacity, registered, closed_reason,
        service_mode, known_canteen.name AS canteen_name, path, time_zone
    FROM {given} JOIN meal_session ON meal_session.id = given.wanted
        LEFT JOIN known_canteen ON known_canteen.id = canteen_id
    ORDER BY meal_session.id
"""
_WANTED = {"wanted": Uuid()}
_OF_MEAL = (
    "id",
    "canteen_id",
    "day",
    "meal",
    "cutoff_at",
    "capacity",
    "registered",
    "closed_reason",
    "service_mode",
)
_OF_CANTEEN = {"canteen_name": String(), "path": String(), "time_zone": String()}
_RETURNED = {name: SESSIONS.c[name].type for name in _OF_MEAL} | _OF_CANTEEN
_LOCKED = Lookup(_FOUND, _WANTED, _RETURNED, locks="meal_session")
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


@dataclass(frozen=True)
class Canteen:
    """The canteen of a meal, as far as rights and days go."""

    id: UUID
    name: str
    path: str
    time_zone: str


@dataclass
class Meal:
    """A locked meal; `registered` grows and shrinks with what this transaction does.

    Attributes:
        canteen: None while the directory has not told of it.
    """

    id: UUID
    canteen_id: UUID
    day: date
    meal: str
    cutoff_at: datetime
    capacity: int
    registered: int
    closed_reason: str | None
    service_mode: str
    canteen: Canteen | None = None
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
    if not ids:
        return {}
    canteens: dict[UUID, Canteen | None] = {}
    meals: dict[UUID, Meal] = {}
    for row in _LOCKED(session, [{"wanted": meal_id.hex} for meal_id in ids]):
        meal, (name, path, time_zone) = Meal(*row[: len(_OF_MEAL)]), row[len(_OF_MEAL) :]
        if meal.canteen_id not in canteens:
            known = Canteen(meal.canteen_id, name, path, time_zone) if name is not None else None
            canteens[meal.canteen_id] = known
        meal.canteen = canteens[meal.canteen_id]
        meals[meal.id] = meal
    return meals


def meal_for(caller: Identity, meals: Meals, meal_id: UUID) -> tuple[Meal, Canteen]:
    """Return a locked meal with its canteen, if the caller has a role there.

    Raises:
        NotFound: there is no such meal for the caller.
    """
    meal = meals.get(meal_id)
    if meal is None or meal.canteen is None or not caller.holds(ANYONE, meal.canteen):
        raise NotFound(msg("There is no such meal."))
    return meal, meal.canteen


def write_seats(session: Session, meals: Meals) -> None:
    """Write the seats that changed, by a statement that checks each capacity again.

    Raises:
        SeatsMoved: a counter is not what this transaction locked.
    """
    touched = [meal for meal in meals.values() if meal.is_touched]
    moved = [{"meal": meal.id.hex, "heads": meal.moved} for meal in touched]
    if moved and _MOVE(session, moved) != len(moved):
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
