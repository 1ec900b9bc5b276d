"""Units with their people and secretaries, for tests of registering for others."""

import uuid

from cleanplate_menu.models import UnitSecretaryRow
from cleanplate_shared.contracts.directory import KnownPerson, PeopleChanged
from support.identities import bearer
from support.menus import MENU
from support.services import CANTEEN, OTHER_CANTEEN, ServiceUnderTest

UNIT = uuid.UUID("00000000-0000-4000-8000-0000000000d1")
OTHER_UNIT = uuid.UUID("00000000-0000-4000-8000-0000000000d2")
SECRETARY = uuid.UUID("00000000-0000-4000-8000-000000000100")
DINERS = [uuid.UUID(int=0x200 + n) for n in range(12)]  # of the unit, A0 to A11
OTHER = uuid.UUID("00000000-0000-4000-8000-000000000300")  # of another unit, B0
FOREIGN = uuid.UUID("00000000-0000-4000-8000-000000000400")  # of another canteen, C0


def person(person_id, number, unit=UNIT, canteen=CANTEEN, *, active=True) -> KnownPerson:
    """Return a person as the directory tells of them."""
    return KnownPerson(
        id=person_id, name=f"name of {number}", number=number, unit_id=unit, unit="综合处",
        canteen_ids=[canteen], active=active, version=1,
    )  # fmt: skip


async def people(service: ServiceUnderTest) -> None:
    """Make a unit with twelve diners and a secretary known, and two people of elsewhere."""
    known = [person(one, f"A{n}") for n, one in enumerate(DINERS)]
    known += [person(SECRETARY, "S0"), person(OTHER, "B0", OTHER_UNIT)]
    known += [person(FOREIGN, "C0", UNIT, OTHER_CANTEEN)]
    await service.tell(PeopleChanged(people=known))
    with service.db.transaction() as session:
        session.add(UnitSecretaryRow(canteen_id=CANTEEN, unit_id=UNIT, person_id=SECRETARY))


def secretary(**changes: object) -> dict[str, str]:
    """Return the request header of the unit's secretary, a diner."""
    return bearer("diner", CANTEEN, person_id=SECRETARY, **changes)


def manager(canteen_id=CANTEEN) -> dict[str, str]:
    """Return the request header of a manager who eats nowhere."""
    return bearer("manager", canteen_id)


async def batch(service: ServiceUnderTest, headers: dict[str, str], *items: dict) -> list[str]:
    """Send a batch of registrations; return each outcome, or why there is none."""
    whole = [{"id": str(uuid.uuid4())} | item for item in items]
    answer = await service.client.post(
        f"{MENU}/registrations:batch", json={"items": whole}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [one["id"] for one in results] == [item["id"] for item in whole]
    return [one["problem"]["type"] if one["problem"] else one["outcome"] for one in results]


async def group(service: ServiceUnderTest, meal: dict, headers=None, **changes):
    """Ask for seats for guests; return the answer."""
    wanted = {"meal_session_id": meal["id"], "kind": "guest", "headcount": 8}
    return await service.client.post(
        f"{MENU}/group-registrations", json=wanted | changes, headers=headers or secretary()
    )


async def seats(service: ServiceUnderTest, meal: dict) -> int:
    """Return how many seats of a meal are taken."""
    answer = await service.client.get(f"{MENU}/meal-sessions/{meal['id']}", headers=manager())
    return answer.json()["registered"]
