"""The canteens of meals, as far as rights go."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import Session

from cleanplate_menu.actions.registering.meals import Meals
from cleanplate_shared.identity import Place
from cleanplate_shared.tables import KNOWN_CANTEENS

_CANTEENS = select(KNOWN_CANTEENS).where(KNOWN_CANTEENS.c.id.in_(bindparam("ids", expanding=True)))
Canteens = Mapping[UUID, Place]


def canteens_of(session: Session, meals: Meals) -> Canteens:
    """Return the canteens of meals."""
    ids = {meal.canteen_id for meal in meals.values()}
    if not ids:
        return {}
    return {row.id: row for row in session.connection().execute(_CANTEENS, {"ids": list(ids)})}
