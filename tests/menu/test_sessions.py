from datetime import timedelta

from support.identities import bearer
from support.menus import MENU, open_meal, register
from support.services import CANTEEN, OTHER_CANTEEN


async def post(service, role="manager", **changes):
    day = (service.clock.at + timedelta(2)).date()
    wanted = {
        "canteen_id": str(CANTEEN), "date": day.isoformat(), "meal": "lunch",
        "cutoff_at": f"{day.isoformat()}T09:00:00+08:00", "capacity": 5, "dishes": [],
    }  # fmt: skip
    return await service.client.post(
        f"{MENU}/meal-sessions", json=wanted | changes, headers=bearer(role, CANTEEN)
    )


async def test_a_meal_is_opened_once_by_a_manager_before_its_day_ends(service):
    day = (service.clock.at + timedelta(2)).date().isoformat()
    other_dish = await service.client.post(
        f"{MENU}/dishes",
        json={"canteen_id": str(OTHER_CANTEEN), "name": "x", "kind": "soup", "portion_grams": 1},
        headers=bearer("manager", OTHER_CANTEEN),
    )
    cases = [
        ({"role": "cook"}, 403, "Forbidden"),
        ({"role": "diner"}, 403, "Forbidden"),
        ({"canteen_id": str(OTHER_CANTEEN)}, 404, "NotFound"),
        ({"cutoff_at": f"{day}T16:00:00Z"}, 422, "CutoffTooLate"),
        ({"cutoff_at": f"{day}T09:00:00"}, 422, "Unprocessable"),
        ({"capacity": -1}, 422, "Unprocessable"),
        ({"capacity": 2.5}, 422, "Unprocessable"),
        ({"dishes": [other_dish.json()["id"]]}, 422, "UnknownDish"),
        ({"registered": 5}, 422, "Unprocessable"),
    ]
    for changes, status, code in cases:
        answer = await post(service, **changes)
        assert (answer.status_code, answer.json()["type"]) == (status, code), answer.text
    assert (await post(service, cutoff_at=f"{day}T15:59:59Z")).status_code == 201
    again = await post(service)
    assert (again.status_code, again.json()["type"]) == (409, "MealSessionExists")


async def test_ranges_are_bounded(service):
    for first, last in (("2026-03-02", "2026-03-01"), ("2026-01-01", "2027-03-01")):
        for path in (f"meal-sessions?canteen_id={CANTEEN}&", "registrations/mine?"):
            answer = await service.client.get(
                f"{MENU}/{path}date_from={first}&date_to={last}", headers=bearer("diner", CANTEEN)
            )
            assert (answer.status_code, answer.json()["type"]) == (422, "PeriodRefused")


async def test_seats_that_are_taken_cannot_be_taken_away(service):
    meal = await open_meal(service, capacity=3)
    for _ in range(2):
        await register(service, meal)
    place = f"{MENU}/meal-sessions/{meal['id']}/capacity"
    for capacity, status in ((1, 409), (2, 200)):
        answer = await service.client.put(
            place, json={"capacity": capacity}, headers=bearer("manager", CANTEEN)
        )
        assert answer.status_code == status
    assert answer.json()["capacity"] == 2
    assert (await register(service, meal)).json()["type"] == "SessionFull"
