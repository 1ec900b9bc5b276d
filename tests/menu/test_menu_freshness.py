"""Menus from memory: what one process changes, every process shows at once."""

import asyncio
import io
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import event

from cleanplate_menu.actions.menus import stamps
from cleanplate_menu.routes.menus import Menus
from cleanplate_shared.together import Together
from support.identities import bearer
from support.menus import MENU, import_file, open_meal, register
from support.services import CANTEEN, OTHER_CANTEEN, ServiceUnderTest, built
from support.survey import add_dish

NAME = "机关第一食堂"


@dataclass
class Shown:
    """A meal of one dish, and a second process on the same database whose readers saw it."""

    service: ServiceUnderTest
    other: FastAPI
    reader: httpx.AsyncClient
    dish: dict
    meal: dict
    more: dict = field(default_factory=dict)

    def bearer(self, role="manager"):
        now = self.service.clock.at
        return bearer(role, CANTEEN, iat=now.timestamp(), exp=(now + timedelta(1)).timestamp())

    async def send(self, method, path, **request):
        answer = await self.service.client.request(
            method, f"{MENU}/{path}", headers=self.bearer(), **request
        )
        assert answer.is_success, answer.text

    async def table(self, kind, head, row):
        answer = await import_file(
            self.service, kind, f"{head}\n{row}\n".encode(), headers=self.bearer()
        )
        assert answer.status_code == 200, answer.text

    async def put_photo(self, shade=0):
        content = io.BytesIO()
        Image.new("L", (9, 9), shade).save(content, "PNG")
        picture = {"file": ("x.png", content.getvalue())}
        await self.send("PUT", f"dishes/{self.dish['id']}/photo", files=picture)

    async def read(self):
        """Return what the other process answers: the meal alone, and in the list."""
        day = self.meal["date"]
        lunch = f"{MENU}/meal-sessions/{self.meal['id']}"
        page = f"{MENU}/meal-sessions?canteen_id={CANTEEN}&date_from={day}&date_to={day}"
        who = self.bearer("diner")
        one, many = [await self.reader.get(path, headers=who) for path in (lunch, page)]
        assert many.json() == {"items": [one.json()], "next": None}
        return one.json()

    async def read_anew(self):
        """Return the same without anything remembered."""
        self.other.state.menus = Menus(self.other.state.db, self.service.clock)
        return await self.read()


@pytest.fixture
async def shown(service):
    dish = await add_dish(service, "红烧肉")
    meal = await open_meal(service, dishes=[dish["id"]])
    url = service.db.engine.url.render_as_string(hide_password=False)
    other = built("menu", url, service.clock)
    transport = httpx.ASGITransport(app=other)
    async with httpx.AsyncClient(transport=transport, base_url="http://other") as reader:
        found = Shown(service, other, reader, dish, meal)
        found.more = await add_dish(service, "白菜", "vegetable")
        await found.put_photo()
        service.clock.at = datetime.fromisoformat(meal["date"] + "T12:00:00+08:00")
        assert len((await found.read())["dishes"]) == 1
        yield found
    other.state.db.engine.dispose()


SHEETS = {
    "dishes": ("canteen,name,kind,portion_grams", f"{NAME},红烧肉,meat,333"),
    "leftovers": (
        "date,canteen,meal,dish,prepared_grams,left_grams", f"{{day}},{NAME},lunch,红烧肉,900,90",
    ),
    "meal_sessions": ("date,canteen,meal,capacity,dishes", f"{{day}},{NAME},lunch,50,红烧肉;白菜"),
    "ratings": ("date,canteen,dish,stars,tags,count", f"{{day}},{NAME},红烧肉,4,,9"),
}  # fmt: skip
REQUESTS = {
    "a dish is renamed": lambda s: ("PATCH", f"dishes/{s.dish['id']}", {"name": "回锅肉"}),
    "a portion": lambda s: ("PATCH", f"dishes/{s.dish['id']}", {"half_grams": 77}),
    "other dishes": lambda s: (
        "PATCH", f"meal-sessions/{s.meal['id']}",
        {"dishes": [{"dish_id": one["id"]} for one in (s.more, s.dish)]},
    ),
    "sets": lambda s: (
        "PATCH", f"meal-sessions/{s.meal['id']}",
        {"service_mode": "choice", "dishes": [{"dish_id": s.dish["id"], "choice": "A"}]},
    ),
    "no dishes": lambda s: ("PATCH", f"meal-sessions/{s.meal['id']}", {"dishes": []}),
    "a decision": lambda s: (
        "POST", f"dishes/{s.dish['id']}/decisions", {"decision": "retire", "reply": "不再供应。"},
    ),
    "leftovers": lambda s: (
        "PUT", f"meal-sessions/{s.meal['id']}/leftovers",
        {"items": [{"dish_id": s.dish["id"], "prepared_grams": 900, "left_grams": 90}]},
    ),
    "no photo": lambda s: ("DELETE", f"dishes/{s.dish['id']}/photo", None),
}  # fmt: skip


async def change(shown, what):
    if what in REQUESTS:
        method, path, body = REQUESTS[what](shown)
        await shown.send(method, path, json=body)
    elif what == "a photo":
        await shown.put_photo(99)
    else:
        head, row = SHEETS[what]
        await shown.table(what.replace("_", "-"), head, row.format(day=shown.meal["date"]))


@pytest.mark.parametrize("what", [*REQUESTS, "a photo", *SHEETS])
async def test_what_changes_a_menu_is_shown_by_every_process_at_once(shown, what):
    before = await shown.read()
    await change(shown, what)
    after = await shown.read()
    assert after["dishes"] != before["dishes"]
    assert after == await shown.read_anew()


def _forgets(session, canteen_ids):
    """Do nothing."""


@pytest.mark.parametrize("what", ["a dish is renamed", "other dishes", "dishes", "a decision"])
async def test_a_forgotten_touch_would_be_seen(shown, what, monkeypatch, untouched):
    """The negative control, of the test above and of the watch over all tests."""
    monkeypatch.setattr(stamps.touch_menus, "__code__", _forgets.__code__)
    before = await shown.read()
    await change(shown, what)
    assert (await shown.read())["dishes"] == before["dishes"]
    assert (await shown.read_anew())["dishes"] != before["dishes"]
    assert untouched, "the watch did not see it"
    untouched.clear()


async def test_what_was_rolled_back_is_not_remembered(shown):
    before = await shown.read()
    head, row = SHEETS["dishes"]
    answer = await import_file(
        shown.service, "dishes", f"{head}\n{row}\n".encode(), dry_run=True, headers=shown.bearer()
    )
    assert answer.json()["dry_run"]
    assert await shown.read() == before == await shown.read_anew()


async def test_seats_are_counted_as_they_are_now(service):
    meal = await open_meal(service, capacity=1)
    path = f"{MENU}/meal-sessions/{meal['id']}"
    asked = bearer("diner", CANTEEN)

    async def counts():
        said = (await service.client.get(path, headers=asked)).json()
        return said["registered"], said["waiting"]

    assert (await service.client.get(path, headers=asked)).json() == meal
    assert await counts() == (0, 0)
    assert (await register(service, meal)).status_code == 201
    assert await counts() == (1, 0)
    waiting = await service.client.post(
        f"{path}/waiting", json={"portion": "full"}, headers=bearer("diner", CANTEEN)
    )
    assert waiting.status_code == 201, waiting.text
    assert await counts() == (1, 1)


async def test_who_has_it_is_not_sent_it_again(service):
    dish = await add_dish(service, "红烧肉")
    meal = await open_meal(service, dishes=[dish["id"]])
    day, asked = meal["date"], bearer("diner", CANTEEN)
    for path in (
        f"meal-sessions/{meal['id']}",
        f"meal-sessions?canteen_id={CANTEEN}&date_from={day}&date_to={day}",
        f"dishes?canteen_id={CANTEEN}",
    ):
        first = await service.client.get(f"{MENU}/{path}", headers=asked)
        assert first.headers["cache-control"] == "private, no-cache"
        assert first.headers["vary"] == "Authorization"
        known = {"If-None-Match": f'"x", W/{first.headers["etag"]}'}
        again = await service.client.get(f"{MENU}/{path}", headers=asked | known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        stranger = await service.client.get(
            f"{MENU}/{path}", headers=bearer("diner", OTHER_CANTEEN) | known
        )
        assert stranger.status_code == 404
        if "sessions" in path:
            assert (await register(service, meal)).status_code == 201
        else:
            await add_dish(service, "白菜")
        changed = await service.client.get(f"{MENU}/{path}", headers=asked | known)
        assert changed.status_code == 200
        assert changed.headers["etag"] != first.headers["etag"]


async def test_a_cold_menu_of_many_meals_costs_the_statements_of_one(service):
    dish = await add_dish(service, "红烧肉")
    first = service.clock.day + timedelta(2)

    async def read(days):
        service.app.state.menus = Menus(service.db, service.clock)
        with _statements(service) as statements:
            answer = await service.client.get(
                f"{MENU}/meal-sessions?canteen_id={CANTEEN}&date_from={first}"
                f"&date_to={first + timedelta(days - 1)}",
                headers=bearer("diner", CANTEEN),
            )
        assert [len(meal["dishes"]) for meal in answer.json()["items"]] == [1] * days
        return len(statements)

    await open_meal(service, date=str(first), dishes=[dish["id"]])
    one = await read(1)
    for day in range(1, 9):
        await open_meal(service, date=str(first + timedelta(day)), dishes=[dish["id"]])
    assert await read(9) <= one


@contextmanager
def _statements(service):
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(service.db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(service.db.engine, "before_cursor_execute", note)


async def _alone(_self, _key, read):
    return await asyncio.to_thread(read)


@pytest.mark.parametrize("together", [True, False])
async def test_many_readers_of_a_cold_menu_are_few_readings(service, monkeypatch, together):
    dish = await add_dish(service, "红烧肉")
    meal = await open_meal(service, dishes=[dish["id"]])
    if not together:
        monkeypatch.setattr(Together, "ask", _alone)
    people = [bearer("diner", CANTEEN, person_id=uuid.uuid4()) for _ in range(60)]
    await service.client.get(f"{MENU}/dishes?canteen_id={CANTEEN}", headers=people[0])
    path = f"{MENU}/meal-sessions/{meal['id']}"
    asking = [service.client.get(path, headers=person) for person in people]
    with _statements(service) as statements:
        answers = await asyncio.gather(*asking)
    assert {answer.json()["id"] for answer in answers} == {meal["id"]}
    menus = [one for one in statements if "FROM session_dish" in one]
    assert len(menus) == 1, "the dishes are read once, also by threads at the same time"
    assert (len(statements) < len(people) / 2) == together
