"""A plan that is asked for all the time is not worked out and sent anew each time."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from cleanplate_shared.contracts.menu_recipes import DishesChanged
from support.quantities import TODAY, Kitchen, dish, dish_id, lunch, past_lunches, taken

MEAT, SOUP = "红烧肉", "冬瓜汤"


@pytest.fixture
async def kitchen(service) -> Kitchen:
    made = Kitchen(service)
    made.at(TODAY)
    await made.tell_dishes(dish(MEAT), dish(SOUP, "soup"))
    await made.tell_meals(
        *past_lunches(50, {MEAT: 0.5, SOUP: 0.9}), lunch(TODAY, taken(MEAT), taken(SOUP))
    )
    made.service.run_jobs()
    return made


@contextmanager
def readings_of_the_past(kitchen):
    """Yield how often the menus of past meals are read, with their dishes."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_):
        if "session_menu.dishes" in statement and "ORDER BY" in statement:
            seen.append(statement)

    engine = kitchen.service.db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


async def asked(kitchen, tag: str | None = None, **more):
    headers = kitchen.headers("cook") | ({"If-None-Match": tag} if tag else {}) | more
    path = f"/api/v1/forecast/meal-sessions/{kitchen.meal}/production-plan"
    return await kitchen.service.client.get(path, headers=headers)


async def test_a_plan_is_sent_again_only_when_it_changed(kitchen):
    first = await asked(kitchen)
    tag = first.headers["etag"]
    again = await asked(kitchen, tag)
    assert (again.status_code, again.content) == (304, b"")
    other_language = {"Accept-Language": "en"}
    assert (await asked(kitchen, tag, **other_language)).status_code == 200
    path = f"/meal-sessions/{kitchen.meal}/production-plan/{dish_id(MEAT)}"
    await kitchen.send("PUT", path, json={"portions": 7, "reason": "会议"})
    changed = await asked(kitchen, tag)
    assert changed.status_code == 200
    assert changed.json()["dishes"][0]["portions"] == 7
    assert changed.headers["etag"] != tag


async def test_the_past_is_learnt_once_until_it_changes(kitchen):
    with readings_of_the_past(kitchen) as readings:
        before = (await asked(kitchen)).json()
        await asked(kitchen)
        assert len(readings) <= 1
        readings.clear()
        less = past_lunches(50, {MEAT: 0.2, SOUP: 0.9}, version=2)
        await kitchen.tell_meals(*less)
        after = (await asked(kitchen)).json()
        assert len(readings) == 1
    meat = [plan["dishes"][0]["expected_portions"] for plan in (before, after)]
    assert meat[1] < 0.6 * meat[0]


async def test_a_dish_that_is_another_kind_now_is_learnt_anew(kitchen):
    await asked(kitchen)
    changed = dish(SOUP, "staple", version=2)
    with readings_of_the_past(kitchen) as readings:
        await kitchen.service.tell(DishesChanged(dishes=[changed]))
        plan = (await asked(kitchen)).json()
        assert len(readings) == 1
    assert plan["dishes"][1]["kind"] == "staple"
