"""What a diner is told when the writer cannot write."""

import asyncio

from cleanplate_shared.db import Database
from cleanplate_shared.writer import Writer
from support.menus import open_meal, register


async def test_without_the_database_all_who_register_are_asked_to_come_again(service):
    meal, at_work = await open_meal(service), service.app.state.writer
    service.app.state.writer = away = Writer(Database("sqlite:////nowhere/at/all.sqlite3", {}))
    answers = await asyncio.gather(*(register(service, meal) for _ in range(20)))
    assert {(answer.status_code, answer.headers["Retry-After"]) for answer in answers} == {
        (503, "5")
    }
    away.close()
    service.app.state.writer = at_work
    assert (await register(service, meal)).status_code == 201


async def test_who_would_wait_too_long_is_asked_to_come_again(service):
    meal, writer = await open_meal(service), service.app.state.writer
    writer._backlog, writer._group_seconds = 500, 3.0
    refused = await register(service, meal)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    writer._backlog = 0
    assert (await register(service, meal)).status_code == 201
