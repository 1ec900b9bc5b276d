"""What listeners know of seats in the end is what the menu knows, however its events arrive."""

import asyncio
import random
import uuid

import pytest
from sqlalchemy import select

from cleanplate_forecast.models import SESSIONS as KNOWN
from cleanplate_menu.jobs import tell_sessions
from cleanplate_menu.models import SESSIONS
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
