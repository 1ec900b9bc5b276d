import asyncio
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from cleanplate_menu.models import REGISTRATIONS
from support.groups import (
    DINERS,
    FOREIGN,
    OTHER,
    SECRETARY,
    UNIT,
    batch,
    manager,
    people,
    seats,
    secretary,
)
from support.identities import bearer
from support.menus import MENU, open_meal, register
from support.services import CANTEEN, OTHER_CANTEEN


def here(meal: dict, **more: object) -> dict:
    return {"meal_session_id": meal["id"], **more}


async def test_each_row_of_a_batch_is_judged_by_itself(service):
    await people(service)
    meal, full = await open_meal(service), await open_meal(service, meal="dinner", capacity=1)
    foreign = await open_meal(service, canteen_id=OTHER_CANTEEN)
    await register(service, meal, DINERS[1])
    item_id = str(uuid.uuid4())
    first = here(meal, number="A0", portion="half", rice="none") | {"id": item_id}
    place = {"canteen_id": str(CANTEEN), "date": meal["date"], "meal": "lunch"}
    cases = [
        (first, "created"),
        (first, "duplicate"),
        (first | {"portion": "full"}, "IdempotencyKeyReused"),
        (here(meal, person_id=str(DINERS[0])), "AlreadyRegistered"),
        (here(meal, number="A1"), "AlreadyRegistered"),
        (place | {"number": "A2"}, "created"),
        (place | {"date": "2031-01-01", "number": "A3"}, "NotFound"),
        (place | here(meal, number="A3"), "MealOrPlace"),
        ({"number": "A3"}, "MealOrPlace"),
        (here(meal, number="A3", person_id=str(DINERS[3])), "PersonOrNumber"),
        (here(meal, number="A3", choice="B"), "UnknownChoice"),
        (here(meal, number="A3", portion="giant"), "Unprocessable"),
        (here(full, number="A3"), "created"),
        (here(full, number="A4"), "SessionFull"),
        (here(foreign, number="A4"), "NotFound"),
        (here(meal), "created"),
    ]
    assert await batch(service, secretary(), *(item for item, _ in cases)) == [
        outcome for _, outcome in cases
    ]
    assert (await seats(service, meal), await seats(service, full)) == (4, 1)
    assert await batch(service, secretary(), first) == ["duplicate"]
    assert await batch(service, secretary(), first | {"rice": "less"}) == ["IdempotencyKeyReused"]
    with service.db.reading() as session:
        made = select(REGISTRATIONS).where(REGISTRATIONS.c.id == uuid.UUID(item_id))
        row = session.execute(made).one()
    assert (row.person_id, row.portion, row.rice) == (DINERS[0], "half", "none")
    assert (row.source, row.made_by) == ("proxy", SECRETARY)


@pytest.mark.parametrize(
    ("who", "outcomes"),
    [
        ("secretary", ["created", "UnknownDiner", "UnknownDiner", "UnknownDiner", "created"]),
        ("manager", ["created", "created", "UnknownDiner", "UnknownDiner", "created"]),
        ("diner", ["UnknownDiner", "UnknownDiner", "UnknownDiner", "UnknownDiner", "created"]),
        ("cook", ["UnknownDiner", "UnknownDiner", "UnknownDiner", "UnknownDiner", "created"]),
        ("stranger", ["NotFound"] * 5),
        ("manager elsewhere", ["NotFound"] * 5),
    ],
)
async def test_a_row_for_somebody_else_needs_the_right_and_is_refused_alone(service, who, outcomes):
    await people(service)
    meal = await open_meal(service)
    headers = {
        "secretary": secretary(),
        "manager": manager(),
        "diner": bearer("diner", CANTEEN, person_id=DINERS[5]),
        "cook": bearer("cook", CANTEEN, person_id=DINERS[5]),
        "stranger": bearer("diner", OTHER_CANTEEN, person_id=FOREIGN),
        "manager elsewhere": manager(OTHER_CANTEEN),
    }[who]
    whom = [DINERS[0], OTHER, FOREIGN, uuid.uuid4()]
    items = [here(meal, person_id=str(one)) for one in whom] + [here(meal)]
    assert await batch(service, headers, *items) == outcomes
    assert await seats(service, meal) == outcomes.count("created")


async def test_who_is_no_secretary_any_more_registers_nobody(service):
    await people(service)
    meal = await open_meal(service)
    assert await batch(service, secretary(), here(meal, number="A0")) == ["created"]
    elsewhere = bearer("diner", OTHER_CANTEEN, person_id=SECRETARY)
    assert await batch(service, elsewhere, here(meal, number="A1")) == ["NotFound"]


async def test_a_batch_across_a_cut_off_takes_the_rows_that_are_in_time(service):
    await people(service)
    soon = (service.clock.at + timedelta(minutes=5)).isoformat()
    lunch, dinner = (
        await open_meal(service, cutoff_at=soon),
        await open_meal(service, meal="dinner"),
    )
    early = [here(meal, number=f"A{n}") for n in range(3) for meal in (lunch, dinner)]
    late = [here(meal, number=f"A{n}") for n in range(3, 6) for meal in (lunch, dinner)]
    assert await batch(service, secretary(), *early) == ["created"] * 6
    service.clock.at += timedelta(minutes=5)
    assert await batch(service, secretary(), *late) == ["CutoffPassed", "created"] * 3
    assert (await seats(service, lunch), await seats(service, dinner)) == (3, 6)


async def test_the_last_seats_go_to_the_first_rows(service):
    await people(service)
    meal = await open_meal(service, capacity=3)
    items = [here(meal, number=f"A{n}") for n in range(5)]
    assert await batch(service, secretary(), *items) == ["created"] * 3 + ["SessionFull"] * 2


async def test_the_same_batch_ten_times_at_once_counts_once(service):
    await people(service)
    meal = await open_meal(service)
    items = [here(meal, number=f"A{n}") | {"id": str(uuid.uuid4())} for n in range(10)]
    outcomes = await asyncio.gather(*(batch(service, secretary(), *items) for _ in range(10)))
    assert sorted(one for outcome in outcomes for one in outcome) == (
        ["created"] * 10 + ["duplicate"] * 90
    )
    with service.db.reading() as session:
        rows = session.execute(select(func.count()).select_from(REGISTRATIONS)).scalar_one()
    assert (rows, await seats(service, meal)) == (10, 10)


async def test_a_repeat_registers_nobody_again_who_has_cancelled(service):
    await people(service)
    meal, item_id = await open_meal(service), str(uuid.uuid4())
    item = here(meal, number="A0") | {"id": item_id}
    assert await batch(service, secretary(), item) == ["created"]
    gone = await service.client.delete(f"{MENU}/registrations/{item_id}", headers=secretary())
    assert gone.status_code == 204
    assert await batch(service, secretary(), item) == ["duplicate"]
    assert await seats(service, meal) == 0


async def test_five_hundred_rows_take_as_many_statements_as_five(service):
    await people(service)
    meals = [await open_meal(service, meal=name) for name in ("breakfast", "lunch", "dinner")]
    counted = []
    event.listen(service.db.engine, "before_cursor_execute", lambda *_: counted.append(1))

    async def statements(*numbers: int) -> int:
        counted.clear()
        items = [here(meals[n % 3], number=f"A{n % 12}") for n in numbers]
        await batch(service, manager(), *items)
        return len(counted)

    assert await statements(*range(5)) == await statements(*range(500))
    too_many = [{"id": str(uuid.uuid4())} for _ in range(501)]
    answer = await service.client.post(
        f"{MENU}/registrations:batch", json={"items": too_many}, headers=manager()
    )
    assert answer.status_code == 422


async def test_a_secretary_sees_who_of_the_unit_is_registered_and_nobody_else_does(service):
    await people(service)
    meal = await open_meal(service)
    await batch(service, manager(), here(meal, number="A0"), here(meal, number="B0"))
    path = f"{MENU}/canteens/{CANTEEN}/units/{UNIT}/registrations"
    query = {"date_from": meal["date"], "date_to": meal["date"]}

    async def seen(headers: dict[str, str]):
        answer = await service.client.get(path, params=query, headers=headers)
        if answer.status_code != 200:
            return answer.status_code
        return [one["person_id"] for one in answer.json()["items"]]

    assert await seen(secretary()) == await seen(manager()) == [str(DINERS[0])]
    for role, canteen in (("diner", CANTEEN), ("cook", CANTEEN), ("manager", OTHER_CANTEEN)):
        assert await seen(bearer(role, canteen)) == 404


async def test_one_sees_the_units_that_one_registers_and_their_people(service):
    await people(service)

    async def get(path: str, headers: dict[str, str]):
        answer = await service.client.get(f"{MENU}/canteens/{CANTEEN}/{path}", headers=headers)
        return answer.json().get("items", answer.status_code)

    mine = await get("offices", secretary())
    assert [(one["unit_id"], one["people"]) for one in mine] == [(str(UNIT), 13)]
    assert len(await get("offices", manager())) == 2
    assert await get("offices", bearer("diner", CANTEEN)) == []
    assert await get("offices", manager(OTHER_CANTEEN)) == 404
    found = await get(f"units/{UNIT}/people", secretary())
    assert [one["number"] for one in found] == sorted([f"A{n}" for n in range(12)] + ["S0"])
    for headers in (bearer("diner", CANTEEN), bearer("cook", CANTEEN), manager(OTHER_CANTEEN)):
        assert await get(f"units/{UNIT}/people", headers) == 404
