"""The plan of a week: a grid of days and meals, what plans a meal, and what plans a week."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse

from cleanplate_gateway.faces.client import Refused, fetch, fetch_all
from cleanplate_gateway.faces.desk.forms import Form
from cleanplate_gateway.faces.places import Place, meals_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.directory import CalendarDay
from cleanplate_shared.contracts.menu import Dish, DishKind, DishState
from cleanplate_shared.contracts.menu_weeks import MealRules, MenuTemplate, WeekPlanned
from cleanplate_shared.i18n import Message, msg

_WEEK = timedelta(days=7)
_KINDS = (DishKind.MEAT, DishKind.VEGETABLE, DishKind.SOUP, DishKind.STAPLE, DishKind.SIDE)


@dataclass(frozen=True)
class Said:
    """What the page says beside the week: forms as they were typed, and what was planned."""

    meal: Form | None = None
    copy: Form = field(default_factory=lambda: Form("copy"))
    keep: Form = field(default_factory=lambda: Form("keep"))
    apply: Form = field(default_factory=lambda: Form("apply"))
    planned: WeekPlanned | None = None
    status: int = 200


async def show_week(request: Request, place: Place, day: date, said: Said) -> HTMLResponse:
    """Return the page about the week of a day."""
    monday = day - timedelta(days=day.weekday())
    dishes, no_dishes = await dishes_of(request, place)
    templates, rules = await _kept(request, place)
    meal = said.meal or blank_meal(place)
    return render(
        request,
        "desk/meals.html",
        said.status,
        place=place,
        meals=await meals_of(request, place, monday, days=7),
        days=[monday + timedelta(days=n) for n in range(7)],
        kinds_of_day=await _kinds_of_day(request, monday),
        before=monday - _WEEK,
        after=monday + _WEEK,
        dishes=dishes,
        no_dishes=no_dishes,
        templates=templates,
        ruled={rule.meal for rule in rules.rules},
        typed=meal,
        said=said,
        kinds_of_meal=list(Meal),
        page="meals",
    )


def blank_meal(place: Place, day: date | None = None, meal: Meal = Meal.LUNCH) -> Form:
    """Return the form of a new meal; seats and cut-off follow from the canteen's rule."""
    day = day or place.today + timedelta(days=1)
    return Form("meal", {"day": day.isoformat(), "meal": meal.value, "capacity": "", "cutoff": ""})


async def dishes_of(
    request: Request, place: Place, on_menu: Collection[UUID] = ()
) -> tuple[Mapping[DishKind, Sequence[Dish]], Message | None]:
    """Return the library by kind in the order of a menu, or why it cannot be shown.

    Retired dishes are not in it, but for those that are on the menu already.
    """
    try:
        dishes = await fetch_all(request, "menu", "/dishes", Dish, canteen_id=place.canteen.id)
    except Refused as refusal:
        return {}, msg("The dishes cannot be shown: {why}", why=refusal.words)
    there = [dish for dish in dishes if dish.state is not DishState.RETIRED or dish.id in on_menu]
    by_kind = {kind: [dish for dish in there if dish.kind == kind] for kind in _KINDS}
    none = msg("There are no dishes yet; import them first.")
    return {kind: found for kind, found in by_kind.items() if found}, None if dishes else none


async def _kept(request: Request, place: Place) -> tuple[list[MenuTemplate], MealRules]:
    canteen_id = place.canteen.id
    try:
        return (
            await fetch_all(
                request, "menu", "/menu-templates", MenuTemplate, canteen_id=canteen_id
            ),
            await fetch(request, "menu", f"/canteens/{canteen_id}/meal-rules", MealRules),
        )
    except Refused:
        return [], MealRules(rules=[])


async def _kinds_of_day(request: Request, monday: date) -> dict[date, CalendarDay]:
    try:
        days = await fetch_all(
            request,
            "directory",
            "/calendar",
            CalendarDay,
            date_from=monday,
            date_to=monday + _WEEK - timedelta(days=1),
        )
    except Refused:
        return {}
    return {day.day: day for day in days}
