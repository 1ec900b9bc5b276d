import asyncio
import threading
import uuid

import pytest
from sqlalchemy import func, select, update

from cleanplate_menu.actions import seats
from cleanplate_menu.models import REGISTRATIONS, SESSIONS
from support.identities import bearer
from support.menus import MENU, open_meal, register

STANDING = select(func.count()).where(REGISTRATIONS.c.status == "registered")
REQUESTS, SEATS = 200, 50
AT_ONCE = 10


def counter_and_rows(service) -> tuple[int, int]:
    with service.db.reading() as session:
        counter = session.execute(select(SESSIONS.c.registered)).scalar_one()
        return counter, session.execute(STANDING).scalar_one()


async def storm(service) -> list[int]:
    meal = await open_meal(service, capacity=SEATS)
    answers = await asyncio.gather(*(register(service, meal) for _ in range(REQUESTS)))
    assert {a.json()["type"] for a in answers if a.status_code != 201} <= {"SessionFull"}
    return [answer.status_code for answer in answers]


async def test_the_last_fifty_seats_go_to_exactly_fifty_of_two_hundred(service):
    statuses = await storm(service)
    assert sorted(statuses) == [201] * SEATS + [409] * (REQUESTS - SEATS)
    assert counter_and_rows(service) == (SEATS, SEATS)


async def test_without_the_guard_the_meal_is_oversold(service, monkeypatch: pytest.MonkeyPatch):
    """The negative control: seats are read, then written, each in a transaction of its own."""
    together = threading.Barrier(AT_ONCE)
    writer = service.db._writer  # SQLite's; PostgreSQL has none

    def read_then_write(session, session_id, at) -> bool:
        this = SESSIONS.c.id == session_id
        session.rollback()
        if writer:
            writer.release()
        seen = session.execute(select(SESSIONS.c.registered, SESSIONS.c.capacity).where(this)).one()
        session.rollback()
        together.wait(timeout=60)
        if writer:
            writer.acquire()
        if seen.registered >= seen.capacity:
            return False
        session.execute(update(SESSIONS).where(this).values(registered=seen.registered + 1))
        session.commit()
        return True

    monkeypatch.setattr(seats, "take_seat", read_then_write)
    statuses = await storm(service)
    counter, rows = counter_and_rows(service)
    assert statuses.count(201) == rows
    assert rows > SEATS
    assert counter < rows


async def test_one_person_gets_one_seat_however_often_they_ask_at_once(service):
    meal, person = await open_meal(service, capacity=SEATS), uuid.uuid4()
    answers = await asyncio.gather(*(register(service, meal, person) for _ in range(50)))
    assert sorted(a.status_code for a in answers) == [201] + [409] * 49
    assert {a.json()["type"] for a in answers if a.status_code == 409} == {"AlreadyRegistered"}
    assert counter_and_rows(service) == (1, 1)


async def test_a_storm_of_registering_and_cancelling_keeps_the_counter_true(service):
    meal = await open_meal(service, capacity=5)

    async def come_and_go(person: uuid.UUID) -> None:
        for _ in range(3):
            answer = await register(service, meal, person)
            if answer.status_code == 201:
                gone = [cancel(answer.json()["id"], person) for _ in range(2)]
                assert {a.status_code for a in await asyncio.gather(*gone)} == {204}

    async def cancel(registration_id: str, person: uuid.UUID):
        return await service.client.delete(
            f"{MENU}/registrations/{registration_id}",
            headers=bearer("diner", uuid.UUID(meal["canteen_id"]), person_id=person),
        )

    await asyncio.gather(*(come_and_go(uuid.uuid4()) for _ in range(20)))
    assert counter_and_rows(service) == (0, 0)
    answers = await asyncio.gather(*(register(service, meal) for _ in range(20)))
    assert sum(a.status_code == 201 for a in answers) == 5
    assert counter_and_rows(service) == (5, 5)
