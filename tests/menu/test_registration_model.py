"""Any sequence of registering, cancelling and changing seats, against a model of a few lines."""

import asyncio
import uuid
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from cleanplate_menu.models import REGISTRATIONS, SESSIONS
from support.identities import bearer
from support.menus import MENU, open_meal, register
from support.services import CANTEEN, running

PEOPLE = [uuid.UUID(int=n) for n in range(1, 6)]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("register"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("cancel"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("capacity"), st.integers(0, 5)),
    ),
    max_size=20,
)


class Model:
    """What the service should do."""

    def __init__(self) -> None:
        self.capacity = 3
        self.standing: dict[uuid.UUID, str] = {}

    def register(self, person: uuid.UUID) -> int:
        full = len(self.standing) >= self.capacity
        return 409 if person in self.standing or full else 201

    def change(self, capacity: int) -> int:
        if capacity < len(self.standing):
            return 409
        self.capacity = capacity
        return 200


async def step(service, meal: dict, model: Model, what: str, value) -> None:
    if what == "register":
        wanted = model.register(value)
        answer = await register(service, meal, value)
        if wanted == 201:
            model.standing[value] = answer.json()["id"]
    elif what == "cancel":
        wanted = 204 if value in model.standing else 404
        made = model.standing.pop(value, str(uuid.uuid4()))
        answer = await service.client.delete(
            f"{MENU}/registrations/{made}", headers=bearer("diner", CANTEEN, person_id=value)
        )
    else:
        wanted = model.change(value)
        answer = await service.client.put(
            f"{MENU}/meal-sessions/{meal['id']}/capacity",
            json={"capacity": value},
            headers=bearer("manager", CANTEEN),
        )
    assert answer.status_code == wanted, (what, answer.text)


def check(service, meal: dict, model: Model) -> None:
    session_id = uuid.UUID(meal["id"])
    standing = (REGISTRATIONS.c.meal_session_id == session_id) & (
        REGISTRATIONS.c.status == "registered"
    )
    with service.db.reading() as session:
        row = session.execute(select(SESSIONS).where(SESSIONS.c.id == session_id)).one()
        rows = session.execute(
            select(func.count()).select_from(REGISTRATIONS).where(standing)
        ).scalar_one()
    assert (row.registered, row.capacity, rows) == (
        len(model.standing), model.capacity, len(model.standing),
    )  # fmt: skip


def test_the_service_does_what_the_model_says(databases):
    url = databases.url("menu")
    meals = iter(range(1, 1000))

    async def run(steps) -> None:
        async with running("menu", url) as service:
            day = (date(2030, 1, 1) + timedelta(next(meals))).isoformat()
            meal, model = await open_meal(service, date=day, capacity=3), Model()
            for what, value in steps:
                await step(service, meal, model, what, value)
                check(service, meal, model)

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def agree(steps) -> None:
        asyncio.run(run(steps))

    agree()
