"""What listeners know of seats in the end is what the menu knows, however its events arrive."""

import asyncio
import random
import uuid

import pytest
from sqlalchemy import select

from cleanplate_forecast.models import SESSIONS as KNOWN
from cleanplate_menu.actions import telling
from cleanplate_menu.jobs import tell_sessions
from cleanplate_menu.models import SESSIONS, MealSessionRow
from cleanplate_shared.contracts.menu import MealSessionsChanged
from cleanplate_shared.tables import KernelTable
from menu.test_waiting_and_giving import cancel
from support.menus import open_meal, register
from support.services import running

OUTBOX = KernelTable.metadata.tables["outbox"]
ROUNDS = 10


async def rush(service, meals: list[dict], chance: random.Random) -> None:
    """Some come, some of them go; all of it in groups."""
    people = [(chance.choice(meals), uuid.uuid4()) for _ in range(20)]
    made = await asyncio.gather(*(register(service, meal, person) for meal, person in people))
    gone = [
        cancel(service, answer.json(), person)
        for answer, (_, person) in zip(made, people, strict=True)
        if answer.status_code == 201 and chance.random() < 0.4
    ]
    await asyncio.gather(*gone)


def session_of(meal: dict, session) -> MealSessionRow:
    return session.get_one(MealSessionRow, uuid.UUID(meal["id"]))


def told(service) -> list[MealSessionsChanged]:
    """Return what was told to one listener."""
    mine = select(OUTBOX.c.payload).where(OUTBOX.c.subscriber == "forecast")
    with service.db.reading() as session:
        payloads = session.connection().scalars(mine.order_by(OUTBOX.c.position)).all()
    return [MealSessionsChanged.model_validate_json(payload) for payload in payloads]


def state(service, table) -> dict[uuid.UUID, tuple[int, int]]:
    """Return seats and version of each meal."""
    with service.db.reading() as session:
        rows = session.connection().execute(select(table.c.id, table.c.registered, table.c.version))
        return {key: (registered, version) for key, registered, version in rows}


@pytest.mark.parametrize("seed", range(3))
async def test_totals_of_group_commits_arrive_late_twice_and_in_any_order(service, databases, seed):
    chance = random.Random(seed)  # noqa: S311
    meals = [await open_meal(service, meal=one, capacity=500) for one in ("lunch", "dinner")]
    for _ in range(ROUNDS):
        await rush(service, meals, chance)
        tell_sessions(service.db, service.clock)
    events = told(service)
    assert len(events) == ROUNDS
    async with running("forecast", databases.url("forecast")) as listener:
        for one in chance.sample(events * 2, 2 * len(events)):
            await listener.tell(one)
        assert state(listener, KNOWN) == state(service, SESSIONS)


async def test_who_registers_while_meals_are_counted_waits_for_nothing(service, monkeypatch):
    meal = await open_meal(service, capacity=500)
    counted = telling.facts

    def slowly(session, rows):
        found = counted(session, rows)
        with service.db.transaction() as other:  # waits for ever where the meals are locked
            session_of(meal, other).version += 1
        return found

    with monkeypatch.context() as slow:
        slow.setattr(telling, "facts", slowly)
        with service.db.reading() as session:
            found = telling.untold_facts(session)
    with service.db.transaction() as session:
        assert telling.tell_sessions(session, found) == 1
    tell_sessions(service.db, service.clock)
    assert [one.sessions[0].version for one in told(service)] == [1, 2]


async def test_what_changes_all_the_time_is_told_once_each_time(service, monkeypatch):
    meal = await open_meal(service)

    def changed_meanwhile(session, rows, counted=telling.facts):
        with service.db.transaction() as other:
            session_of(meal, other).version += 1
        return counted(session, rows)

    monkeypatch.setattr(telling, "facts", changed_meanwhile)
    for rounds in (1, 2):
        tell_sessions(service.db, service.clock)
        assert len(told(service)) == rounds


async def test_two_replicas_that_counted_the_same_meals_tell_of_them_once(service):
    await open_meal(service)
    with service.db.reading() as session:
        found = telling.untold_facts(session)
    for expected in (1, 0):
        with service.db.transaction() as session:
            assert telling.tell_sessions(session, found) == expected
    assert len(told(service)) == 1


async def test_a_last_event_that_is_lost_leaves_the_listener_behind(service, databases):
    """The negative control: only events make totals agree."""
    meal = await open_meal(service)
    tell_sessions(service.db, service.clock)
    await register(service, meal)
    tell_sessions(service.db, service.clock)
    *events, _lost = told(service)
    async with running("forecast", databases.url("forecast")) as listener:
        for one in events:
            await listener.tell(one)
        assert state(listener, KNOWN) != state(service, SESSIONS)
