"""One writer per process: groups, each caller's own outcome, and what happens when it fails."""

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from types import SimpleNamespace

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from cleanplate_shared import writer as kernel_writer
from cleanplate_shared.db import Database
from cleanplate_shared.errors import Conflict, TooMany, Unavailable
from cleanplate_shared.tables import SetDayRow
from cleanplate_shared.writer import Writer

DAYS = [date(2026, 1, 1) + timedelta(n) for n in range(2000)]
AWAY = {
    "sqlite": "sqlite:////nowhere/at/all.sqlite3",
    "postgresql": "postgresql+psycopg://127.0.0.1:1/nothing",
}


@dataclass
class Setting:
    """Sets days; a change of the writer's. Notes what came together.

    Attributes:
        gate: the first group waits for it, so that the rest gathers.
        begun: the first group is at work.
    """

    groups: list[list[date]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    def apply(self, session, days):
        self.groups.append(list(days))
        self.begun.set()
        assert self.gate.wait(30)
        outcomes = []
        for day in days:
            if day.day == 13:
                outcomes.append(Conflict())
                continue
            session.add(SetDayRow(day=day, is_workday=True, version=1))
            session.flush()
            outcomes.append(day)
        return outcomes


@pytest.fixture
def db(databases):
    db = Database(databases.url("report"), {})
    yield db
    db.engine.dispose()


@pytest.fixture
def writer(db):
    writer = Writer(db)
    yield writer
    writer.close()


def days_set(db) -> list[date]:
    with db.reading() as session:
        return sorted(session.exec(select(SetDayRow.day)))


async def gathered(writer, setting, days, weight=1):
    """Submit a first change, and the rest while it is being written; return the tasks."""
    tasks = [asyncio.create_task(writer.submit(days[0], setting.apply, weight))]
    assert await asyncio.to_thread(setting.begun.wait, 30)
    tasks += [asyncio.create_task(writer.submit(day, setting.apply, weight)) for day in days[1:]]
    await asyncio.sleep(0)  # all of them have submitted
    return tasks


async def outcomes(tasks):
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_comes_during_a_commit_is_the_next_group_and_each_gets_its_own(writer, db):
    setting = Setting()
    tasks = await gathered(writer, setting, DAYS[:20])
    setting.gate.set()
    found = await outcomes(tasks)
    assert [len(group) for group in setting.groups] == [1, 19]
    assert [type(one) for one in found] == [Conflict if d.day == 13 else date for d in DAYS[:20]]
    assert [one for one in found if isinstance(one, date)] == days_set(db)
    assert len(days_set(db)) == 19


async def test_alone_a_caller_waits_for_nobody(writer, db):
    setting = Setting()
    setting.gate.set()
    assert await writer.submit(DAYS[0], setting.apply) == DAYS[0]
    assert await writer.submit(DAYS[1], setting.apply) == DAYS[1]
    assert setting.groups == [[DAYS[0]], [DAYS[1]]]


async def test_nobody_is_answered_before_the_commit(writer, db):
    begun, gate = threading.Event(), threading.Event()

    def apply(session, days):
        session.add_all(SetDayRow(day=day, is_workday=True, version=1) for day in days)
        session.flush()

        @event.listens_for(session, "before_commit")
        def _hold(_session):
            begun.set()
            assert gate.wait(30)

        return days

    task = asyncio.create_task(writer.submit(DAYS[0], apply))
    assert await asyncio.to_thread(begun.wait, 30)
    assert (task.done(), days_set(db)) == (False, [])
    gate.set()
    assert await task == DAYS[0]
    assert days_set(db) == [DAYS[0]]


async def test_a_commit_that_fails_answers_nobody_with_success(writer, db):
    def apply(session, days):
        session.add_all(SetDayRow(day=day, is_workday=True, version=1) for day in days)

        @event.listens_for(session, "before_commit")
        def _fail(_session):
            raise RuntimeError("no commit")

        return days

    found = await outcomes([writer.submit(day, apply) for day in DAYS[:5]])
    assert [str(one) for one in found] == ["no commit"] * 5
    assert days_set(db) == []


@pytest.mark.parametrize("poison", ["bug", "constraint", "miscount"])
async def test_a_change_that_the_group_cannot_bear_fails_alone(writer, db, poison):
    def apply(session, days):
        if DAYS[3] in days and poison == "bug":
            raise ZeroDivisionError
        session.add_all(SetDayRow(day=day, is_workday=True, version=1) for day in days)
        session.flush()
        return [day for day in days if poison != "miscount" or day != DAYS[3]]

    if poison == "constraint":
        await writer.submit(DAYS[3], apply)
    found = await outcomes([writer.submit(day, apply) for day in DAYS[:6]])
    failed = [n for n, one in enumerate(found) if isinstance(one, Exception)]
    assert failed == [3]
    there = DAYS[:6] if poison == "constraint" else [*DAYS[:3], *DAYS[4:6]]
    assert days_set(db) == there


async def test_who_goes_away_holds_up_nobody(writer, db):
    setting = Setting()
    tasks = await gathered(writer, setting, DAYS[:4])
    tasks[0].cancel()  # its change is being written
    tasks[2].cancel()  # its change waits
    setting.gate.set()
    found = await outcomes(tasks)
    assert [isinstance(one, asyncio.CancelledError) for one in found] == [True, False, True, False]
    assert await writer.submit(DAYS[4], setting.apply) == DAYS[4]
    assert set(days_set(db)) >= {DAYS[1], DAYS[3], DAYS[4]}


async def test_more_than_two_seconds_of_work_is_refused_and_what_waits_is_done(
    writer, db, monkeypatch: pytest.MonkeyPatch
):
    """A group takes three seconds by the clock here; as long as 500 wait, nobody may join them."""
    seconds = count(0, 3)
    monkeypatch.setattr(kernel_writer, "time", SimpleNamespace(perf_counter=lambda: next(seconds)))
    slow = Setting()
    slow.gate.set()
    await writer.submit(DAYS[0], slow.apply)  # now it is known how long a group takes
    setting = Setting()
    tasks = await gathered(writer, setting, DAYS[1:502])
    with pytest.raises(TooMany) as refused:
        await writer.submit(DAYS[600], setting.apply)
    assert refused.value.retry_after == 2
    setting.gate.set()
    await outcomes(tasks)
    assert [len(group) for group in setting.groups] == [1, 500]
    assert await writer.submit(DAYS[600], setting.apply) == DAYS[600]


async def test_a_group_is_bounded_by_what_its_changes_weigh(writer, db):
    setting = Setting()
    tasks = await gathered(writer, setting, DAYS[:7], weight=200)
    setting.gate.set()
    await outcomes(tasks)
    assert [len(group) for group in setting.groups] == [1, 2, 2, 2]
    assert await writer.submit(DAYS[7], setting.apply, weight=9999) == DAYS[7]


async def test_a_kind_that_is_rushed_does_not_keep_another_waiting(writer, db):
    rushed, rare = Setting(), Setting()
    rare.gate.set()
    tasks = await gathered(writer, rushed, DAYS[:4], weight=500)
    done = []
    for task in tasks:
        task.add_done_callback(lambda _: done.append("rushed"))
    other = asyncio.create_task(writer.submit(DAYS[10], rare.apply))
    other.add_done_callback(lambda _: done.append("rare"))
    await asyncio.sleep(0)
    rushed.gate.set()
    await outcomes([*tasks, other])
    assert done.index("rare") <= 2
    assert len(done) == 5


@pytest.mark.parametrize("kind", AWAY)
async def test_without_the_database_everybody_is_told_at_once(kind):
    asked = []
    writer = Writer(Database(AWAY[kind], {}))
    found = await outcomes([writer.submit(day, lambda _, d: asked.append(d)) for day in DAYS[:3]])
    assert [type(one) for one in found] == [OperationalError] * 3
    assert asked == []
    writer.close()


@pytest.fixture
def on_postgres(postgres_server):
    """A writer on PostgreSQL, whose transactions wait for each other's rows; two days are set."""
    db = Database(postgres_server.url("report"), {})
    with db.transaction() as session:
        session.add_all(SetDayRow(day=day, is_workday=True, version=1) for day in DAYS[:2])
    writer = Writer(db)
    yield writer, db
    writer.close()
    db.engine.dispose()
    postgres_server.drop_copies()


async def test_a_group_that_ends_a_deadlock_is_tried_again(on_postgres):
    """Somebody else locks the same two days the other way round, until the database steps in."""
    (writer, db), tried = on_postgres, []
    first_held, second_held = threading.Event(), threading.Event()

    def lock(session, day):
        session.exec(select(SetDayRow).where(SetDayRow.day == day).with_for_update()).one()

    def crosswise():
        with db.transaction() as session:
            for setting in ("deadlock_timeout = '1h'", "lock_timeout = 0"):  # it is not the one
                session.execute(text(f"SET LOCAL {setting}"))
            lock(session, DAYS[1])
            second_held.set()
            assert first_held.wait(30)
            lock(session, DAYS[0])

    def apply(session, days):
        tried.append(days)
        lock(session, DAYS[0])
        first_held.set()
        assert second_held.wait(30)
        lock(session, DAYS[1])
        return days

    other = asyncio.create_task(asyncio.to_thread(crosswise))
    assert await writer.submit("both", apply) == "both"
    await other
    assert len(tried) == 2


async def test_closing_lets_the_group_under_way_end_and_refuses_what_waits(db):
    writer, setting = Writer(db), Setting()
    tasks = await gathered(writer, setting, DAYS[:3])
    threading.Timer(0.3, setting.gate.set).start()
    writer.close()
    found = await outcomes(tasks)
    assert found[0] == DAYS[0]
    assert [type(one) for one in found[1:]] == [Unavailable] * 2
    assert days_set(db) == [DAYS[0]]
    with pytest.raises(Unavailable):
        await writer.submit(DAYS[5], setting.apply)


def test_a_writer_works_in_one_event_loop_after_the_other(writer, db):
    """The first loop ends while its change is being written."""
    setting = Setting()

    async def goes_away():
        await gathered(writer, setting, DAYS[:2])

    async def stays():
        setting.gate.set()
        async with asyncio.timeout(30):
            return await writer.submit(DAYS[2], setting.apply)

    asyncio.run(goes_away())
    assert asyncio.run(stays()) == DAYS[2]
