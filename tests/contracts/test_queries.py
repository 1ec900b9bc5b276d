"""How many statements a request costs does not grow with how much it answers or takes."""

import uuid
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, text

from cleanplate_shared import revocation
from support.world import a_weighing, world

MANY = 60


@pytest.fixture
async def made(sqlite_files, monkeypatch):
    monkeypatch.setattr(revocation, "_FRESH_SECONDS", 3600.0)  # nothing but the request asks
    async with world(sqlite_files.url) as made:
        yield made


@contextmanager
def counted(made, service):
    """Count the statements that a service sends to its database."""
    statements = []
    engine = made.suite.services[service].state.db.engine

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


async def cost(made, actor, method, path, **request):
    """Return how many statements one request costs, and how many items it answered."""
    with counted(made, path.split("/")[1]) as statements:
        answer = await made.send(actor, method, f"/api/v1{path}", **request)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return len(statements), len(body.get("items", body.get("results", [])))


async def grows_not(made, actor, path, fill, **params):
    """Check that a list costs the same before and after it is filled."""
    await cost(made, actor, "GET", path, params=params)  # what is read once is read
    before, few = await cost(made, actor, "GET", path, params=params)
    await fill()
    await cost(made, actor, "GET", path, params=params)
    after, many = await cost(made, actor, "GET", path, params=params)
    assert many >= few + MANY // 2, "nothing was added"
    assert after <= before, (path, before, after)


async def test_a_list_of_people_costs_the_same_for_one_and_for_many(made):
    async def fill():
        grants = [{"role": "diner", "canteen_id": made.ids["canteen_id"]}]
        for number in range(MANY):
            await made.make(
                "root", "/api/v1/directory/people", name="n", number=f"M{number}", grants=grants
            )

    await grows_not(made, "manager", "/directory/people", fill, limit=200)


async def test_lists_of_meals_and_registrations_cost_the_same_for_one_and_for_many(made):
    first = made.suite.services["menu"].state.clock.day
    days = [first + timedelta(days=n) for n in range(2, 2 + MANY)]
    period = {"date_from": first.isoformat(), "date_to": days[-1].isoformat()}

    async def meals():
        for day in days:
            await made.make(
                "manager", "/api/v1/menu/meal-sessions", canteen_id=made.ids["canteen_id"],
                date=day.isoformat(), meal="lunch", cutoff_at=made.ids["cutoff"], capacity=9,
                dishes=[made.ids["dish_id"]],
            )  # fmt: skip

    async def registrations():
        page = await made.send("diner", "GET", "/api/v1/menu/meal-sessions", params=here)
        for meal in page.json()["items"]:
            if meal["meal"] == "lunch" and meal["date"] in {day.isoformat() for day in days}:
                await made.make("diner", "/api/v1/menu/registrations", meal_session_id=meal["id"])

    here = {"canteen_id": made.ids["canteen_id"], **period}
    await grows_not(made, "diner", "/menu/meal-sessions", meals, **here)
    await grows_not(made, "diner", "/menu/registrations/mine", registrations, **period)


async def test_lists_of_dishes_cost_the_same_for_one_and_for_many(made):
    async def dishes():
        for number in range(MANY):
            dish = await made.make(
                "manager", "/api/v1/menu/dishes", canteen_id=made.ids["canteen_id"],
                name=f"菜{number}", kind="soup", portion_grams=100,
            )  # fmt: skip
            await made.make(
                "cook", f"/api/v1/menu/dishes/{dish['id']}/decisions",
                decision="trial", reply="x", trial_until=made.ids["tomorrow"],
            )  # fmt: skip

    path = f"/menu/canteens/{made.ids['canteen_id']}"
    await grows_not(made, "diner", f"{path}/dish-scores", dishes)
    with made.suite.services["menu"].state.db.transaction() as session:
        session.execute(text("UPDATE dish_decision SET trial_until = '2020-01-01'"))
    first, found = await cost(made, "root", "GET", f"{path}/dish-queue")
    assert found >= MANY, "every trial is over"
    assert first < MANY // 4


async def test_batches_cost_the_same_for_one_and_for_many(made):
    def weighings(count):
        items = [a_weighing(made.ids["canteen_id"], made.ids["now"]) for _ in range(count)]
        return {"json": {"items": items}}

    def check_ins(count):
        meal = {"meal_session_id": made.ids["meal_session_id"], "at": made.ids["now"]}
        return {"json": {"items": [{"id": str(uuid.uuid4()), **meal} for _ in range(count)]}}

    for path, batch in (
        ("/waste/weighings:batch", weighings),
        ("/menu/check-ins:batch", check_ins),
    ):
        await cost(made, "cook", "POST", path, **batch(1))
        one, _ = await cost(made, "cook", "POST", path, **batch(1))
        many, answered = await cost(made, "cook", "POST", path, **batch(MANY))
        assert answered == MANY
        assert many <= one, (path, one, many)


async def test_a_summary_costs_the_same_for_one_day_and_for_many(made):
    today = datetime.fromisoformat(made.ids["now"])
    canteen = made.ids["foreign_canteen_id"]  # it has no history

    async def weigh_on_many_days():
        days = [(today - timedelta(days=back)).isoformat() for back in range(1, MANY + 1)]
        items = [a_weighing(canteen, day) for day in days]
        path = "/api/v1/waste/weighings:batch"
        sent = await made.send("foreign_cook", "POST", path, json={"items": items})
        assert {one["outcome"] for one in sent.json()["results"]} == {"created"}

    asked = {
        "canteen_id": canteen,
        "by": "day",
        "date_from": str((today - timedelta(days=MANY + 2)).date()),
        "date_to": str(today.date()),
    }
    await grows_not(made, "foreign_cook", "/waste/summary", weigh_on_many_days, **asked)
