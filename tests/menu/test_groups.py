import asyncio
import csv
import io
import threading
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from cleanplate_menu.actions.groups import gatherings
from cleanplate_menu.actions.registering.rows import as_registration, new_row
from cleanplate_menu.models import REGISTRATIONS, SESSIONS
from support.groups import (
    DINERS,
    FOREIGN,
    OTHER,
    SECRETARY,
    group,
    manager,
    people,
    seats,
    secretary,
)
from support.identities import bearer
from support.menus import MENU, check_in, open_meal, register
from support.services import CANTEEN, OTHER_CANTEEN

OFFICIAL = {"kind": "official", "standard_fen": 4000, "note": "公函 2026-17 号"}


async def change(service, made: dict, headcount: int, headers=None):
    return await service.client.patch(
        f"{MENU}/group-registrations/{made['id']}", json={"headcount": headcount},
        headers=headers or secretary(),
    )  # fmt: skip


async def cancel(service, made: dict, headers=None):
    return await service.client.delete(
        f"{MENU}/group-registrations/{made['id']}", headers=headers or secretary()
    )


async def get(service, path: str, headers: dict, **query):
    answer = await service.client.get(f"{MENU}/{path}", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_group_takes_as_many_seats_as_heads_and_gives_them_back(service):
    await people(service)
    meal = await open_meal(service, capacity=10)
    answer = await group(service, meal, headcount=8, note="两位素食")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["headcount"], made["host_id"], made["unit"]) == (8, str(SECRETARY), "综合处")
    assert len(made["pickup_code"]) == 6
    assert await seats(service, meal) == 8
    refused = await group(service, meal, headcount=3)
    assert (refused.status_code, refused.json()["type"]) == (409, "SessionFull")
    assert (await change(service, made, 10)).json()["headcount"] == 10
    assert (await change(service, made, 11)).json()["type"] == "SessionFull"
    assert await seats(service, meal) == 10
    assert (await change(service, made, 4)).status_code == 200
    assert [(await cancel(service, made)).status_code for _ in range(2)] == [204, 204]
    assert await seats(service, meal) == 0
    assert (await change(service, made, 4)).json()["type"] == "NotStanding"


async def test_eight_do_not_fit_into_five_seats_and_five_groups_of_two_are_two(service):
    await people(service)
    meal = await open_meal(service, capacity=5)
    refused = await group(service, meal, headcount=8)
    assert (refused.status_code, refused.json()["type"]) == (409, "SessionFull")
    assert await seats(service, meal) == 0
    answers = await asyncio.gather(*(group(service, meal, headcount=2) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]
    assert await seats(service, meal) == 4


async def test_groups_that_grow_at_once_never_pass_the_capacity(service):
    await people(service)
    meal = await open_meal(service, capacity=20)
    made = [(await group(service, meal, headcount=1)).json() for _ in range(8)]
    answers = await asyncio.gather(*(change(service, one, 5) for one in made))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 5
    assert (await seats(service, meal), heads(service)) == (20, 20)


async def test_the_negative_control_oversells_without_the_guard(
    service, monkeypatch: pytest.MonkeyPatch
):
    """Seats are read, then written, each in a transaction of its own."""
    await people(service)
    meal = await open_meal(service, capacity=5)
    together, writer = threading.Barrier(4), service.db._writer  # PostgreSQL has none

    def read_then_write(session, wanted):
        (one,) = wanted
        this = SESSIONS.c.id == one.meal_session_id
        session.rollback()
        if writer:
            writer.release()
        seen = session.execute(select(SESSIONS.c.registered, SESSIONS.c.capacity).where(this)).one()
        session.rollback()
        together.wait(timeout=60)
        if writer:
            writer.acquire()
        assert seen.registered + one.headcount <= seen.capacity
        row = new_row(one, None, service.clock.at) | _drawn()
        session.connection().execute(REGISTRATIONS.insert(), row)
        more = seen.registered + one.headcount
        session.connection().execute(update(SESSIONS).where(this).values(registered=more))
        session.commit()
        return [as_registration(row)]

    monkeypatch.setattr(gatherings, "take_seats", read_then_write)
    answers = await asyncio.gather(*(group(service, meal, headcount=4) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert (heads(service), await seats(service, meal)) == (16, 4)


def _drawn() -> dict:
    return {"id": uuid.uuid4(), "pickup_code": uuid.uuid4().hex[:6]}


def heads(service) -> int:
    with service.db.reading() as session:
        standing = select(REGISTRATIONS).where(REGISTRATIONS.c.status == "registered")
        return sum(row.headcount for row in session.execute(standing))


async def test_headcounts_change_until_the_cut_off_and_not_after(service):
    await people(service)
    soon = (service.clock.at + timedelta(minutes=5)).isoformat()
    meal = await open_meal(service, cutoff_at=soon)
    made = (await group(service, meal)).json()
    service.clock.at += timedelta(minutes=5)
    answers = [
        await change(service, made, 9),
        await change(service, made, 2),
        await cancel(service, made),
        await group(service, meal),
    ]
    assert [(one.status_code, one.json()["type"]) for one in answers] == [(409, "CutoffPassed")] * 4
    assert await seats(service, meal) == 8


@pytest.mark.parametrize("freed", ["change", "cancel"])
async def test_who_waits_gets_the_seats_that_a_group_frees(service, freed):
    await people(service)
    meal = await open_meal(service, capacity=4)
    made = (await group(service, meal, headcount=4)).json()
    waiting = await service.client.post(
        f"{MENU}/meal-sessions/{meal['id']}/waiting", json={},
        headers=bearer("diner", CANTEEN, person_id=DINERS[0]),
    )  # fmt: skip
    assert waiting.status_code == 201, waiting.text
    assert await change(service, made, 3) if freed == "change" else await cancel(service, made)
    mine = await get(
        service, "registrations/mine", bearer("diner", CANTEEN, person_id=DINERS[0]),
        date_from=meal["date"], date_to=meal["date"],
    )  # fmt: skip
    assert [one["source"] for one in mine["items"]] == ["waiting"]
    assert await seats(service, meal) == (4 if freed == "change" else 1)


async def test_only_managers_and_secretaries_of_the_hosts_unit_have_guests(service):
    await people(service)
    meal = await open_meal(service)
    diner = bearer("diner", CANTEEN, person_id=DINERS[0])
    cook = bearer("cook", CANTEEN, person_id=DINERS[1])
    elsewhere = manager(OTHER_CANTEEN)
    host = {"host_id": str(DINERS[0])}
    refused = [
        await group(service, meal, diner),
        await group(service, meal, cook, **host),
        await group(service, meal, elsewhere, **host),
        await group(service, meal, host_id=str(OTHER)),
        await group(service, meal, host_id=str(FOREIGN)),
        await group(service, meal, host_id=str(uuid.uuid4())),
        await group(service, meal, manager()),
    ]
    assert [answer.status_code for answer in refused] == [404] * len(refused)
    made = (await group(service, meal, host_id=str(DINERS[0]))).json()
    theirs = (await group(service, meal, manager(), host_id=str(OTHER))).json()
    for headers in (diner, cook, elsewhere):
        assert (await change(service, made, 2, headers)).status_code == 404
        assert (await cancel(service, made, headers)).status_code == 404
    assert (await change(service, theirs, 2)).status_code == 404
    assert (await change(service, made, 2, manager())).status_code == 200
    own = (await register(service, meal, DINERS[2])).json()
    assert (await change(service, own, 5)).status_code == 404

    async def listed(headers: dict) -> list[str]:
        query = {"canteen_id": str(CANTEEN), "date_from": meal["date"], "date_to": meal["date"]}
        page = await get(service, "group-registrations", headers, **query)
        return sorted(one["id"] for one in page["items"])

    assert await listed(manager()) == sorted([made["id"], theirs["id"]])
    assert await listed(secretary()) == await listed(diner) == [made["id"]]
    assert await listed(bearer("diner", CANTEEN, person_id=DINERS[3])) == []


async def test_the_kitchen_sees_heads_and_notes_and_no_names(service):
    await people(service)
    meal = await open_meal(service)
    await group(service, meal, headcount=3, note="一位坐轮椅", portion="half")
    await group(service, meal, headcount=6, **OFFICIAL)
    page = await get(service, f"meal-sessions/{meal['id']}/groups", bearer("cook", CANTEEN))
    assert page["items"] == [
        {"kind": "official", "headcount": 6, "portion": "full", "note": OFFICIAL["note"]},
        {"kind": "guest", "headcount": 3, "portion": "half", "note": "一位坐轮椅"},
    ]


@pytest.mark.parametrize(
    ("changes", "status", "refusal"),
    [
        ({}, 201, None),
        ({"standard_fen": None}, 422, "StandardNeeded"),
        ({"note": None}, 422, "StandardNeeded"),
        ({"standard_fen": 5001}, 422, "OverStandard"),
        ({"standard_fen": 0}, 422, "Unprocessable"),
        ({"headcount": 0}, 422, "Unprocessable"),
        ({"headcount": 501}, 422, "Unprocessable"),
        ({"kind": "person"}, 422, "Unprocessable"),
    ],
)
async def test_an_official_meal_has_a_standard_within_the_rule_and_a_reference(
    service, changes, status, refusal
):
    await people(service)
    meal = await open_meal(service)
    rule = {"standard_fen": 5000, "basis": "财行〔2026〕1号"}
    path = f"{MENU}/canteens/{CANTEEN}/official-standard"
    assert (await service.client.put(path, json=rule, headers=manager())).status_code == 200
    answer = await group(service, meal, **OFFICIAL | changes)
    assert (answer.status_code, answer.json().get("type")) == (status, refusal), answer.text


async def a_months_meals(service) -> tuple[dict, str]:
    """Make two official meals, one that is cancelled, and guests; return the meal and the path."""
    await people(service)
    meal = await open_meal(service)
    await service.client.put(
        f"{MENU}/canteens/{CANTEEN}/official-standard",
        json={"standard_fen": 5000, "basis": "=1+1"}, headers=manager(),
    )  # fmt: skip
    await group(service, meal, headcount=6, **OFFICIAL)
    await group(service, meal, headcount=2, **OFFICIAL | {"standard_fen": 5000, "note": "=SUM(A1)"})
    gone = (await group(service, meal, headcount=9, **OFFICIAL)).json()
    assert (await cancel(service, gone)).status_code == 204
    await group(service, meal, headcount=4)
    return meal, f"canteens/{CANTEEN}/official-meals"


async def test_the_months_list_has_units_heads_and_money_and_outlives_the_names(service):
    meal, path = await a_months_meals(service)
    month = meal["date"][:7]
    listed = await get(service, path, manager(), month=month)
    assert sorted((one["headcount"], one["total_fen"]) for one in listed["items"]) == [
        (2, 10_000),
        (6, 24_000),
    ]
    assert (listed["headcount"], listed["total_fen"]) == (8, 34_000)
    assert {one["unit"] for one in listed["items"]} == {"综合处"}
    assert str(SECRETARY) not in str(listed)
    assert "name of" not in str(listed)
    service.clock.at += timedelta(100)
    service.run_jobs()
    assert heads(service) == 0
    later = bearer("manager", CANTEEN, exp=(service.clock.at + timedelta(1)).timestamp())
    assert await get(service, path, later, month=month) == listed


async def test_the_months_table_holds_no_formula_and_is_the_managers(service):
    meal, path = await a_months_meals(service)
    query = {"month": meal["date"][:7], "format": "csv"}
    answer = await service.client.get(f"{MENU}/{path}", params=query, headers=manager())
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert sorted(row[2:6] for row in rows[1:3]) == [
        ["综合处", "2", "5000", "10000"],
        ["综合处", "6", "4000", "24000"],
    ]
    assert {row[0] for row in rows[1:3]} == {meal["date"]}
    assert {row[6] for row in rows[1:3]} == {"'=SUM(A1)", OFFICIAL["note"]}
    assert rows[3][3:6] == ["8", "", "34000"]
    assert rows[4][4:] == ["5000", "", "'=1+1"]
    others = {"cook": bearer("cook", CANTEEN), "foreign": manager(OTHER_CANTEEN)}
    found = {
        who: await service.client.get(f"{MENU}/{path}", params=query, headers=headers)
        for who, headers in (others | {"secretary": secretary()}).items()
    }
    statuses = {who: answer.status_code for who, answer in found.items()}
    assert statuses == {"cook": 403, "foreign": 404, "secretary": 403}


async def test_a_code_checks_in_the_whole_group(service):
    await people(service)
    meal = await open_meal(service)
    made = (await group(service, meal, headcount=5)).json()
    here = {"meal_session_id": meal["id"], "pickup_code": made["pickup_code"]}
    (result,) = await check_in(service, here)
    assert result["outcome"] == "created"
    answer = await service.client.get(
        f"{MENU}/meal-sessions/{meal['id']}/attendance", headers=bearer("cook", CANTEEN)
    )
    assert answer.json()["served"] == 5
    assert (await change(service, made, 2)).json()["type"] == "AlreadyServed"
    assert (await cancel(service, made)).json()["type"] == "AlreadyServed"


async def test_the_same_key_makes_one_group(service):
    await people(service)
    meal = await open_meal(service)
    headers = secretary() | {"Idempotency-Key": "guests"}
    answers = await asyncio.gather(*(group(service, meal, headers) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}, answers[0].text
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await seats(service, meal) == 8
