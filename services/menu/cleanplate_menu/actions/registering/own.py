"""Finding one registration that the caller may change, with its meal locked."""

from uuid import UUID

from sqlmodel import Session

from cleanplate_menu.actions.planning.secretaries import may_act_for
from cleanplate_menu.actions.registering.freeing import stored
from cleanplate_menu.actions.registering.meals import Meal, Meals, lock_meals
from cleanplate_menu.actions.registering.rows import Stored
from cleanplate_menu.actions.registering.seats import meals_of
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity


def find_changeable(
    session: Session, caller: Identity, registration_id: UUID
) -> tuple[Stored, Meal]:
    """Return a registration and its meal, which stays locked until the transaction ends.

    Raises:
        NotFound: there is none, or it is somebody else's and the caller may not act for them.
    """
    meals = lock_meals(session, meals_of(session, [registration_id]))
    row = stored(session, [registration_id]).get(registration_id)
    if row is None or not may_change(session, caller, row, meals):
        raise no_such()
    return row, meals[row["meal_session_id"]]


def may_change(session: Session, caller: Identity, row: Stored, meals: Meals) -> bool:
    """Say whether a registration is the caller's own, or of somebody for whom they may act."""
    canteen = meals[row["meal_session_id"]].canteen
    if canteen is None:
        return False
    person_id: UUID = row["person_id"]
    return person_id == caller.person_id or may_act_for(session, caller, person_id, canteen)


def no_such() -> NotFound:
    """Return the refusal for a registration that there is not, or not for this caller."""
    return NotFound(msg("There is no such registration."))
