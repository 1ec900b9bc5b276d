"""A set leaves the menu while people wait for it: they keep their places, and are told."""

import uuid
from functools import partial

import pytest
from sqlalchemy import select, text

from cleanplate_menu.models import NOTICES, SESSION_DISHES
from support.groups import DINERS, people
from support.identities import bearer
from support.menus import MENU, import_file, open_meal, register
from support.services import CANTEEN, running

LASTING = partial(bearer, exp=4_000_000_000)
NAME = "机关第一食堂"
HAS_B, WAITS_A, WAITS_B, WAITS_B_TOO, WAITS_UNTOLD = DINERS[:5]


@pytest.fixture
async def service(databases):
    async with running(
        "menu", databases.url("menu"), notice_key="a key for tests, and for nothing else"
    ) as under_test:
        await people(under_test)
        yield under_test


def diner(who) -> dict[str, str]:
    return LASTING("diner", CANTEEN, person_id=who)


async def change(service, meal: dict, **wanted):
    path = f"{MENU}/meal-sessions/{meal['id']}"
    return await service.client.patch(path, json=wanted, headers=LASTING("manager", CANTEEN))


async def dishes(service, *names: str) -> list[str]:
    made = []
    for name in names:
        body = {"canteen_id": str(CANTEEN), "name": name, "kind": "meat", "portion_grams": 200}
        answer = await service.client.post(
            f"{MENU}/dishes", json=body, headers=LASTING("manager", CANTEEN)
        )
        made.append(answer.json()["id"])
    return made


async def wait(service, meal: dict, who, **wanted) -> None:
    path = f"{MENU}/meal-sessions/{meal['id']}/waiting"
    answer = await service.client.post(path, json=wanted, headers=diner(who))
    assert answer.status_code == 201, answer.text


async def full_meal(service) -> tuple[dict, list[dict]]:
    """Serve sets A, B and C to one diner, who has B's seat; return the meal and its menu."""
    named = await dishes(service, "面", "饭", "粥")
    menu = [{"dish_id": one, "choice": letter} for one, letter in zip(named, "ABC", strict=True)]
    meal = await open_meal(service, capacity=1)
    answer = await change(service, meal, dishes=menu, service_mode="choice")
    assert answer.status_code == 200, answer.text
    return meal, menu


async def line(service, who) -> dict:
    answer = await service.client.get(f"{MENU}/waiting/mine", headers=diner(who))
    (place,) = answer.json()["items"]
    return {key: place[key] for key in ("choice", "lost_choice", "ahead")}


def notices(service) -> list[tuple[str, str]]:
    with service.db.reading() as session:
        rows = session.connection().execute(select(NOTICES.c.title, NOTICES.c.body))
        return [(row.title, row.body) for row in rows]


async def test_who_waits_for_a_set_that_is_gone_keeps_the_place_and_is_told(service):
    meal, (first, second, _) = await full_meal(service)
    has_seat = (await register(service, meal, HAS_B, choice="B")).json()
    for who in (WAITS_A, WAITS_B):
        body = {"url": f"ntfy://push.example/{who}", "canteen_id": None}
        added = await service.client.post(f"{MENU}/channels", json=body, headers=diner(who))
        assert added.status_code == 201, added.text
    await wait(service, meal, WAITS_B, choice="C")
    await wait(service, meal, WAITS_A, choice="A")
    await wait(service, meal, WAITS_UNTOLD, choice="C")
    for _ in range(2):  # a repeat tells nobody again
        assert (await change(service, meal, dishes=[first, second])).status_code == 200
    assert await line(service, WAITS_B) == {"choice": None, "lost_choice": "C", "ahead": 0}
    assert await line(service, WAITS_A) == {"choice": "A", "lost_choice": None, "ahead": 1}
    assert await line(service, WAITS_UNTOLD) == {"choice": None, "lost_choice": "C", "ahead": 2}
    [(title, body)] = notices(service)
    assert title == "您候补的套餐不再供应"
    assert "套餐 C 不再供应" in body
    gone = f"{MENU}/registrations/{has_seat['id']}"
    assert (await service.client.delete(gone, headers=diner(HAS_B))).status_code == 204
    days = {"date_from": meal["date"], "date_to": meal["date"]}
    mine = f"{MENU}/registrations/mine"
    got = await service.client.get(mine, params=days, headers=diner(WAITS_B))
    assert [(one["status"], one["choice"]) for one in got.json()["items"]] == [("registered", "A")]


async def test_a_set_with_the_letter_of_another_is_another(service):
    meal, (first, second, third) = await full_meal(service)
    await register(service, meal, HAS_B, choice="B")
    await wait(service, meal, WAITS_A, choice="A")
    swapped = [first | {"choice": "C"}, second, third | {"choice": "A"}]
    assert (await change(service, meal, dishes=swapped)).status_code == 200
    assert await line(service, WAITS_A) == {"choice": None, "lost_choice": "A", "ahead": 0}


async def test_a_meal_without_sets_any_more_keeps_its_line(service):
    meal, _ = await full_meal(service)
    seats = f"{MENU}/meal-sessions/{meal['id']}/capacity"
    none = await service.client.put(
        seats, json={"capacity": 0}, headers=LASTING("manager", CANTEEN)
    )
    assert none.status_code == 200, none.text
    await wait(service, meal, WAITS_B, choice="B")
    await wait(service, meal, WAITS_B_TOO, choice="B")
    assert (await change(service, meal, service_mode="buffet")).status_code == 200
    assert await line(service, WAITS_B_TOO) == {"choice": None, "lost_choice": "B", "ahead": 1}


async def test_whose_set_vanished_by_another_way_is_seated_in_turn(service):
    meal, (_, second, _) = await full_meal(service)
    has_seat = (await register(service, meal, HAS_B, choice="A")).json()
    await wait(service, meal, WAITS_B, choice="B")
    with service.db.transaction() as session:
        this = SESSION_DISHES.c.dish_id == uuid.UUID(second["dish_id"])
        session.connection().execute(SESSION_DISHES.delete().where(this))
    gone = f"{MENU}/registrations/{has_seat['id']}"
    assert (await service.client.delete(gone, headers=diner(HAS_B))).status_code == 204
    shown = await service.client.get(f"{MENU}/waiting/mine", headers=diner(WAITS_B))
    assert shown.json()["items"] == [], "seated, not forgotten"
    days = {"date_from": meal["date"], "date_to": meal["date"]}
    got = await service.client.get(
        f"{MENU}/registrations/mine", params=days, headers=diner(WAITS_B)
    )
    assert [one["choice"] for one in got.json()["items"]] == ["A"]


async def import_menu(service, meal: dict, capacity: int, named: str):
    row = f"{meal['date']},{NAME},lunch,{capacity},,{named}"
    sheet = f"date,canteen,meal,capacity,cutoff,dishes\n{row}"
    return await import_file(service, "meal-sessions", sheet.encode())


async def test_an_imported_plan_leaves_the_sets_and_what_diners_chose(service):
    meal, _ = await full_meal(service)
    await register(service, meal, HAS_B, choice="B")
    await wait(service, meal, WAITS_A, choice="C")
    for capacity, named in ((2, ""), (3, "面；饭；粥"), (3, "饭；粥")):
        answer = await import_menu(service, meal, capacity, named)
        assert answer.json()["updated"] == 1, answer.text
    sets = "SELECT choice FROM session_dish ORDER BY position"
    assert texts(service, sets) == ["B", "C"], "neither more seats nor fewer dishes undo the sets"
    refused = await import_menu(service, meal, 9, "粥")
    assert refused.status_code == 422
    [found] = refused.json()["errors"]
    assert (found["row"], found["column"], found["code"]) == (2, "dishes", "ChoiceTaken")
    assert texts(service, sets) == ["B", "C"]


def texts(service, statement: str) -> list[str]:
    with service.db.reading() as session:
        return list(session.connection().scalars(text(statement)))
