"""Opening meals for registration, as the canteen's rules say where nothing else is said."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cleanplate_menu import domain
from cleanplate_menu.actions.dishes import check_dishes
from cleanplate_menu.actions.menus.stamps import touch_menus
from cleanplate_menu.actions.sessions import as_sessions
from cleanplate_menu.actions.weeks.rules import rules_of
from cleanplate_menu.models import SESSION_DISHES, MealSessionRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.menu import MealSession, MealSessionCreate, ServiceMode
from cleanplate_shared.contracts.menu_weeks import DishOnMenu, MealRule
from cleanplate_shared.errors import Conflict, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import MANAGEMENT


class MealSessionExists(Conflict, title=msg("This meal is planned already")):
    """A canteen has one session of a meal on a day."""


class CutoffTooLate(Unprocessable, title=msg("The cut-off is too late")):
    """Registration must close before the day of the meal ends."""


class ServesBackwards(Unprocessable, title=msg("The meal would end before it begins")):
    """A meal is served from an earlier to a later instant."""


class SeatsUnknown(Unprocessable, title=msg("It is not said how many seats there are")):
    """The canteen has no rule for this meal, so its seats must be given."""


def open_session(session: Session, caller: Identity, wanted: MealSessionCreate) -> MealSession:
    """Open a meal of one day for registration.

    Raises:
        CutoffTooLate: the cut-off is not before the end of the day in the canteen's zone.
        SeatsUnknown: neither the request nor a rule of the canteen says how many.
        ServesBackwards: the meal would end before it begins.
        UnknownDish: a dish is not in the canteen's library.
        DishRetired: a dish is retired.
        MealSessionExists: the canteen has this meal on this day.
    """
    canteen = find_canteen(session, caller, MANAGEMENT, wanted.canteen_id)
    rule = rules_of(session, canteen.id).get(wanted.meal)
    row = _started(wanted, rule, zone(canteen.time_zone))
    check_cutoff(row.day, row.cutoff_at, zone(canteen.time_zone))
    check_hours(row.serves_from, row.serves_until)
    dishes = check_dishes(session, canteen.id, wanted.dishes)
    write_meals(session, {row.id: row}, {row.id: [DishOnMenu(dish_id=dish) for dish in dishes]})
    return as_sessions(session, [row])[0]


def cutoff_of(rule: MealRule | None, day: date, where: ZoneInfo) -> datetime:
    """Return when registration for a meal of `day` closes by the canteen's rule."""
    if rule is None:
        return domain.default_cutoff(day, where)
    return domain.at_clock(day - timedelta(rule.cutoff_days_before), rule.cutoff_time, where)


def check_cutoff(day: date, cutoff_at: datetime, where: ZoneInfo) -> None:
    """Make sure that registration closes before the day of the meal ends.

    Raises:
        CutoffTooLate: it would not.
    """
    if cutoff_at >= domain.end_of_day(day, where):
        raise CutoffTooLate(msg("Choose a cut-off before the day of the meal ends."))


def check_hours(serves_from: datetime | None, serves_until: datetime | None) -> None:
    """Make sure that a meal ends after it begins, where both are known.

    Raises:
        ServesBackwards: it would not.
    """
    if serves_from is not None and serves_until is not None and serves_until <= serves_from:
        raise ServesBackwards(msg("Choose an end that is later than the beginning."))


def write_meals(
    session: Session,
    rows: Mapping[UUID, MealSessionRow],
    menus: Mapping[UUID, Sequence[DishOnMenu]],
) -> None:
    """Write new meals and their menus.

    Raises:
        MealSessionExists: somebody planned one of them in the meantime.
    """
    session.add_all(rows.values())
    try:
        session.flush()
    except IntegrityError as error:
        raise MealSessionExists(msg("Change the one that is there.")) from error
    write_menus(session, menus)
    touch_menus(session, {row.canteen_id for row in rows.values()})


def write_menus(session: Session, menus: Mapping[UUID, Sequence[DishOnMenu]]) -> None:
    """Write the menus of meals, instead of those that they have."""
    if not menus:
        return
    session.connection().execute(
        delete(SESSION_DISHES).where(SESSION_DISHES.c.meal_session_id.in_(list(menus)))
    )
    rows = [
        {"meal_session_id": session_id, "dish_id": dish_id, "position": place, "choice": choice}
        for session_id, dishes in menus.items()
        for place, (dish_id, choice) in enumerate(
            {dish.dish_id: dish.choice for dish in dishes}.items()
        )
    ]
    if rows:
        session.connection().execute(insert(SESSION_DISHES), rows)


def by_rule(rule: MealRule | None, day: date, where: ZoneInfo) -> dict[str, Any]:
    """Return the cut-off, the hours and the mode of a meal by the canteen's rule."""
    if rule is None:
        return {
            "cutoff_at": domain.default_cutoff(day, where),
            "serves_from": None,
            "serves_until": None,
            "service_mode": ServiceMode.BUFFET.value,
        }
    return {
        "cutoff_at": cutoff_of(rule, day, where),
        "serves_from": domain.at_clock(day, rule.serves_from, where),
        "serves_until": domain.at_clock(day, rule.serves_until, where),
        "service_mode": rule.service_mode.value,
    }


def _started(wanted: MealSessionCreate, rule: MealRule | None, where: ZoneInfo) -> MealSessionRow:
    capacity = rule.capacity if wanted.capacity is None and rule else wanted.capacity
    if capacity is None:
        raise SeatsUnknown(msg("Say how many, or give the canteen a rule for this meal."))
    values = by_rule(rule, wanted.date, where)
    if wanted.serves_from is not None or wanted.serves_until is not None:
        values |= {"serves_from": wanted.serves_from, "serves_until": wanted.serves_until}
    if wanted.cutoff_at is not None:
        values["cutoff_at"] = wanted.cutoff_at
    if wanted.service_mode is not None:
        values["service_mode"] = wanted.service_mode.value
    return MealSessionRow(
        canteen_id=wanted.canteen_id,
        day=wanted.date,
        meal=wanted.meal.value,
        capacity=capacity,
        **values,
    )
