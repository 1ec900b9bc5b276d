"""Ten seconds after a meal: a diner's stars for its dishes, kept without the diner."""

import random
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert
from sqlalchemy.dialects.postgresql import insert as insert_new
from sqlmodel import Session, col, select

from cleanplate_menu.actions.dishes import UnknownDish
from cleanplate_menu.actions.survey.due import Eaten, find_eaten, menu_of
from cleanplate_menu.domain import rating
from cleanplate_menu.models import (
    RATED,
    RATINGS,
    KnownPersonRow,
    MealSessionRow,
    RatedRow,
    RegistrationRow,
)
from cleanplate_shared.contracts.menu_registrations import RegistrationStatus
from cleanplate_shared.contracts.menu_survey import DishRating, Rated, RatingsCreate, RatingTag
from cleanplate_shared.errors import Conflict, NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity

_ONCE = (
    insert_new(RATED)
    .on_conflict_do_nothing()  # SQLite reads it the same way
    .execution_options(preserve_rowcount=True)
)
_shuffled = random.SystemRandom().sample


class NotServed(Conflict, title=msg("Only who ate a meal rates it")):
    """The diner was not checked in, or the meal is not over."""


class RatingClosed(Conflict, title=msg("The time for rating is over")):
    """The meal is more than 3 days ago, or still to come."""


class AlreadyRated(Conflict, title=msg("You have rated this meal")):
    """A registration rates once; what it said cannot be found again to change it."""


def rate(
    session: Session, caller: Identity, registration_id: UUID, wanted: RatingsCreate, at: datetime
) -> Rated:
    """Keep what a diner thinks of a meal's dishes, and apart from it that they have rated.

    Raises:
        NotFound: the caller has no such registration.
        RatingClosed, NotServed, AlreadyRated: as they say.
        UnknownDish: a dish was not on the diner's menu.
    """
    eaten = find_eaten(session, caller, registration_id)
    if eaten is None:
        raise NotFound(msg("There is no such registration."))
    _check(eaten, at)
    said = {one.dish_id: one for one in wanted.dishes}
    if not said.keys() <= {dish.id for dish in menu_of(session, [eaten])[registration_id]}:
        raise UnknownDish(msg("Choose dishes from the menu of this meal."))
    connection = session.connection()
    if connection.execute(_ONCE, {"registration_id": registration_id}).rowcount == 0:
        raise AlreadyRated(msg("Thank you; nobody can change a rating afterwards."))
    unit_id = _unit_to_tell(session, eaten)
    rows = [_values(eaten.meal, one, unit_id) for one in said.values()]
    connection.execute(insert(RATINGS), _shuffled(rows, len(rows)))
    return Rated(registration_id=registration_id, dishes=len(rows))


def forget_rated(session: Session, at: datetime) -> None:
    """Forget who has rated meals that nobody may rate any more."""
    oldest = at.date() - rating.KEPT
    over = select(RegistrationRow.id).join(MealSessionRow).where(col(MealSessionRow.day) < oldest)
    session.execute(delete(RatedRow).where(col(RatedRow.registration_id).in_(over)))


def _check(eaten: Eaten, at: datetime) -> None:
    if not eaten.is_in_time(at):
        raise RatingClosed(
            msg("A meal is rated on its day and for {days} days.", days=rating.DAYS_TO_RATE)
        )
    if not eaten.was_served(at):
        raise NotServed(msg("You can rate this meal after you have eaten it."))


def _unit_to_tell(session: Session, eaten: Eaten) -> UUID | None:
    """Return the diner's unit if enough of its people had a seat at the meal to hide among."""
    person = session.get(KnownPersonRow, eaten.registration.person_id)
    if person is None or person.unit_id is None:
        return None
    there = (
        select(func.count())
        .select_from(RegistrationRow)
        .join(KnownPersonRow, col(KnownPersonRow.id) == RegistrationRow.person_id)
        .where(
            RegistrationRow.meal_session_id == eaten.meal.id,
            RegistrationRow.status == RegistrationStatus.REGISTERED.value,
            KnownPersonRow.unit_id == person.unit_id,
        )
    )
    return person.unit_id if session.exec(there).one() >= rating.LEAST_OF_A_UNIT else None


def _values(meal: MealSessionRow, said: DishRating, unit_id: UUID | None) -> dict[str, object]:
    return {
        "id": uuid4(),
        "canteen_id": meal.canteen_id,
        "dish_id": said.dish_id,
        "day": meal.day,
        "unit_id": unit_id,
        "stars": said.stars,
        "tags": " ".join(tag.value for tag in RatingTag if tag in said.tags),
    }
