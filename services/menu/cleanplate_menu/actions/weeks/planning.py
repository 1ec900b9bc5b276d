"""Planning a week from the meals of another."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu import domain
from cleanplate_menu.actions.sessions import MEAL_ORDER
from cleanplate_menu.actions.weeks.opening import cutoff_of, write_meals
from cleanplate_menu.actions.weeks.rules import lock_canteen, rules_of
from cleanplate_menu.models import DishRow, MealSessionRow, SessionDishRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import DishState, ServiceMode
from cleanplate_shared.contracts.menu_weeks import (
    DishOnMenu,
    MadeMeal,
    MealOfWeek,
    MealRule,
    SkippedMeal,
    SkipReason,
    WeekCopy,
    WeekPlanned,
    WeekTarget,
)
from cleanplate_shared.db import instant
from cleanplate_shared.errors import Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.known import set_days
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_shared.workdays import DayKind, day_kind


class WeekEmpty(Unprocessable, title=msg("No meal is planned in that week")):
    """There is nothing to copy or to keep."""


@dataclass(frozen=True)
class _Week:
    """What is decided while a week is planned."""

    canteen: KnownCanteenRow
    rules: dict[Meal, MealRule]
    taken: set[tuple[date, str]]
    at: datetime
    rows: dict[UUID, MealSessionRow] = field(default_factory=dict)
    menus: dict[UUID, list[DishOnMenu]] = field(default_factory=dict)
    skipped: list[SkippedMeal] = field(default_factory=list)


def copy_week(session: Session, caller: Identity, wanted: WeekCopy) -> WeekPlanned:
    """Plan a week as another one was planned; meals that are there are left alone.

    Raises:
        NotFound, Forbidden: not a canteen that the caller manages.
        WeekEmpty: no meal is planned in the week to copy.
        MealSessionExists: somebody planned one of the meals in the meantime.
    """
    canteen = lock_canteen(session, caller, wanted.canteen_id)
    return plan_week(session, canteen, meals_of_week(session, canteen, wanted.from_week), wanted)


def meals_of_week(session: Session, canteen: KnownCanteenRow, day: date) -> list[MealOfWeek]:
    """Return the meals of a week as they can be planned again.

    Raises:
        WeekEmpty: there are none.
    """
    rows = _meals(session, canteen.id, domain.monday_of(day))
    if not rows:
        raise WeekEmpty(msg("Choose a week that has meals."))
    menus = _menus(session, [row.id for row in rows])
    ordered = sorted(rows, key=lambda row: (row.day, MEAL_ORDER.index(Meal(row.meal))))
    return [
        MealOfWeek(
            weekday=row.day.isoweekday(),
            meal=Meal(row.meal),
            capacity=row.capacity,
            service_mode=ServiceMode(row.service_mode),
            serves_from=_clock_time(row.serves_from, canteen),
            serves_until=_clock_time(row.serves_until, canteen),
            dishes=menus[row.id],
        )
        for row in ordered
    ]


def plan_week(
    session: Session, canteen: KnownCanteenRow, meals: Sequence[MealOfWeek], target: WeekTarget
) -> WeekPlanned:
    """Plan these meals on the workdays of a week, each with a cut-off of its own.

    Raises:
        MealSessionExists: somebody planned one of the meals in the meantime.
    """
    monday = domain.monday_of(target.week)
    taken = {(row.day, row.meal) for row in _meals(session, canteen.id, monday)}
    week = _Week(canteen, rules_of(session, canteen.id), taken, instant(session))
    by_hand = set_days(session)
    for number in range(7):
        kind = day_kind(monday + timedelta(number), by_hand)
        _plan_day(week, kind, meals, target.make_up_as)
    left_out = _leave_out_retired(session, week)
    write_meals(session, week.rows, week.menus)
    made = [
        MadeMeal(meal_session_id=row.id, date=row.day, meal=Meal(row.meal))
        for row in week.rows.values()
    ]
    return WeekPlanned(made=made, skipped=week.skipped, left_out=left_out)


def _plan_day(
    week: _Week, kind: DayKind, meals: Sequence[MealOfWeek], make_up_as: int | None
) -> None:
    weekday = domain.menu_of(
        kind.day, make_up_as, is_workday=kind.is_workday, is_make_up=kind.is_make_up
    )
    if weekday is not None:
        for meal in meals:
            if meal.weekday == weekday:
                _plan_meal(week, kind.day, meal)
    elif kind.is_workday:
        usual = {meal.meal for meal in meals}
        _skip(week, kind.day, [meal for meal in Meal if meal in usual], SkipReason.MAKE_UP_DAY)
    else:
        own = [meal.meal for meal in meals if meal.weekday == kind.day.isoweekday()]
        _skip(week, kind.day, own, SkipReason.REST_DAY)


def _plan_meal(week: _Week, day: date, meal: MealOfWeek) -> None:
    where = zone(week.canteen.time_zone)
    cutoff_at = cutoff_of(week.rules.get(meal.meal), day, where)
    if (day, meal.meal.value) in week.taken:
        _skip(week, day, [meal.meal], SkipReason.EXISTS)
    elif cutoff_at <= week.at:
        _skip(week, day, [meal.meal], SkipReason.TOO_LATE)
    else:
        row = MealSessionRow(
            canteen_id=week.canteen.id,
            day=day,
            meal=meal.meal.value,
            cutoff_at=cutoff_at,
            capacity=meal.capacity,
            service_mode=meal.service_mode.value,
            serves_from=domain.at_clock(day, meal.serves_from, where) if meal.serves_from else None,
            serves_until=(
                domain.at_clock(day, meal.serves_until, where) if meal.serves_until else None
            ),
        )
        week.rows[row.id], week.menus[row.id] = row, meal.dishes


def _skip(week: _Week, day: date, meals: Sequence[Meal], reason: SkipReason) -> None:
    week.skipped.extend(SkippedMeal(date=day, meal=meal, reason=reason) for meal in meals)


def _leave_out_retired(session: Session, week: _Week) -> list[str]:
    """Take retired dishes off the new menus; return their names."""
    wanted = {dish.dish_id for menu in week.menus.values() for dish in menu}
    retired = select(DishRow.id, DishRow.name).where(
        col(DishRow.id).in_(wanted), DishRow.state == DishState.RETIRED.value
    )
    names = dict(session.exec(retired).all())
    for session_id, menu in week.menus.items():
        week.menus[session_id] = [dish for dish in menu if dish.dish_id not in names]
    return sorted(names.values())


def _meals(session: Session, canteen_id: UUID, monday: date) -> Sequence[MealSessionRow]:
    found = select(MealSessionRow).where(
        MealSessionRow.canteen_id == canteen_id,
        col(MealSessionRow.day).between(monday, monday + timedelta(6)),
    )
    return session.exec(found).all()


def _menus(session: Session, session_ids: Sequence[UUID]) -> dict[UUID, list[DishOnMenu]]:
    menus: dict[UUID, list[DishOnMenu]] = {session_id: [] for session_id in session_ids}
    found = (
        select(SessionDishRow)
        .where(col(SessionDishRow.meal_session_id).in_(session_ids))
        .order_by(col(SessionDishRow.position))
    )
    for place in session.exec(found):
        menus[place.meal_session_id].append(DishOnMenu(dish_id=place.dish_id, choice=place.choice))
    return menus


def _clock_time(instant_: datetime | None, canteen: KnownCanteenRow) -> str | None:
    if instant_ is None:
        return None
    return instant_.astimezone(zone(canteen.time_zone)).strftime("%H:%M")
