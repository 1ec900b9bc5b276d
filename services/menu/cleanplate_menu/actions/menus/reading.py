"""Meals as everybody at the canteen reads them, ready to be sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Row, Select, bindparam, case, func, select
from sqlmodel import Session

from cleanplate_menu.actions.menus.dishes import RememberedDishes
from cleanplate_menu.models import SESSIONS, WAITING
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import MealSessionCounts
from cleanplate_shared.identity import Place
from cleanplate_shared.periods import Period
from cleanplate_shared.tables import KNOWN_CANTEENS

_CANTEEN = select(KNOWN_CANTEENS).where(KNOWN_CANTEENS.c.id == bindparam("canteen"))
_WAITING = (
    select(func.count())
    .where(WAITING.c.meal_session_id == SESSIONS.c.id)
    .correlate(SESSIONS)
    .scalar_subquery()
)
_ORDER = case({meal.value: place for place, meal in enumerate(Meal)}, value=SESSIONS.c.meal)
_COLUMNS = (
    SESSIONS.c.id,
    SESSIONS.c.canteen_id,
    SESSIONS.c.day.label("date"),
    SESSIONS.c.meal,
    SESSIONS.c.cutoff_at,
    SESSIONS.c.capacity,
    SESSIONS.c.registered,
    _WAITING.label("waiting"),
    SESSIONS.c.service_mode,
    SESSIONS.c.serves_from,
    SESSIONS.c.serves_until,
    SESSIONS.c.closed_reason,
)


def _meals(condition: ColumnElement[bool]) -> Select[Any]:
    return select(*_COLUMNS).where(condition).order_by(SESSIONS.c.day, _ORDER)


_ONE = _meals(SESSIONS.c.id == bindparam("meal"))
_OF_CANTEEN = _meals(
    (SESSIONS.c.canteen_id == bindparam("canteen"))
    & SESSIONS.c.day.between(bindparam("first", type_=Date), bindparam("last", type_=Date))
)


@dataclass(frozen=True)
class Reading:
    """What was read at a canteen, for those who may see it, as JSON."""

    canteen: Place
    said: bytes


def read_meals(
    session: Session, dishes: RememberedDishes, canteen_id: UUID, period: Period, at: datetime
) -> Reading | None:
    """Return a page with a canteen's meals in a range of days; None where there is no canteen."""
    canteen = _canteen(session, canteen_id)
    if canteen is None:
        return None
    asked = {"canteen": canteen_id, "first": period.first, "last": period.last}
    rows = session.connection().execute(_OF_CANTEEN, asked).all()
    menus = dishes.of_meals(session, canteen_id, [row.id for row in rows], at)
    said = b",".join(_as_json(row, menus[row.id]) for row in rows)
    return Reading(canteen, b'{"items":[%b],"next":null}' % said)


def read_meal(
    session: Session, dishes: RememberedDishes, meal_id: UUID, at: datetime
) -> Reading | None:
    """Return one meal; None where there is none."""
    row = session.connection().execute(_ONE, {"meal": meal_id}).one_or_none()
    canteen = _canteen(session, row.canteen_id) if row else None
    if row is None or canteen is None:
        return None
    menus = dishes.of_meals(session, row.canteen_id, [meal_id], at)
    return Reading(canteen, _as_json(row, menus[meal_id]))


def _canteen(session: Session, canteen_id: UUID) -> Place | None:
    return session.connection().execute(_CANTEEN, {"canteen": canteen_id}).one_or_none()


def _as_json(row: Row[Any], dishes: bytes) -> bytes:
    """Return a meal as the contract says it: its own fields, and its dishes last."""
    own = MealSessionCounts.model_validate(row._asdict()).model_dump_json().encode()
    return b'%b,"dishes":%b}' % (own[:-1], dishes)
