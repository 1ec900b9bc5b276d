"""Waiting, giving and cancelling on two replicas at the same moment; nobody waits for nothing."""

import asyncio
import uuid
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from cleanplate_menu.models import REGISTRATIONS, SESSIONS, WAITING
from menu.test_waiting_and_giving import (
    ANNA,
    BEN,
    CARL,
    cancel,
    give,
    headers,
    know_people,
    mine,
    open_for_a_minute,
    pass_cutoff,
    post,
    wait,
)
from support.identities import bearer
from support.menus import MENU, open_meal, register
from support.services import CANTEEN, ServiceUnderTest, built, running

ROUNDS = 5


@asynccontextmanager
async def beside(service: ServiceUnderTest, url: str):
    """Run a second replica on the same database and clock."""
    app = built("menu", url, service.clock)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield replace(service, app=app, client=client, db=app.state.db)


@pytest.fixture
async def replicas(databases):
    url = databases.url("menu")
    async with running("menu", url) as one, beside(one, url) as other:
        yield one, other


def seats(service, meal: dict) -> tuple[int, int, int]:
    """Return the counter, the seats that stand, and how many wait."""
    meal_id = uuid.UUID(meal["id"])
    this = (REGISTRATIONS.c.meal_session_id == meal_id) & (REGISTRATIONS.c.status == "registered")
    with service.db.reading() as session:
        connection = session.connection()
        return (
            connection.scalar(select(SESSIONS.c.registered).where(SESSIONS.c.id == meal_id)),
            connection.scalar(
                select(func.coalesce(func.sum(REGISTRATIONS.c.headcount), 0)).where(this)
            ),
            connection.scalar(select(func.count()).where(WAITING.c.meal_session_id == meal_id)),
        )


async def meal_on_offer(service, n: int) -> tuple[dict, dict]:
    """Return a meal after its cut-off, and Anna's seat there."""
    day = (service.clock.at + timedelta(2)).date() + timedelta(n)
    meal = await open_for_a_minute(service, date=day.isoformat(), capacity=2)
    made = (await register(service, meal, ANNA)).json()
    pass_cutoff(service)
    return meal, made


async def test_one_offer_goes_to_one_of_two_who_come_at_once(replicas):
    here, there = replicas
    for n in range(ROUNDS):
        meal, made = await meal_on_offer(here, n)
        assert (await give(here, made, ANNA)).json()["offered_at"]
        answers = await asyncio.gather(wait(here, meal, BEN), wait(there, meal, CARL))
        got = [answer.json()["registration"] is not None for answer in answers]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert sorted(got) == [False, True]
        seated = [len(await mine(here, meal, one)) for one in (ANNA, BEN, CARL)]
        assert seated == [0, *map(int, got)]
        assert seats(here, meal) == (1, 1, 1)


async def test_what_is_given_and_kept_at_once_has_one_owner(replicas):
    here, there = replicas
    await know_people(here)
    for n in range(ROUNDS):
        meal, made = await meal_on_offer(here, n)
        await give(here, made, ANNA)
        given, kept = await asyncio.gather(
            give(here, made, ANNA, number="A2"),
            post(there, f"/registrations/{made['id']}:keep", ANNA),
        )
        assert given.status_code == 200
        assert kept.status_code == 200 or kept.json()["type"] == "NotStanding"
        assert [len(await mine(here, meal, one)) for one in (ANNA, BEN)] == [0, 1]
        assert seats(here, meal) == (1, 1, 0)


async def test_what_is_kept_while_somebody_takes_it_has_one_owner(replicas):
    here, there = replicas
    for n in range(ROUNDS):
        meal, made = await meal_on_offer(here, n)
        await give(here, made, ANNA)
        kept, waited = await asyncio.gather(
            post(here, f"/registrations/{made['id']}:keep", ANNA), wait(there, meal, BEN)
        )
        is_bens = waited.json()["registration"] is not None
        assert kept.status_code == (409 if is_bens else 200)
        seated = [len(await mine(here, meal, one)) for one in (ANNA, BEN)]
        assert seated == ([0, 1] if is_bens else [1, 0])
        assert seats(here, meal) == (1, 1, 0 if is_bens else 1)


async def test_the_same_meal_given_to_two_colleagues_at_once_is_one_colleagues(replicas):
    here, there = replicas
    await know_people(here)
    for n in range(ROUNDS):
        meal, made = await meal_on_offer(here, n)
        answers = await asyncio.gather(
            give(here, made, ANNA, number="A2"), give(there, made, ANNA, number="A3")
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert sum([len(await mine(here, meal, one)) for one in (BEN, CARL)]) == 1
        assert seats(here, meal) == (1, 1, 0)


async def test_who_joins_the_line_while_a_seat_is_freed_does_not_wait_for_nothing(replicas):
    """Either the seat is free when they come, or they are seated by whoever frees it."""
    here, there = replicas
    for n in range(ROUNDS):
        day = (here.clock.at + timedelta(2)).date() + timedelta(n)
        meal = await open_meal(here, date=day.isoformat(), capacity=1)
        made = (await register(here, meal, ANNA)).json()
        gone, waited = await asyncio.gather(cancel(here, made, ANNA), wait(there, meal, BEN))
        assert gone.status_code == 204
        if waited.status_code == 201:
            assert len(await mine(here, meal, BEN)) == 1
            assert seats(here, meal) == (1, 1, 0)
        else:
            assert waited.json()["type"] == "SeatsFree"
            assert seats(here, meal) == (0, 0, 0)


async def test_who_leaves_the_line_while_a_seat_is_freed_leaves_it_to_the_next(replicas):
    here, there = replicas
    for n in range(ROUNDS):
        day = (here.clock.at + timedelta(2)).date() + timedelta(n)
        meal = await open_meal(here, date=day.isoformat(), capacity=1)
        made = (await register(here, meal, ANNA)).json()
        for person in (BEN, CARL):
            await wait(here, meal, person)
            here.clock.at += timedelta(seconds=1)
        path = f"{MENU}/meal-sessions/{meal['id']}/waiting"
        left, gone = await asyncio.gather(
            there.client.delete(path, headers=headers(BEN)), cancel(here, made, ANNA)
        )
        assert (left.status_code, gone.status_code) == (204, 204)
        seated = [len(await mine(here, meal, one)) for one in (BEN, CARL)]
        assert seated in ([1, 0], [0, 1])
        assert seats(here, meal) == (1, 1, seated[0])


async def test_a_storm_around_a_full_meal_on_two_replicas_leaves_no_seat_and_nobody_over(replicas):
    """Forty people come, wait and go; then seats, counter and line agree."""
    here, there = replicas
    meal = await open_meal(here, capacity=5)

    async def come_and_go(n: int, person: uuid.UUID) -> None:
        service = replicas[n % 2]
        for _ in range(3):
            answer = await register(service, meal, person)
            if answer.status_code == 201:
                assert (await cancel(service, answer.json(), person)).status_code == 204
            else:
                await wait(replicas[1 - n % 2], meal, person)

    people = [uuid.uuid4() for _ in range(40)]
    await asyncio.gather(*(come_and_go(n, person) for n, person in enumerate(people)))
    counter, standing, waiting = seats(here, meal)
    assert counter == standing
    assert waiting == 0 or counter == 5
    for person in people:
        found = await mine(there, meal, person)
        assert len(found) <= 1
        if found:
            assert (await cancel(there, found[0], person)).status_code == 204
    with here.db.reading() as session:
        left = session.connection().scalars(select(WAITING.c.person_id)).all()
    assert len(left) == len(set(left))


async def change(service, meal: dict, path: str = "", **wanted):
    send = service.client.post if path else service.client.patch
    answer = await send(
        f"{MENU}/meal-sessions/{meal['id']}{path}", json=wanted, headers=bearer("manager", CANTEEN)
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_meal_held_again_seats_who_waits(service):
    meal = await open_meal(service, capacity=1)
    made = (await register(service, meal, ANNA)).json()
    assert (await wait(service, meal, BEN)).status_code == 201
    await change(service, meal, ":close", reason="停电")
    assert (await cancel(service, made, ANNA)).status_code == 204
    assert seats(service, meal) == (0, 0, 1)
    held = await change(service, meal, ":reopen")
    assert (held["registered"], held["waiting"]) == (1, 0)
    assert len(await mine(service, meal, BEN)) == 1


async def test_a_later_cutoff_seats_who_waits(service):
    meal = await open_for_a_minute(service, capacity=2)
    await register(service, meal, ANNA)
    pass_cutoff(service)
    assert (await wait(service, meal, BEN)).json()["waiting"]
    later = (service.clock.at + timedelta(hours=1)).isoformat()
    moved = await change(service, meal, cutoff_at=later)
    assert (moved["registered"], moved["waiting"]) == (2, 0)
    assert (await register(service, meal, BEN)).json()["type"] == "AlreadyRegistered"


async def test_who_waits_for_a_set_that_is_gone_gets_the_seat_in_turn(service):
    """Whose set is off the menu keeps the place, and takes what there is."""
    dishes = []
    for name in ("甲", "乙"):
        wanted = {"canteen_id": str(CANTEEN), "name": name, "kind": "meat", "portion_grams": 200}
        made = await service.client.post(
            f"{MENU}/dishes", json=wanted, headers=bearer("manager", CANTEEN)
        )
        dishes.append(made.json()["id"])
    meal = await open_meal(service, capacity=1, service_mode="choice")
    menu = [{"dish_id": dish, "choice": letter} for dish, letter in zip(dishes, "AB", strict=True)]
    await change(service, meal, dishes=menu)
    made = (await register(service, meal, ANNA, choice="A")).json()
    for person, letter in ((BEN, "B"), (CARL, "A")):
        assert (await wait(service, meal, person, choice=letter)).status_code == 201
        service.clock.at += timedelta(seconds=1)
    await change(service, meal, dishes=menu[:1])
    assert (await cancel(service, made, ANNA)).status_code == 204
    [bens] = await mine(service, meal, BEN)
    assert bens["choice"] == "A"
    assert await mine(service, meal, CARL) == []
    assert seats(service, meal) == (1, 1, 1)
