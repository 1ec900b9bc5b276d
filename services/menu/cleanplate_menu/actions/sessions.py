"""Meal sessions: opened by a manager, seen by everybody at the canteen."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from cleanplate_menu.actions.dishes import as_dish
from cleanplate_menu.actions.registering.meals import lock_meals, write_seats
from cleanplate_menu.actions.registering.seats import seat_waiting
from cleanplate_menu.actions.survey.marks import marked
from cleanplate_menu.models import SESSIONS, DishRow, MealSessionRow, SessionDishRow, WaitingRow
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import (
    MealSession,
    ServiceMode,
    SessionDish,
)
from cleanplate_shared.errors import Conflict, NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import ANYONE, MANAGEMENT, RoleSet
from cleanplate_shared.tables import KnownCanteenRow

MEAL_ORDER = list(Meal)


class CapacityTooSmall(Conflict, title=msg("More people are registered than that")):
    """Seats that are taken cannot be taken away."""


def find_session(
    session: Session, caller: Identity, roles: RoleSet, session_id: UUID
) -> MealSessionRow:
    """Return a meal session at whose canteen the caller holds one of `roles`.

    Raises:
        NotFound: there is none, or the caller has nothing to do with its canteen.
        Forbidden: the caller is known at the canteen, in another role.
    """
    row = session.get(MealSessionRow, session_id)
    canteen = session.get(KnownCanteenRow, row.canteen_id) if row else None
    if row is None or canteen is None or not caller.holds(ANYONE, canteen):
        raise NotFound(msg("There is no such meal."))
    find_canteen(session, caller, roles, row.canteen_id)
    return row


def change_capacity(
    session: Session, caller: Identity, session_id: UUID, capacity: int
) -> MealSession:
    """Set how many seats a meal has; who waits is seated where there is room now.

    Raises:
        CapacityTooSmall: more people are registered than that.
    """
    find_session(session, caller, MANAGEMENT, session_id)
    enough = (SESSIONS.c.id == session_id) & (SESSIONS.c.registered <= capacity)
    changed = session.connection().execute(
        update(SESSIONS).where(enough).values(capacity=capacity, version=SESSIONS.c.version + 1)
    )
    if changed.rowcount == 0:
        raise CapacityTooSmall(msg("Cancel registrations first, or keep more seats."))
    meals = lock_meals(session, [session_id])
    seat_waiting(session, meals)
    write_seats(session, meals)
    session.expire_all()
    return as_sessions(session, [session.get_one(MealSessionRow, session_id)])[0]


def tell_again(session: Session, session_ids: Collection[UUID]) -> None:
    """Count a change of meals, so that other services are told of them again."""
    told = update(SESSIONS).where(SESSIONS.c.id.in_(session_ids))
    session.connection().execute(told.values(version=SESSIONS.c.version + 1))


def as_sessions(session: Session, rows: Sequence[MealSessionRow]) -> list[MealSession]:
    """Return stored meals as the contract says them, by day and meal.

    For answers to who has just changed them; who only reads, reads `menus`.
    """
    session_ids = [row.id for row in rows]
    canteens = {row.canteen_id for row in rows}
    menus = marked(session, canteens, menus_of(session, session_ids))
    waiting = _waiting(session, session_ids)
    ordered = sorted(rows, key=lambda row: (row.day, MEAL_ORDER.index(Meal(row.meal))))
    return [
        MealSession(
            id=row.id,
            canteen_id=row.canteen_id,
            date=row.day,
            meal=Meal(row.meal),
            cutoff_at=row.cutoff_at,
            capacity=row.capacity,
            registered=row.registered,
            waiting=waiting.get(row.id, 0),
            service_mode=ServiceMode(row.service_mode),
            serves_from=row.serves_from,
            serves_until=row.serves_until,
            closed_reason=row.closed_reason,
            dishes=menus[row.id],
        )
        for row in ordered
    ]


def _waiting(session: Session, session_ids: Sequence[UUID]) -> dict[UUID, int]:
    found = (
        select(WaitingRow.meal_session_id, func.count())
        .where(col(WaitingRow.meal_session_id).in_(session_ids))
        .group_by(col(WaitingRow.meal_session_id))
    )
    return dict(session.exec(found).all())


def menus_of(session: Session, session_ids: Sequence[UUID]) -> dict[UUID, list[SessionDish]]:
    """Return the dishes of meals, in the order of their menus."""
    menus: dict[UUID, list[SessionDish]] = {session_id: [] for session_id in session_ids}
    found = (
        select(SessionDishRow, DishRow)
        .join(DishRow)
        .where(col(SessionDishRow.meal_session_id).in_(session_ids))
        .order_by(col(SessionDishRow.position))
    )
    for place, dish in session.exec(found):
        said = as_dish(dish).model_dump(exclude={"canteen_id", "given_sizes"})
        menus[place.meal_session_id].append(SessionDish(**said, choice=place.choice))
    return menus
