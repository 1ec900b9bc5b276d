"""Meals for tests: opened by a manager, eaten by diners."""

import uuid
from datetime import UTC, datetime, timedelta

from support.identities import bearer
from support.services import CANTEEN, ORGANIZATION, ServiceUnderTest

MENU = "/api/v1/menu"
_UNSAID = {"meal_session_id", "counted_by"}


def _as(service: ServiceUnderTest, role: str, canteen_id: uuid.UUID, **more) -> dict[str, str]:
    """Return the request header of somebody who is signed in now, by the machine and the test."""
    latest = max(service.clock.at, datetime.now(UTC)) + timedelta(minutes=15)
    return bearer(role, canteen_id, exp=latest.timestamp(), **more)


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
        f"{MENU}/meal-sessions", json=wanted | changes, headers=_as(service, "manager", canteen_id)
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def register(service: ServiceUnderTest, meal: dict, person_id=None, **changes):
    """Send a diner's registration; return the answer."""
    canteen_id = uuid.UUID(meal["canteen_id"])
    headers = _as(service, "diner", canteen_id, person_id=person_id or uuid.uuid4())
    wanted = {"meal_session_id": meal["id"], "portion": "full"} | changes
    return await service.client.post(f"{MENU}/registrations", json=wanted, headers=headers)


async def check_in(service: ServiceUnderTest, *items: dict, canteen_id=CANTEEN) -> list[dict]:
    """Send check-ins as a cook; return the outcome of each."""
    whole = [{"id": str(uuid.uuid4()), "at": service.clock.at.isoformat()} | item for item in items]
    answer = await service.client.post(
        f"{MENU}/check-ins:batch", json={"items": whole}, headers=_as(service, "cook", canteen_id)
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


async def attendance(service: ServiceUnderTest, meal: dict) -> dict:
    """Return who came, in numbers alone."""
    answer = await service.client.get(
        f"{MENU}/meal-sessions/{meal['id']}/attendance",
        headers=_as(service, "cook", uuid.UUID(meal["canteen_id"])),
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
