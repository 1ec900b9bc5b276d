"""What a canteen that made its menu public offers."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from cleanplate_menu import domain
from cleanplate_menu.actions.sessions import menus_of
from cleanplate_menu.models import CanteenSettingsRow, MealSessionRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import SessionDish
from cleanplate_shared.contracts.menu_feeds import (
    PublicCanteen,
    PublicDish,
    PublicMeal,
    PublicMenu,
)
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.tables import KnownCanteenRow

_BACK, _AHEAD = timedelta(7), timedelta(14)
_USUAL_LENGTH = timedelta(hours=1)
_MOST_LISTED = 500


def list_canteens(session: Session) -> list[PublicCanteen]:
    """Return up to 500 canteens with a public menu, by name."""
    found = (
        select(KnownCanteenRow)
        .join(CanteenSettingsRow, col(CanteenSettingsRow.canteen_id) == KnownCanteenRow.id)
        .where(col(CanteenSettingsRow.is_menu_public))
        .order_by(KnownCanteenRow.name)
        .limit(_MOST_LISTED)
    )
    return [PublicCanteen(id=row.id, name=row.name) for row in session.exec(found)]


def read_menu(session: Session, canteen_id: UUID, at: datetime) -> PublicMenu:
    """Return a public menu, from a week ago to two weeks ahead.

    Raises:
        NotFound: no such canteen, or its menu is not public.
    """
    canteen = session.get(KnownCanteenRow, canteen_id)
    settings = session.get(CanteenSettingsRow, canteen_id)
    if canteen is None or settings is None or not settings.is_menu_public:
        raise NotFound(msg("There is no such menu."))
    local = zone(canteen.time_zone)
    today = at.astimezone(local).date()
    return PublicMenu(
        canteen_id=canteen.id,
        canteen=canteen.name,
        time_zone=canteen.time_zone,
        today=today,
        meals=_meals(session, canteen.id, today, local),
    )


def hours_of(row: MealSessionRow, local: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when a meal is served, in the canteen's zone; the usual hour if it is not said."""
    begins = row.serves_from or domain.meal_time(row.day, row.meal, local)
    ends = row.serves_until or begins + _USUAL_LENGTH
    return begins.astimezone(local), ends.astimezone(local)


def _meals(session: Session, canteen_id: UUID, today: date, local: ZoneInfo) -> list[PublicMeal]:
    found = select(MealSessionRow).where(
        MealSessionRow.canteen_id == canteen_id,
        col(MealSessionRow.day).between(today - _BACK, today + _AHEAD),
    )
    rows = session.exec(found).all()
    menus = menus_of(session, [row.id for row in rows])
    order = list(Meal)
    rows = sorted(rows, key=lambda row: (row.day, order.index(Meal(row.meal))))
    return [_as_meal(row, menus[row.id], local) for row in rows]


def _as_meal(row: MealSessionRow, dishes: list[SessionDish], local: ZoneInfo) -> PublicMeal:
    begins, ends = hours_of(row, local)
    return PublicMeal(
        id=row.id,
        date=row.day,
        meal=Meal(row.meal),
        serves_from=begins,
        serves_until=ends,
        closed_reason=row.closed_reason,
        dishes=[PublicDish.model_validate(dish.model_dump()) for dish in dishes],
    )
