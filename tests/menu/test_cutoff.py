"""The cut-off: decided by the database's clock, in the canteen's wall time, to the millisecond."""

import asyncio
import threading
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from sqlalchemy import event, select

from cleanplate_gateway.embedded import build
from cleanplate_menu.actions.registering.refusals import CutoffPassed
from cleanplate_menu.actions.registering.seats import SeatRequest, take_seats
from cleanplate_menu.models import SESSIONS
from cleanplate_shared import clock as kernel_clock
from cleanplate_shared.db import Database
from cleanplate_shared.service import local
from cleanplate_shared.tables import KnownCanteenRow
from support.identities import bearer, fake_directory
from support.menus import MENU, open_meal, register
from support.rush import menu_database, put_meal
from support.services import CANTEEN, PEER_KEY, running

EVER = {"iat": 1, "exp": 4_000_000_000}
MS, SECOND = timedelta(milliseconds=1), timedelta(seconds=1)
SHANGHAI, ROME = "Asia/Shanghai", "Europe/Rome"

# zone, day, days before, clock time -> the instant of the cut-off. In Rome, clocks went from 02:00
# to 03:00 on 2026-03-29, and from 03:00 back to 02:00 on 2026-10-25.
CUTOFFS = [
    (SHANGHAI, "2026-03-29", 1, "20:00", "2026-03-28T12:00:00Z"),
    (SHANGHAI, "2026-10-25", 0, "02:30", "2026-10-24T18:30:00Z"),
    (ROME, "2026-03-28", 1, "20:00", "2026-03-27T19:00:00Z"),
    (ROME, "2026-03-29", 1, "20:00", "2026-03-28T19:00:00Z"),
    (ROME, "2026-03-30", 1, "20:00", "2026-03-29T18:00:00Z"),
    (ROME, "2026-03-29", 0, "01:59", "2026-03-29T00:59:00Z"),
    (ROME, "2026-03-29", 0, "02:30", "2026-03-29T01:30:00Z"),  # does not come; 03:30 does
    (ROME, "2026-03-29", 0, "03:00", "2026-03-29T01:00:00Z"),
    (ROME, "2026-03-29", 1, "12:00", "2026-03-28T11:00:00Z"),  # 23 hours before lunch at 12:00
    (ROME, "2026-10-25", 1, "20:00", "2026-10-24T18:00:00Z"),
    (ROME, "2026-10-26", 1, "20:00", "2026-10-25T19:00:00Z"),
    (ROME, "2026-10-25", 0, "02:30", "2026-10-25T00:30:00Z"),  # comes twice; the first counts
    (ROME, "2026-10-25", 0, "03:00", "2026-10-25T02:00:00Z"),
    (ROME, "2026-10-25", 1, "12:00", "2026-10-24T10:00:00Z"),  # 25 hours before lunch at 12:00
]


async def rule(service, days_before: int, clock_time: str) -> None:
    rule = {
        "meal": "lunch", "cutoff_days_before": days_before, "cutoff_time": clock_time,
        "serves_from": "12:00", "serves_until": "13:00", "capacity": 9, "service_mode": "buffet",
    }  # fmt: skip
    answer = await service.client.put(
        f"{MENU}/canteens/{CANTEEN}/meal-rules",
        json={"rules": [rule]},
        headers=bearer("manager", CANTEEN, **EVER),
    )
    assert answer.status_code == 200, answer.text


def lie_in(service, zone: str) -> None:
    with service.db.transaction() as session:
        session.get_one(KnownCanteenRow, CANTEEN).time_zone = zone


async def open_by_rule(service, day: str) -> dict:
    answer = await service.client.post(
        f"{MENU}/meal-sessions",
        json={"canteen_id": str(CANTEEN), "date": day, "meal": "lunch", "dishes": []},
        headers=bearer("manager", CANTEEN, **EVER),
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def come(service, meal: dict, **headers: str) -> int:
    """Register somebody; return the status."""
    answer = await service.client.post(
        f"{MENU}/registrations",
        json={"meal_session_id": meal["id"]},
        headers=bearer("diner", CANTEEN, **EVER) | headers,
    )
    assert answer.status_code == 201 or answer.json()["type"] == "CutoffPassed", answer.text
    return answer.status_code


@pytest.mark.parametrize(("zone", "day", "days_before", "clock_time", "instant"), CUTOFFS)
async def test_the_cutoff_is_a_wall_time_of_the_canteen_to_the_millisecond(
    service, zone, day, days_before, clock_time, instant
):
    cutoff = datetime.fromisoformat(instant)
    service.clock.at = cutoff - timedelta(days=2)
    lie_in(service, zone)
    await rule(service, days_before, clock_time)
    meal = await open_by_rule(service, day)
    assert datetime.fromisoformat(meal["cutoff_at"]) == cutoff
    with service.db.reading() as session:
        stored = session.connection().scalar(select(SESSIONS.c.cutoff_at))
    assert (stored, stored.utcoffset()) == (cutoff, timedelta())
    statuses = []
    for moved in (-SECOND, -MS, timedelta(), MS, SECOND):
        service.clock.at = cutoff + moved
        statuses.append(await come(service, meal))
    assert statuses == [201, 201, 409, 409, 409]


@pytest.mark.parametrize(
    ("day", "begins", "ends", "hours"),
    [
        ("2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 23),
        ("2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 25),
    ],
)
async def test_a_day_that_is_short_or_long_ends_when_it_ends(service, day, begins, ends, hours):
    """A cut-off lies before the end of the day, and a meal can be called off until then."""
    end = datetime.fromisoformat(ends)
    assert end - datetime.fromisoformat(begins) == timedelta(hours=hours)
    service.clock.at = end - timedelta(days=3)
    lie_in(service, ROME)
    body = {"canteen_id": str(CANTEEN), "date": day, "meal": "lunch", "capacity": 5}
    manager = bearer("manager", CANTEEN, **EVER)
    for cutoff, status in ((end, 422), (end - MS, 201)):
        answer = await service.client.post(
            f"{MENU}/meal-sessions",
            json=body | {"cutoff_at": cutoff.isoformat()},
            headers=manager,
        )
        assert answer.status_code == status, answer.text
    path = f"{MENU}/meal-sessions/{answer.json()['id']}:close"
    for at, status in ((end - MS, 200), (end, 409)):
        service.clock.at = at
        answer = await service.client.post(path, json={"reason": "停电"}, headers=manager)
        assert answer.status_code == status, answer.text


async def test_what_a_clients_clock_says_changes_nothing(service):
    meal = await open_meal(service)
    cutoff = datetime.fromisoformat(meal["cutoff_at"])
    for moved, status in ((-MS, 201), (timedelta(), 409)):
        for wrong in (-timedelta(minutes=10), timedelta(minutes=10)):
            service.clock.at = cutoff + moved
            said = format_datetime(service.clock.at + wrong, usegmt=True)
            assert await come(service, meal, Date=said) == status


@asynccontextmanager
async def node(url: str):
    """A replica whose clock is its machine's."""
    settings = {"peer_key": PEER_KEY, "migrate_on_start": False, "jobs_on": False}
    app = build("menu", {"directory": local(fake_directory())}, database_url=url, **settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


@pytest.mark.parametrize("wrong", [-30, 30])
async def test_a_nodes_clock_that_is_wrong_changes_nothing_on_postgresql(
    databases, monkeypatch: pytest.MonkeyPatch, wrong
):
    """SQLite, which has no clock of its own, is the negative control."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(seconds=wrong)

    url, day = databases.url("menu"), datetime.now(UTC).date() + timedelta(3)
    with menu_database(url) as db:
        at = datetime.now(UTC)
        ahead = put_meal(db, day, 9, cutoff_at=at + timedelta(seconds=29))
        past = put_meal(db, day + timedelta(1), 9, cutoff_at=at - timedelta(seconds=1))
        by_database = not db.is_sqlite
    monkeypatch.setattr(kernel_clock, "datetime", Wrong)
    async with node(url) as client:
        statuses = []
        for meal in (ahead, past):
            answer = await client.post(
                f"{MENU}/registrations",
                json={"meal_session_id": str(meal)},
                headers=bearer("diner", CANTEEN),
            )
            statuses.append(answer.status_code)
    right, by_node = [201, 409], [201, 201] if wrong < 0 else [409, 409]
    assert statuses == (right if by_database else by_node)


async def test_a_batch_across_a_cutoff_is_decided_meal_by_meal(service):
    soon = service.clock.at + timedelta(minutes=1)
    early = await open_meal(service, cutoff_at=soon.isoformat())
    late = await open_meal(service, meal="dinner", cutoff_at=(soon + MS).isoformat())
    service.clock.at = soon
    people = [uuid.uuid4() for _ in range(4)]
    wanted = [
        SeatRequest(meal_session_id=uuid.UUID(meal["id"]), person_id=person)
        for person in people
        for meal in (early, late)
    ]
    with service.db.transaction() as session:
        outcomes = take_seats(session, wanted)
    assert [isinstance(one, CutoffPassed) for one in outcomes] == [True, False] * 4
    with service.db.reading() as session:
        taken = session.connection().scalars(select(SESSIONS.c.registered)).all()
    assert sorted(taken) == [0, 4]


async def test_who_waited_for_a_lock_until_after_the_cutoff_is_late(databases):
    """The clock is read behind the lock: what it waited for does not count as time before."""
    url = databases.url("menu")
    async with running("menu", url) as service:
        meal = await open_meal(service)
        asked = threading.Event()

        @event.listens_for(service.db.engine, "before_cursor_execute")
        def _note(_connection, _cursor, statement, *_):
            if "FOR UPDATE" in statement or statement == "BEGIN IMMEDIATE":
                asked.set()

        other = Database(url, {})
        with other.transaction() as session:
            this = select(SESSIONS.c.id).where(SESSIONS.c.id == uuid.UUID(meal["id"]))
            session.connection().execute(this.with_for_update())
            late = asyncio.create_task(register(service, meal))
            assert await asyncio.to_thread(asked.wait, 120)
            assert not late.done()
            service.clock.at = datetime.fromisoformat(meal["cutoff_at"])
        assert (await late).json()["type"] == "CutoffPassed"
        other.engine.dispose()
