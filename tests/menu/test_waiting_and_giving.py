"""Full meals, meals after the cut-off, and whose seat it is."""

import uuid
from datetime import timedelta

from cleanplate_shared.contracts.directory import KnownPerson, PeopleChanged
from support.identities import bearer
from support.menus import MENU, attendance, check_in, open_meal, register
from support.services import CANTEEN, OTHER_CANTEEN

ANNA, BEN, CARL = (uuid.UUID(int=n) for n in (1, 2, 3))
NEVER = 4_000_000_000
NUMBERS = {ANNA: "A1", BEN: "A2", CARL: "A3"}


def headers(person: uuid.UUID, canteen=CANTEEN) -> dict[str, str]:
    return bearer("diner", canteen, person_id=person, exp=NEVER)


async def know_people(service) -> None:
    people = [
        KnownPerson(
            id=person, name="某人", number=number, unit_id=None, unit=None,
            canteen_ids=[CANTEEN], active=True, version=1,
        )
        for person, number in NUMBERS.items()
    ]  # fmt: skip
    await service.tell(PeopleChanged(people=people))


async def post(service, path: str, person: uuid.UUID, body: dict | None = None):
    return await service.client.post(f"{MENU}{path}", json=body, headers=headers(person))


async def wait(service, meal: dict, person: uuid.UUID, **wanted):
    return await post(service, f"/meal-sessions/{meal['id']}/waiting", person, wanted)


async def give(service, made: dict, person: uuid.UUID, **whom):
    return await post(service, f"/registrations/{made['id']}:give", person, whom)


async def mine(service, meal: dict, person: uuid.UUID) -> list[dict]:
    days = {"date_from": meal["date"], "date_to": meal["date"]}
    answer = await service.client.get(
        f"{MENU}/registrations/mine", params=days, headers=headers(person)
    )
    return answer.json()["items"]


async def cancel(service, made: dict, person: uuid.UUID):
    return await service.client.delete(
        f"{MENU}/registrations/{made['id']}", headers=headers(person)
    )


async def open_for_a_minute(service, **changes) -> dict:
    cutoff = service.clock.at + timedelta(minutes=1)
    return await open_meal(service, cutoff_at=cutoff.isoformat(), **changes)


def pass_cutoff(service) -> None:
    service.clock.at += timedelta(minutes=2)


async def test_who_waits_first_gets_the_seat_that_is_freed(service):
    meal = await open_meal(service, capacity=1)
    made = (await register(service, meal, ANNA)).json()
    first = (await wait(service, meal, BEN, portion="small", rice="none")).json()
    service.clock.at += timedelta(seconds=1)
    second = (await wait(service, meal, CARL)).json()
    assert (first["waiting"]["ahead"], second["waiting"]["ahead"]) == (0, 1)
    assert (await wait(service, meal, BEN)).json()["type"] == "AlreadyWaiting"
    assert (await cancel(service, made, ANNA)).status_code == 204
    (got,) = await mine(service, meal, BEN)
    assert (got["portion"], got["rice"], got["source"]) == ("small", "none", "waiting")
    assert await mine(service, meal, CARL) == []
    lines = await service.client.get(f"{MENU}/waiting/mine", headers=headers(CARL))
    assert [line["ahead"] for line in lines.json()["items"]] == [0]
    assert (await register(service, meal, ANNA)).json()["type"] == "SessionFull"


async def test_more_seats_are_for_those_who_wait(service):
    meal = await open_meal(service, capacity=0)
    for person in (ANNA, BEN, CARL):
        service.clock.at += timedelta(seconds=1)
        assert (await wait(service, meal, person)).status_code == 201
    answer = await service.client.put(
        f"{MENU}/meal-sessions/{meal['id']}/capacity",
        json={"capacity": 2},
        headers=bearer("manager", CANTEEN),
    )
    assert (answer.json()["registered"], answer.json()["waiting"]) == (2, 1)
    assert [len(await mine(service, meal, one)) for one in (ANNA, BEN, CARL)] == [1, 1, 0]


async def test_nobody_waits_where_there_is_room_or_twice_or_with_a_seat(service):
    meal = await open_meal(service, capacity=1)
    assert (await wait(service, meal, ANNA)).json()["type"] == "SeatsFree"
    await register(service, meal, ANNA)
    assert (await wait(service, meal, ANNA)).json()["type"] == "AlreadyRegistered"
    stranger = await service.client.post(
        f"{MENU}/meal-sessions/{meal['id']}/waiting", json={}, headers=headers(BEN, OTHER_CANTEEN)
    )
    assert stranger.status_code == 404
    assert (await wait(service, meal, BEN)).status_code == 201
    for _ in range(2):
        left = await service.client.delete(
            f"{MENU}/meal-sessions/{meal['id']}/waiting", headers=headers(BEN)
        )
        assert left.status_code == 204


async def test_after_the_cutoff_a_meal_goes_to_a_colleague_and_the_count_stays(service):
    await know_people(service)
    meal = await open_for_a_minute(service)
    made = (await register(service, meal, ANNA, portion="half")).json()
    assert (await give(service, made, ANNA, number="A2")).json()["type"] == "CutoffAhead"
    pass_cutoff(service)
    assert (await cancel(service, made, ANNA)).json()["type"] == "CutoffPassed"
    assert (await give(service, made, BEN, number="A2")).status_code == 404
    assert (await give(service, made, ANNA, number="NOBODY")).status_code == 404
    given = await give(service, made, ANNA, number="A2")
    assert (given.status_code, given.json()["status"]) == (200, "given")
    (got,) = await mine(service, meal, BEN)
    assert (got["portion"], got["source"]) == ("half", "gift")
    assert got["pickup_code"] != made["pickup_code"]
    assert await mine(service, meal, ANNA) == []
    assert (await give(service, made, ANNA, number="A3")).json()["type"] == "NotStanding"
    old, new = await check_in(
        service,
        {"meal_session_id": meal["id"], "pickup_code": made["pickup_code"]},
        {"meal_session_id": meal["id"], "pickup_code": got["pickup_code"]},
    )
    assert (old["outcome"], new["outcome"]) == ("rejected", "created")
    assert await attendance(service, meal) == {
        "registered": 1, "served": 1, "no_shows": 0, "walk_ins": 0,
    }  # fmt: skip


async def test_an_offer_goes_to_whoever_waits_now_or_comes_later(service):
    meal = await open_for_a_minute(service, capacity=2)
    anna = (await register(service, meal, ANNA)).json()
    ben = (await register(service, meal, BEN)).json()
    pass_cutoff(service)
    offered = (await give(service, anna, ANNA)).json()
    assert (offered["status"], offered["offered_at"] is not None) == ("registered", True)
    kept = await post(service, f"/registrations/{anna['id']}:keep", ANNA)
    assert kept.json()["offered_at"] is None
    assert (await wait(service, meal, CARL)).json()["registration"] is None
    assert (await give(service, ben, BEN)).json()["status"] == "given"
    assert len(await mine(service, meal, CARL)) == 1
    assert (await give(service, anna, ANNA)).json()["status"] == "registered"
    late = uuid.uuid4()
    assert (await wait(service, meal, late)).json()["registration"]["source"] == "gift"
    lost = await post(service, f"/registrations/{anna['id']}:keep", ANNA)
    assert lost.json()["type"] == "NotStanding"


async def test_a_colleague_with_a_meal_of_their_own_gets_no_second(service):
    await know_people(service)
    meal = await open_for_a_minute(service)
    anna = (await register(service, meal, ANNA)).json()
    await register(service, meal, BEN)
    pass_cutoff(service)
    assert (await give(service, anna, ANNA, number="A2")).json()["type"] == "AlreadyRegistered"
    service.clock.at += timedelta(days=2)
    assert (await give(service, anna, ANNA, number="A3")).json()["type"] == "MealOver"


async def test_what_a_diner_takes_can_change_until_the_cutoff(service):
    meal = await open_for_a_minute(service)
    made = (await register(service, meal, ANNA)).json()

    async def change(person=ANNA, **wanted):
        return await service.client.patch(
            f"{MENU}/registrations/{made['id']}", json=wanted, headers=headers(person)
        )

    changed = await change(portion="small", rice="less")
    assert (changed.json()["portion"], changed.json()["rice"]) == ("small", "less")
    assert (await change(rice="none")).json()["portion"] == "small"
    assert (await change(choice="A")).json()["type"] == "UnknownChoice"
    assert (await change(dishes=[str(uuid.uuid4())])).json()["type"] == "UnknownDish"
    assert (await change(BEN, rice="less")).status_code == 404
    totals = await service.client.get(
        f"{MENU}/meal-sessions/{meal['id']}/registrations", headers=bearer("cook", CANTEEN)
    )
    assert totals.json()["portions"] == {"full": 0, "half": 0, "small": 1}
    pass_cutoff(service)
    assert (await change(portion="full")).json()["type"] == "CutoffPassed"
