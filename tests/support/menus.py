"""Meals for tests: opened by a manager, eaten by diners."""

import uuid
from datetime import timedelta

from support.identities import bearer
from support.services import CANTEEN, ORGANIZATION, ServiceUnderTest

MENU = "/api/v1/menu"
_UNSAID = {"meal_session_id", "counted_by"}


async def open_meal(service: ServiceUnderTest, canteen_id=CANTEEN, **changes) -> dict:
    """Open tomorrow's lunch, with the cut-off in an hour."""
    wanted = {
        "canteen_id": str(canteen_id),
        "date": (service.clock.at + timedelta(1)).date().isoformat(),
        "meal": "lunch",
        "cutoff_at": (service.clock.at + timedelta(hours=1)).isoformat(),
        "capacity": 50,
        "dishes": [],
    }
    answer = await service.client.post(
        f"{MENU}/meal-sessions", json=wanted | changes, headers=bearer("manager", canteen_id)
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def register(service: ServiceUnderTest, meal: dict, person_id=None, **changes):
    """Send a diner's registration; return the answer."""
    headers = bearer("diner", uuid.UUID(meal["canteen_id"]), person_id=person_id or uuid.uuid4())
    wanted = {"meal_session_id": meal["id"], "portion": "full"} | changes
    return await service.client.post(f"{MENU}/registrations", json=wanted, headers=headers)


async def check_in(service: ServiceUnderTest, *items: dict, canteen_id=CANTEEN) -> list[dict]:
    """Send check-ins as a cook; return the outcome of each."""
    whole = [{"id": str(uuid.uuid4()), "at": service.clock.at.isoformat()} | item for item in items]
    answer = await service.client.post(
        f"{MENU}/check-ins:batch", json={"items": whole}, headers=bearer("cook", canteen_id)
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


async def attendance(service: ServiceUnderTest, meal: dict) -> dict:
    """Return who came, in numbers alone."""
    answer = await service.client.get(
        f"{MENU}/meal-sessions/{meal['id']}/attendance",
        headers=bearer("cook", uuid.UUID(meal["canteen_id"])),
    )
    assert answer.status_code == 200, answer.text
    return {key: value for key, value in answer.json().items() if key not in _UNSAID}


async def import_file(service: ServiceUnderTest, kind: str, content: bytes, **options):
    """Send a file as the manager of all canteens of one organisation; return the answer."""
    headers = options.pop("headers", None) or bearer("manager", organization_id=ORGANIZATION)
    return await service.client.post(
        f"{MENU}/imports/{kind}",
        files={"file": (options.pop("name", "table.csv"), content)},
        params=options,
        headers=headers,
    )
