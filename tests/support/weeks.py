"""A week ahead with a lunch on each of five workdays, whatever the day of the test."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from cleanplate_gateway.embedded import local_administrator
from support.gateway import ZONE, House


def today_of(house: House) -> date:
    """Return the day at the canteen."""
    return house.clock().astimezone(ZONE).date()


async def serve_next_week(house: House) -> Mapping[date, str]:
    """Open the lunches that the town does not serve already; return the ids of all five."""
    headers = {"Authorization": f"Bearer {local_administrator(house.suite)}"}
    menu, directory = house.suite.peers["menu"], house.suite.peers["directory"]
    found = await menu.get(
        "/api/v1/menu/dishes", params={"canteen_id": house.town.canteen_id}, headers=headers
    )
    dishes = [dish["id"] for dish in found.json()["items"]]
    monday = today_of(house) + timedelta(days=7 - today_of(house).weekday())
    lunches = {}
    for day in (monday + timedelta(days=n) for n in range(5)):
        answer = await directory.put(
            f"/api/v1/directory/calendar/{day}", json={"is_workday": True}, headers=headers
        )
        assert answer.is_success, answer.text
        served = house.town.meals.get(((day - today_of(house)).days, "lunch"))
        lunches[day] = served or await _open(house, day, dishes, headers)
    await house.suite.settle()
    return lunches


async def _open(house: House, day: date, dishes: list[str], headers: Mapping[str, str]) -> str:
    body = {
        "canteen_id": house.town.canteen_id,
        "date": str(day),
        "meal": "lunch",
        "cutoff_at": datetime.combine(day, time(9, 30), ZONE).isoformat(),
        "capacity": 100,
        "dishes": dishes,
    }
    made = await house.suite.peers["menu"].post(
        "/api/v1/menu/meal-sessions", json=body, headers=dict(headers)
    )
    assert made.status_code == 201, made.text
    meal_session_id: str = made.json()["id"]
    return meal_session_id
