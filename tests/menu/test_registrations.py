import uuid
from datetime import UTC, datetime, timedelta

import pytest

from cleanplate_shared.contracts.directory import KnownPerson, PeopleChanged
from support.identities import bearer
from support.menus import MENU, check_in, open_meal, register
from support.services import CANTEEN, ORGANIZATION, OTHER_CANTEEN

PERSON = uuid.UUID("00000000-0000-4000-8000-000000000001")


def known(person_id=PERSON, canteens=(CANTEEN,), version=1, *, active=True) -> PeopleChanged:
    person = KnownPerson(
        id=person_id, name="张三", number="A0001", unit_id=None, unit=None,
        canteen_ids=list(canteens), active=active, version=version,
    )  # fmt: skip
    return PeopleChanged(people=[person])


async def cancel(service, registration_id, person=PERSON, role="diner", canteen=CANTEEN):
    return await service.client.delete(
        f"{MENU}/registrations/{registration_id}",
        headers=bearer(role, canteen, person_id=person),
    )


async def test_a_registration_takes_a_seat_and_gives_a_code(service):
    meal = await open_meal(service)
    answer = await register(service, meal, PERSON, portion="half")
    assert answer.status_code == 201
    made = answer.json()
    assert (made["status"], made["portion"]) == ("registered", "half")
    assert (len(made["pickup_code"]), made["person_id"]) == (6, str(PERSON))
    shown = await service.client.get(
        f"{MENU}/meal-sessions/{meal['id']}", headers=bearer("diner", CANTEEN)
    )
    assert shown.json()["registered"] == 1
    mine = await service.client.get(
        f"{MENU}/registrations/mine?date_from={meal['date']}&date_to={meal['date']}",
        headers=bearer("diner", CANTEEN, person_id=PERSON),
    )
    (item,) = mine.json()["items"]
    assert (item["id"], item["served"], item["meal"]) == (made["id"], False, "lunch")


async def test_a_full_meal_says_so_and_a_cancellation_frees_the_seat(service):
    meal = await open_meal(service, capacity=1)
    first = (await register(service, meal, PERSON)).json()
    refused = await register(service, meal)
    assert (refused.status_code, refused.json()["type"]) == (409, "SessionFull")
    assert (await cancel(service, first["id"])).status_code == 204
    assert (await cancel(service, first["id"])).status_code == 204
    assert (await register(service, meal)).status_code == 201
    assert (await register(service, meal, PERSON)).json()["type"] == "SessionFull"


async def test_one_may_register_again_after_cancelling(service):
    meal = await open_meal(service)
    first = (await register(service, meal, PERSON)).json()
    again = await register(service, meal, PERSON)
    assert (again.status_code, again.json()["type"]) == (409, "AlreadyRegistered")
    await cancel(service, first["id"])
    assert (await register(service, meal, PERSON)).status_code == 201


@pytest.mark.parametrize(
    ("late", "status"), [(timedelta(milliseconds=-1), 201), (timedelta(), 409), (timedelta(1), 409)]
)
async def test_the_cutoff_is_exact_in_the_canteens_zone(service, late, status):
    # 20:00 in Shanghai on the evening before is 12:00 UTC
    service.clock.at = datetime.now(UTC).replace(microsecond=0)
    day = (service.clock.at + timedelta(7)).date()
    cutoff = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - timedelta(1)
    wanted = {
        "date": day.isoformat(),
        "cutoff_at": cutoff.isoformat().replace("12:00:00+00:00", "20:00:00+08:00"),
    }
    meal = await open_meal(service, **wanted)
    made = (await register(service, meal, PERSON)).json()
    service.clock.at = cutoff + late
    lasting = {"exp": (cutoff + timedelta(2)).timestamp()}
    answer = await service.client.post(
        f"{MENU}/registrations",
        json={"meal_session_id": meal["id"], "portion": "full"},
        headers=bearer("diner", CANTEEN, **lasting),
    )
    assert answer.status_code == status, answer.text
    if status == 409:
        assert answer.json()["type"] == "CutoffPassed"
        assert str(int(late.total_seconds() // 60)) in answer.json()["detail"]
    gone = await service.client.delete(
        f"{MENU}/registrations/{made['id']}",
        headers=bearer("diner", CANTEEN, person_id=PERSON, **lasting),
    )
    assert gone.status_code == (204 if status == 201 else 409)


async def test_the_same_key_answers_the_first_answer_again(service):
    meal = await open_meal(service)
    headers = bearer("diner", CANTEEN, person_id=PERSON) | {"Idempotency-Key": "k1"}
    body = {"meal_session_id": meal["id"], "portion": "full"}
    first = await service.client.post(f"{MENU}/registrations", json=body, headers=headers)
    again = await service.client.post(f"{MENU}/registrations", json=body, headers=headers)
    assert (first.status_code, first.json()) == (201, again.json())
    other = await service.client.post(
        f"{MENU}/registrations", json=body | {"portion": "half"}, headers=headers
    )
    assert (other.status_code, other.json()["type"]) == (422, "IdempotencyKeyReused")


@pytest.mark.parametrize(
    ("role", "told", "status"),
    [
        ("manager", known(), 201),
        ("admin", known(), 201),
        ("cook", known(), 403),
        ("diner", known(), 403),
        ("supervisor", known(), 403),
        ("manager", known(active=False), 404),
        ("manager", known(canteens=[OTHER_CANTEEN]), 404),
        ("manager", known(uuid.uuid4()), 404),
    ],
)
async def test_only_managers_register_others_and_only_people_of_the_canteen(
    service, role, told, status
):
    meal = await open_meal(service)
    await service.tell(told)
    answer = await service.client.post(
        f"{MENU}/registrations",
        json={"meal_session_id": meal["id"], "portion": "full", "person_id": str(PERSON)},
        headers=bearer(role, CANTEEN),
    )
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("role", "person", "canteen", "status"),
    [
        ("diner", PERSON, CANTEEN, 204),
        ("manager", None, CANTEEN, 204),
        ("diner", None, CANTEEN, 404),
        ("cook", None, CANTEEN, 404),
        ("manager", None, OTHER_CANTEEN, 404),
    ],
)
async def test_somebody_elses_registration_is_not_there(service, role, person, canteen, status):
    made = (await register(service, await open_meal(service), PERSON)).json()
    answer = await cancel(service, made["id"], person or uuid.uuid4(), role, canteen)
    assert answer.status_code == status, answer.text


async def test_a_meal_of_a_foreign_canteen_is_not_there(service):
    meal = await open_meal(service, canteen_id=OTHER_CANTEEN)
    stranger = bearer("manager", CANTEEN)
    place = f"{MENU}/meal-sessions/{meal['id']}"
    body = {"meal_session_id": meal["id"], "portion": "full"}
    answers = [
        await service.client.get(place, headers=stranger),
        await service.client.get(f"{place}/attendance", headers=stranger),
        await service.client.get(f"{place}/registrations", headers=stranger),
        await service.client.put(f"{place}/attendance-count", json={"served": 1}, headers=stranger),
        await service.client.put(f"{place}/capacity", json={"capacity": 1}, headers=stranger),
        await service.client.post(f"{MENU}/registrations", json=body, headers=stranger),
        await service.client.get(f"{MENU}/dishes?canteen_id={OTHER_CANTEEN}", headers=stranger),
        await service.client.get(
            f"{MENU}/meal-sessions?canteen_id={OTHER_CANTEEN}"
            f"&date_from={meal['date']}&date_to={meal['date']}",
            headers=stranger,
        ),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)


async def test_an_organizations_manager_reaches_its_canteens(service):
    meal = await open_meal(service)
    answer = await service.client.get(
        f"{MENU}/meal-sessions/{meal['id']}/attendance",
        headers=bearer("overseer", organization_id=ORGANIZATION),
    )
    assert answer.status_code == 200


async def test_a_dish_must_be_on_the_menu(service):
    dish = await service.client.post(
        f"{MENU}/dishes",
        json={"canteen_id": str(CANTEEN), "name": "番茄炒蛋", "kind": "vegetable",
              "allergens": ["eggs"], "portion_grams": 180},
        headers=bearer("manager", CANTEEN),
    )  # fmt: skip
    meal = await open_meal(service, dishes=[dish.json()["id"]])
    assert [d["name"] for d in meal["dishes"]] == ["番茄炒蛋"]
    refused = await register(service, meal, PERSON, dishes=[str(uuid.uuid4())])
    assert (refused.status_code, refused.json()["type"]) == (422, "UnknownDish")
    assert (await register(service, meal, PERSON, dishes=[dish.json()["id"]])).status_code == 201


async def test_who_has_eaten_cannot_cancel(service):
    meal = await open_meal(service)
    made = (await register(service, meal, PERSON)).json()
    await check_in(service, {"meal_session_id": meal["id"], "pickup_code": made["pickup_code"]})
    answer = await cancel(service, made["id"])
    assert (answer.status_code, answer.json()["type"]) == (409, "AlreadyServed")


async def test_older_news_of_a_person_change_nothing(service):
    meal = await open_meal(service)
    await service.tell(known(version=2, active=False))
    await service.tell(known(version=1))
    answer = await service.client.post(
        f"{MENU}/registrations",
        json={"meal_session_id": meal["id"], "portion": "full", "person_id": str(PERSON)},
        headers=bearer("manager", CANTEEN),
    )
    assert answer.status_code == 404
