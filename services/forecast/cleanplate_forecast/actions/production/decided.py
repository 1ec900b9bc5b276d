"""What cooks decided and did: overrides of suggestions, and refills."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from cleanplate_forecast.models import (
    DishRow,
    OverrideRow,
    RefillRow,
    SessionMenuRow,
    SessionRow,
)
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Day, Meal
from cleanplate_shared.contracts.forecast_production import (
    DishOverride,
    OverridePut,
    ProductionOverride,
    Refill,
    RefillCreate,
)
from cleanplate_shared.errors import Conflict, NotFound, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import KITCHEN, RoleSet

_MOST_LISTED = 500
Key = tuple[UUID, UUID]  # meal session, dish


class MealIsOver(Conflict, title=msg("The day of this meal is over")):
    """What was cooked on a past day cannot be decided any more."""


class NotServedToday(Conflict, title=msg("This meal is not served today")):
    """Refills are noted while a meal is served."""


class DecidedAtOnce(Conflict, title=msg("Somebody else has just decided about this dish")):
    """Two cooks decided about the same dish at the same instant; look, and decide again."""


class NotOnTheMenu(Unprocessable, title=msg("The dish is not on the menu of this meal")):
    """Only what a meal offers is cooked for it."""


def find_meal(
    session: Session, caller: Identity, roles: RoleSet, session_id: UUID, at: datetime
) -> tuple[SessionRow, Day]:
    """Return a meal at whose canteen the caller holds one of `roles`, and today's date there.

    Raises:
        NotFound: there is none, or the caller has nothing to do with its canteen.
        Forbidden: the caller is known at the canteen, in another role.
    """
    meal = session.get(SessionRow, session_id)
    if meal is None:
        raise NotFound(msg("There is no such meal session."))
    canteen = find_canteen(session, caller, roles, meal.canteen_id)
    return meal, at.astimezone(zone(canteen.time_zone)).date()


def override(
    session: Session,
    caller: Identity,
    place: Key,
    wanted: OverridePut,
    suggested: int | None,
    at: datetime,
) -> ProductionOverride:
    """Keep what the cook decided about a dish; the decisions before stay as they are.

    Args:
        session: a session on the service's database.
        caller: the cook.
        place: meal session and dish.
        wanted: how much, and why; said again, it is the same decision.
        suggested: portions suggested at this moment; None: nothing.
        at: now.

    Raises:
        NotFound, NotOnTheMenu, MealIsOver, DecidedAtOnce: as they say.
    """
    session_id, dish_id = place
    meal, today = find_meal(session, caller, KITCHEN, session_id, at)
    _check_dish(session, session_id, dish_id)
    if meal.date < today:
        raise MealIsOver(msg("Look at its record instead."))
    before = newest_overrides(session, [session_id]).get(place)
    if before and (before.portions, before.reason) == (wanted.portions, wanted.reason):
        return as_override(before, names=True)
    row = OverrideRow(
        session_id=session_id,
        dish_id=dish_id,
        number=before.number + 1 if before else 1,
        portions=wanted.portions,
        suggested=suggested,
        reason=wanted.reason,
        made_by=caller.person_id,
        made_by_name=caller.name,
        made_at=at,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise DecidedAtOnce(msg("Look at the plan and decide again.")) from error
    return as_override(row, names=True)


def add_refill(
    session: Session, caller: Identity, session_id: UUID, wanted: RefillCreate, at: datetime
) -> Refill:
    """Note a small batch that was cooked during a meal.

    Raises:
        NotFound, NotOnTheMenu, NotServedToday: as they say.
    """
    meal, today = find_meal(session, caller, KITCHEN, session_id, at)
    _check_dish(session, session_id, wanted.dish_id)
    if meal.date != today:
        raise NotServedToday(msg("Refills are noted on the day of the meal."))
    row = RefillRow(session_id=session_id, dish_id=wanted.dish_id, portions=wanted.portions, at=at)
    session.add(row)
    session.flush()
    return Refill(
        id=row.id,
        meal_session_id=session_id,
        dish_id=row.dish_id,
        portions=row.portions,
        at=row.at,
    )


def remove_refill(
    session: Session, caller: Identity, session_id: UUID, refill_id: UUID, at: datetime
) -> None:
    """Take a noted batch back on the day of its meal; a second time changes nothing.

    Raises:
        NotFound, NotServedToday: as they say.
    """
    meal, today = find_meal(session, caller, KITCHEN, session_id, at)
    if meal.date != today:
        raise NotServedToday(msg("Refills are noted on the day of the meal."))
    session.execute(
        delete(RefillRow).where(
            col(RefillRow.id) == refill_id, col(RefillRow.session_id) == session_id
        )
    )


def list_overrides(
    session: Session, caller: Identity, canteen_id: UUID, period: Period
) -> list[DishOverride]:
    """Return what was decided about a canteen's meals of some days, the newest 500.

    Raises:
        NotFound, Forbidden: no such canteen, or the caller does not work in its kitchen.
    """
    find_canteen(session, caller, KITCHEN, canteen_id)
    found = session.execute(
        select(OverrideRow, SessionRow, DishRow.name)
        .join(SessionRow, col(SessionRow.id) == OverrideRow.session_id)
        .outerjoin(DishRow, col(DishRow.id) == OverrideRow.dish_id)
        .where(
            SessionRow.canteen_id == canteen_id,
            col(SessionRow.date).between(period.first, period.last),
        )
        .order_by(col(OverrideRow.made_at).desc(), col(OverrideRow.number).desc())
        .limit(_MOST_LISTED)
    )
    return [
        DishOverride(
            **as_override(row, names=True).model_dump(),
            meal_session_id=meal.id,
            date=meal.date,
            meal=Meal(meal.meal),
            dish_id=row.dish_id,
            dish=name,
        )
        for row, meal, name in found
    ]


def newest_overrides(session: Session, session_ids: Sequence[UUID]) -> dict[Key, OverrideRow]:
    """Return what was decided last, by meal and dish."""
    found = (
        select(OverrideRow)
        .where(col(OverrideRow.session_id).in_(session_ids))
        .order_by(col(OverrideRow.number))
    )
    return {(row.session_id, row.dish_id): row for row in session.exec(found)}


def refilled(session: Session, session_id: UUID) -> dict[UUID, int]:
    """Return the portions of small batches that were cooked, by dish."""
    return {dish: portions for (_, dish), portions in refilled_at(session, [session_id]).items()}


def refilled_at(session: Session, session_ids: Sequence[UUID]) -> dict[Key, int]:
    """Return the portions of small batches that were cooked, by meal and dish."""
    found = (
        select(RefillRow.session_id, RefillRow.dish_id, func.sum(RefillRow.portions))
        .where(col(RefillRow.session_id).in_(session_ids))
        .group_by(col(RefillRow.session_id), col(RefillRow.dish_id))
    )
    return {(meal, dish): int(portions) for meal, dish, portions in session.exec(found)}


def as_override(row: OverrideRow, *, names: bool) -> ProductionOverride:
    """Return a stored decision as the contract says it."""
    return ProductionOverride(
        number=row.number,
        portions=row.portions,
        suggested_portions=row.suggested,
        reason=row.reason,
        made_by=row.made_by_name if names else None,
        made_at=row.made_at,
    )


def _check_dish(session: Session, session_id: UUID, dish_id: UUID) -> None:
    menu = session.get(SessionMenuRow, session_id)
    if menu is None or all(dish["dish_id"] != str(dish_id) for dish in menu.dishes):
        raise NotOnTheMenu(msg("Choose a dish from the menu of this meal."))
