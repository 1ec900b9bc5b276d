"""Which meals a diner may rate: those they ate, for a few days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlmodel import Session, col

from cleanplate_menu.actions.registering.whose import OWN_SEAT
from cleanplate_menu.domain import rating
from cleanplate_menu.models import (
    CHECK_INS,
    CheckInRow,
    DishRow,
    MealSessionRow,
    RatedRow,
    RegistrationRow,
    SessionDishRow,
)
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import DishKind
from cleanplate_shared.contracts.menu_survey import DueDish, RatingDue
from cleanplate_shared.identity import Identity
from cleanplate_shared.tables import KnownCanteenRow

_NEAR = timedelta(rating.DAYS_TO_RATE + 1)  # wide enough for any zone


@dataclass(frozen=True)
class Eaten:
    """A diner's own registration, and what says whether it may be rated.

    Attributes:
        came: the diner was checked in.
        door_used: somebody was, at this meal; who was not did not come.
    """

    registration: RegistrationRow
    meal: MealSessionRow
    canteen: KnownCanteenRow
    came: bool
    door_used: bool
    rated: bool

    def was_served(self, at: datetime) -> bool:
        """Say whether the diner ate: checked in, or at a door that is not used, once it is over."""
        if self.meal.closed_reason is not None:
            return False
        return self.came or (not self.door_used and self._is_over(at))

    def is_in_time(self, at: datetime) -> bool:
        """Say whether the meal's day is here and the last day to rate it has not passed."""
        today = at.astimezone(zone(self.canteen.time_zone)).date()
        return self.meal.day <= today <= rating.last_day_to_rate(self.meal.day)

    def offers(self, choice: str | None, dish_id: UUID) -> bool:
        """Say whether the diner had a dish: of their set, or among what they picked."""
        picked = self.registration.dishes
        mine = choice is None or choice == self.registration.choice
        return mine and (not picked or str(dish_id) in picked)

    def _is_over(self, at: datetime) -> bool:
        meal, local = self.meal, zone(self.canteen.time_zone)
        return rating.is_over(meal.day, meal.meal, local, meal.serves_until, at)


def list_due(session: Session, caller: Identity, at: datetime) -> list[RatingDue]:
    """Return the meals that the caller ate and may still rate, the latest first."""
    near = col(MealSessionRow.day).between(at.date() - _NEAR, at.date() + timedelta(1))
    found = [_as_eaten(*row) for row in session.execute(_own(caller).where(near))]
    due = [one for one in found if not one.rated and one.is_in_time(at) and one.was_served(at)]
    dishes = menu_of(session, due)
    shown = [
        _as_due(one, dishes[one.registration.id]) for one in due if dishes[one.registration.id]
    ]
    return sorted(shown, key=lambda one: (one.date, list(Meal).index(one.meal)), reverse=True)


def find_eaten(session: Session, caller: Identity, registration_id: UUID) -> Eaten | None:
    """Return one of the caller's own registrations for a seat; None if there is no such one."""
    row = session.execute(_own(caller).where(col(RegistrationRow.id) == registration_id)).first()
    return _as_eaten(*row) if row else None


def menu_of(session: Session, eaten: Sequence[Eaten]) -> dict[UUID, list[DueDish]]:
    """Return by registration the dishes that its diner had, in the order of the menu."""
    found = (
        select(col(SessionDishRow.meal_session_id), col(SessionDishRow.choice), DishRow)
        .join(DishRow, col(DishRow.id) == SessionDishRow.dish_id)
        .where(col(SessionDishRow.meal_session_id).in_([one.meal.id for one in eaten]))
        .order_by(col(SessionDishRow.position))
    )
    menus: dict[UUID, list[DueDish]] = {one.registration.id: [] for one in eaten}
    by_meal = {one.meal.id: one for one in eaten}  # a diner has one seat at a meal
    for session_id, choice, dish in session.execute(found):
        one = by_meal[session_id]
        if one.offers(choice, dish.id):
            shown = DueDish(id=dish.id, name=dish.name, kind=DishKind(dish.kind))
            menus[one.registration.id].append(shown)
    return menus


def _own(
    caller: Identity,
) -> Select[RegistrationRow, MealSessionRow, KnownCanteenRow, UUID, bool, UUID]:
    anybody = CHECK_INS.alias()
    door_used = exists().where(anybody.c.meal_session_id == col(MealSessionRow.id))
    return (
        select(
            RegistrationRow,
            MealSessionRow,
            KnownCanteenRow,
            col(CheckInRow.id),
            door_used,
            col(RatedRow.registration_id),
        )
        .select_from(RegistrationRow)
        .join(MealSessionRow, col(MealSessionRow.id) == RegistrationRow.meal_session_id)
        .join(KnownCanteenRow, col(KnownCanteenRow.id) == MealSessionRow.canteen_id)
        .outerjoin(CheckInRow, col(CheckInRow.registration_id) == RegistrationRow.id)
        .outerjoin(RatedRow, col(RatedRow.registration_id) == RegistrationRow.id)
        .where(
            col(RegistrationRow.person_id) == caller.person_id,
            OWN_SEAT,
        )
    )


def _as_eaten(
    registration: RegistrationRow,
    meal: MealSessionRow,
    canteen: KnownCanteenRow,
    check_in: UUID | None,
    door_used: bool,
    rated: UUID | None,
) -> Eaten:
    return Eaten(
        registration, meal, canteen, check_in is not None, bool(door_used), rated is not None
    )


def _as_due(one: Eaten, dishes: list[DueDish]) -> RatingDue:
    day: date = one.meal.day
    return RatingDue(
        registration_id=one.registration.id,
        meal_session_id=one.meal.id,
        canteen_id=one.meal.canteen_id,
        date=day,
        meal=Meal(one.meal.meal),
        until=rating.last_day_to_rate(day),
        dishes=dishes,
    )
