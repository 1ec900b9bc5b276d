"""Secretaries: for their unit's people what those may do, for nobody else anything."""

from datetime import UTC, datetime

import pytest

from support.identities import bearer
from support.menus import MENU
from support.plans import (
    OTHER_UNIT,
    UNIT,
    a_manager,
    a_person,
    as_,
    know,
    meal_on,
    put,
    register,
    standing,
)
from support.services import CANTEEN, OTHER_CANTEEN

NOW = datetime(2026, 3, 1, 1, tzinfo=UTC)
MONDAY = "2026-03-02"
SECRETARY = a_person(1, unit_id=OTHER_UNIT, unit="财务处")
COLLEAGUE = a_person(2)
STRANGER = a_person(3, unit_id=OTHER_UNIT, unit="财务处")


@pytest.fixture
async def canteen(service):
    """A canteen with a lunch ahead; the secretary of the unit belongs to another one."""
    service.clock.at = NOW
    await know(service, SECRETARY, COLLEAGUE, STRANGER)
    service.meal = await meal_on(service, MONDAY)
    answer = await appoint(service, SECRETARY.number)
    assert answer.status_code == 200, answer.text
    return service


async def appoint(service, *numbers: str):
    path = f"/canteens/{CANTEEN}/units/{UNIT}/secretaries"
    return await put(service, path, a_manager(), numbers=list(numbers))


async def test_a_secretary_registers_and_cancels_for_the_units_people_only(canteen):
    for person, status in ((COLLEAGUE, 201), (STRANGER, 403)):
        made = await register(canteen, SECRETARY, canteen.meal, person_id=str(person.id))
        assert made.status_code == status, made.text
    mine = (await standing(canteen, COLLEAGUE))[MONDAY]
    for person, status in ((STRANGER, 404), (SECRETARY, 204)):
        answer = await canteen.client.delete(
            f"{MENU}/registrations/{mine['id']}", headers=as_(person)
        )
        assert answer.status_code == status


async def test_a_secretary_notes_and_ends_absences(canteen):
    body = {"first_day": MONDAY, "last_day": MONDAY, "kind": "trip"}
    statuses = []
    for person in (COLLEAGUE, STRANGER):
        answer = await canteen.client.post(
            f"{MENU}/absences", json=body | {"person_id": str(person.id)}, headers=as_(SECRETARY)
        )
        statuses.append(answer.status_code)
    assert statuses == [201, 404]
    unit = {"canteen_id": str(CANTEEN), "unit_id": str(UNIT)}
    listed = await canteen.client.get(
        f"{MENU}/secretary/absences", params=unit, headers=as_(SECRETARY)
    )
    (away,) = listed.json()["items"]
    assert away["person_id"] == str(COLLEAGUE.id)
    ended = await canteen.client.delete(f"{MENU}/absences/{away['id']}", headers=as_(SECRETARY))
    assert ended.status_code == 200


async def patterns_of_unit(service, person):
    unit = {"canteen_id": str(CANTEEN), "unit_id": str(UNIT)}
    return await service.client.get(f"{MENU}/secretary/patterns", params=unit, headers=as_(person))


def pattern_of(person):
    return f"/canteens/{CANTEEN}/people/{person.id}/patterns/lunch"


async def test_a_secretary_sets_and_removes_the_patterns_of_the_units_people_only(canteen):
    wanted = {"weekdays": [1, 2], "portion": "half"}
    for person, status in ((COLLEAGUE, 200), (STRANGER, 404)):
        answer = await put(canteen, pattern_of(person), as_(SECRETARY), **wanted)
        assert answer.status_code == status, answer.text
    assert (await put(canteen, pattern_of(SECRETARY), as_(COLLEAGUE), **wanted)).status_code == 404
    assert (await standing(canteen, COLLEAGUE))[MONDAY]["source"] == "pattern"
    assert await standing(canteen, STRANGER) == {}
    listed = await patterns_of_unit(canteen, SECRETARY)
    (one,) = listed.json()["items"]
    assert (one["person_id"], one["weekdays"], one["portion"]) == (
        str(COLLEAGUE.id), [1, 2], "half"
    )  # fmt: skip
    for person in (COLLEAGUE, STRANGER):  # whom they concern, and another unit's
        assert (await patterns_of_unit(canteen, person)).status_code == 404
    for _ in range(2):
        gone = await canteen.client.delete(f"{MENU}{pattern_of(COLLEAGUE)}", headers=as_(SECRETARY))
        assert gone.status_code == 200
    assert await standing(canteen, COLLEAGUE) == {}
    assert (await patterns_of_unit(canteen, SECRETARY)).json()["items"] == []


async def test_a_secretary_who_left_the_canteen_sets_no_patterns(canteen):
    elsewhere = as_(SECRETARY) | bearer(
        "diner", OTHER_CANTEEN, person_id=SECRETARY.id, iat=1_600_000_000, exp=4_000_000_000
    )
    for headers, status in ((elsewhere, 404), (as_(SECRETARY), 200)):
        answer = await put(canteen, pattern_of(COLLEAGUE), headers, weekdays=[1])
        assert answer.status_code == status, answer.text


async def test_the_units_one_may_register_are_listed_with_their_people(canteen):
    for person, units in ((SECRETARY, 1), (COLLEAGUE, 0)):
        listed = await canteen.client.get(f"{MENU}/secretary/units", headers=as_(person))
        assert len(listed.json()["items"]) == units
    listed = await canteen.client.get(f"{MENU}/secretary/units", headers=as_(SECRETARY))
    (unit,) = listed.json()["items"]
    assert (unit["unit"], unit["canteen"]) == ("办公室", "机关第一食堂")
    assert unit["people"] == [
        {"id": str(COLLEAGUE.id), "name": COLLEAGUE.name, "number": COLLEAGUE.number}
    ]


async def test_a_secretary_who_is_replaced_may_no_longer(canteen):
    assert (await appoint(canteen, STRANGER.number)).json()["people"][0]["number"] == "A0003"
    made = await register(canteen, SECRETARY, canteen.meal, person_id=str(COLLEAGUE.id))
    assert made.status_code == 403
    made = await register(canteen, STRANGER, canteen.meal, person_id=str(COLLEAGUE.id))
    assert made.status_code == 201


async def test_a_number_must_be_of_one_person_who_eats_here(canteen):
    refused = await appoint(canteen, "A0001", "A0404")
    assert (refused.status_code, refused.json()["type"]) == (422, "UnknownSecretary")
    await know(canteen, a_person(4, number="A0003"))
    assert (await appoint(canteen, "A0003")).status_code == 422
    path = f"{MENU}/canteens/{CANTEEN}/units/{UNIT}/secretaries"
    kept = await canteen.client.get(path, headers=a_manager())
    assert [one["number"] for one in kept.json()["people"]] == ["A0001"]
