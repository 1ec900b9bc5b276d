"""Patterns, absences and units for tests."""

import uuid
from datetime import timedelta

from cleanplate_shared.contracts.directory import KnownPerson, PeopleChanged
from support.identities import bearer
from support.menus import MENU
from support.services import CANTEEN, ServiceUnderTest

UNIT = uuid.UUID("00000000-0000-4000-8000-0000000000d1")
OTHER_UNIT = uuid.UUID("00000000-0000-4000-8000-0000000000d2")
WORKDAYS = [1, 2, 3, 4, 5]
_AT_ANY_TIME = {"iat": 1_600_000_000, "exp": 4_000_000_000}  # the tests set the clock


def a_person(number: int, /, **changes: object) -> KnownPerson:
    """Return a person of the unit who eats at the canteen."""
    person = KnownPerson(
        id=uuid.UUID(int=number),
        name=f"员工{number}",
        number=f"A{number:04}",
        unit_id=UNIT,
        unit="办公室",
        canteen_ids=[CANTEEN],
        active=True,
        version=1,
    )
    return person.model_copy(update=changes)


async def know(service: ServiceUnderTest, *people: KnownPerson) -> None:
    """Tell the service of people, as the directory does."""
    assert await service.tell(PeopleChanged(people=list(people))) == 1


def as_(person: KnownPerson, **changes: object) -> dict[str, str]:
    """Return the request headers of a person, as a diner."""
    return bearer("diner", CANTEEN, person_id=person.id, **_AT_ANY_TIME | changes)


def a_manager(canteen_id: uuid.UUID = CANTEEN) -> dict[str, str]:
    """Return the request headers of a canteen's manager."""
    return bearer("manager", canteen_id, **_AT_ANY_TIME)


async def meal_on(service: ServiceUnderTest, day: str, **changes: object) -> dict:
    """Open a lunch of a day that can be registered for during the next five hours."""
    wanted = {
        "canteen_id": str(CANTEEN),
        "date": day,
        "meal": "lunch",
        "cutoff_at": (service.clock.at + timedelta(hours=5)).isoformat(),
        "capacity": 50,
    }
    answer = await service.client.post(
        f"{MENU}/meal-sessions", json=wanted | changes, headers=a_manager()
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def register(service: ServiceUnderTest, person: KnownPerson, meal: dict, **changes: object):
    """Send a person's own registration; return the answer."""
    wanted = {"meal_session_id": meal["id"], "portion": "full"} | changes
    return await service.client.post(f"{MENU}/registrations", json=wanted, headers=as_(person))


async def put(service: ServiceUnderTest, path: str, headers: dict, **body: object):
    """Send a PUT; return the answer."""
    return await service.client.put(f"{MENU}{path}", json=body, headers=headers)


async def set_pattern(service: ServiceUnderTest, person: KnownPerson, **changes: object) -> dict:
    """Set a person's pattern for lunches; return the answer's body."""
    wanted = {"weekdays": WORKDAYS} | changes
    answer = await put(service, f"/patterns/{CANTEEN}/lunch", as_(person), **wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def add_absence(
    service: ServiceUnderTest, person: KnownPerson, first: str, last: str | None = None
) -> dict:
    """Note that a person is away; return the answer's body."""
    body = {"first_day": first, "last_day": last or first, "kind": "leave"}
    answer = await service.client.post(f"{MENU}/absences", json=body, headers=as_(person))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def set_mode(
    service: ServiceUnderTest, mode: str, unit: uuid.UUID = UNIT, **params: object
) -> dict:
    """Set how a unit's people come to be registered for lunch; return the answer's body."""
    answer = await service.client.put(
        f"{MENU}/canteens/{CANTEEN}/unit-modes",
        json={"unit_id": str(unit), "meal": "lunch", "mode": mode},
        params=params,
        headers=a_manager(),
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def standing(service: ServiceUnderTest, person: KnownPerson) -> dict[str, dict]:
    """Return a person's standing registrations by day."""
    answer = await service.client.get(
        f"{MENU}/registrations/mine",
        params={"date_from": "2026-01-01", "date_to": "2027-01-31"},
        headers=as_(person),
    )
    assert answer.status_code == 200, answer.text
    return {item["date"]: item for item in answer.json()["items"]}


async def cancel(service: ServiceUnderTest, person: KnownPerson, day: str) -> None:
    """Cancel a person's registration of a day."""
    mine = (await standing(service, person))[day]
    answer = await service.client.delete(f"{MENU}/registrations/{mine['id']}", headers=as_(person))
    assert answer.status_code == 204, answer.text
