"""What the demo's canteens decided about their meals: rules, sets to choose from, a kept week."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx

from cleanplate_gateway.demo import town
from cleanplate_gateway.demo.plates import plate
from cleanplate_gateway.demo.year import CUTOFFS, DAYS_AHEAD
from cleanplate_gateway.installation import Opened

_MENU = "/api/v1/menu"
_HOURS = {
    "breakfast": ("07:20", "08:30"),
    "lunch": ("11:30", "13:00"),
    "dinner": ("17:30", "18:40"),
}
_WITH_SETS = "dinner"  # of the first canteen: set A or set B


def rules_of(plan: town.CanteenPlan) -> list[dict[str, Any]]:
    """Return how a canteen holds its meals."""
    return [
        {
            "meal": meal,
            "cutoff_days_before": -shift,
            "cutoff_time": f"{at:%H:%M}",
            "serves_from": _HOURS[meal][0],
            "serves_until": _HOURS[meal][1],
            "capacity": plan.capacity[meal],
            "service_mode": "choice" if _has_sets(plan, meal) else "buffet",
        }
        for meal, (shift, at) in CUTOFFS.items()
    ]


async def decide(opened: Opened) -> None:
    """Give the canteens their rules, and their dishes photos."""
    for canteen in await opened.items("/api/v1/directory/canteens"):
        place = f"{_MENU}/canteens/{canteen['id']}"
        rules = {"rules": rules_of(_plan(canteen["name"]))}
        (await opened.change("PUT", f"{place}/meal-rules", rules)).raise_for_status()
        settings = {"is_menu_public": True, "no_show_grace": 2, "remind_minutes": 60}
        (await opened.change("PUT", f"{place}/settings", settings)).raise_for_status()
        for dish in await opened.items(f"{_MENU}/dishes", canteen_id=canteen["id"]):
            picture = plate(dish["name"], dish["kind"])
            photo = f"{_MENU}/dishes/{dish['id']}/photo"
            (await opened.put_file(photo, "plate.png", picture)).raise_for_status()


async def offer_sets(opened: Opened, today: date) -> None:
    """Make sets A and B of the meals ahead that are served by choice."""
    (canteen,) = [
        one
        for one in await opened.items("/api/v1/directory/canteens")
        if one["name"] == town.CANTEENS[0].name
    ]
    ahead = await opened.items(
        f"{_MENU}/meal-sessions",
        canteen_id=canteen["id"],
        date_from=str(today + timedelta(days=1)),
        date_to=str(today + timedelta(days=DAYS_AHEAD)),
    )
    for meal in ahead:
        if meal["meal"] == _WITH_SETS and not any(dish["choice"] for dish in meal["dishes"]):
            dishes = {"dishes": list(_in_sets(meal["dishes"]))}
            place = f"{_MENU}/meal-sessions/{meal['id']}"
            _unless_late(await opened.change("PATCH", place, dishes))


async def keep_a_week(opened: Opened, today: date) -> None:
    """Keep this week's menu of each canteen for use again."""
    for canteen in await opened.items("/api/v1/directory/canteens"):
        body = {"canteen_id": canteen["id"], "name": "常规周菜单", "week": str(today)}
        _unless_late(await opened.post(f"{_MENU}/menu-templates", body))


def _in_sets(dishes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the dishes: the first of meat and vegetable is A, the second B, the rest for all."""
    seen: dict[str, int] = {}
    for dish in dishes:
        kind = dish["kind"]
        number = seen[kind] = seen.get(kind, -1) + 1
        in_sets = kind in {"meat", "vegetable"} and number < len("AB")
        yield {"dish_id": dish["id"], "choice": "AB"[number] if in_sets else None}


def _has_sets(plan: town.CanteenPlan, meal: str) -> bool:
    return plan is town.CANTEENS[0] and meal == _WITH_SETS


def _plan(name: str) -> town.CanteenPlan:
    return next(plan for plan in town.CANTEENS if plan.name == name)


def _unless_late(answer: httpx.Response) -> None:
    """Let a refusal of what visitors decided otherwise pass; anything else is a mistake of ours."""
    if answer.status_code not in {httpx.codes.CONFLICT, httpx.codes.UNPROCESSABLE_ENTITY}:
        answer.raise_for_status()
