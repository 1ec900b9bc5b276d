"""Planners of two replicas, and diners who change their minds while one of them runs."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from cleanplate_menu.actions.planning import patterns, planner
from cleanplate_menu.actions.planning.meals import meals_ahead
from cleanplate_menu.jobs import plan_meals
from cleanplate_menu.models import PATTERNS, REGISTRATIONS, SESSIONS, WAITING
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.db import Database
from support.plans import a_person, know, meal_on, set_pattern, standing
from support.services import CANTEEN

NOW = datetime(2026, 3, 1, 1, tzinfo=UTC)
DINER = a_person(1)
PEOPLE = [a_person(n) for n in range(10, 110)]
WEEK = [f"2026-03-{day:02}" for day in range(2, 7)]


def numbers(service) -> tuple[int, int, int]:
    """Return seats taken, standing registrations, and people and meals among these."""
    stand = REGISTRATIONS.c.status == "registered"
    pairs = select(REGISTRATIONS.c.person_id, REGISTRATIONS.c.meal_session_id).where(stand)
    with service.db.reading() as session:
        connection = session.connection()
        seats = connection.execute(select(func.sum(SESSIONS.c.registered))).scalar_one()
        rows = connection.execute(select(func.count()).where(stand)).scalar_one()
        return seats, rows, len(set(connection.execute(pairs)))


async def test_planners_of_replicas_register_everybody_once(service, monkeypatch):
    monkeypatch.setattr(planner, "MOST_CHANGES", 30)  # many small transactions
    service.clock.at = NOW
    await know(service, *PEOPLE)
    with service.db.transaction() as session:
        session.connection().execute(PATTERNS.insert(), [
            {"id": uuid.uuid4(), "person_id": person.id, "canteen_id": CANTEEN, "meal": "lunch",
             "weekdays": "12345", "portion": "full", "rice": "normal",
             "first_day": NOW.date(), "since": NOW}
            for person in PEOPLE
        ])  # fmt: skip
    for day in WEEK:
        await meal_on(service, day, capacity=90)
    url = service.db.engine.url.render_as_string(hide_password=False)
    replicas = [Database(url, {}, service.clock) for _ in range(3)]
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(plan_meals, db, service.clock) for db in replicas]:
            done.result(timeout=60)
    for db in replicas:
        db.engine.dispose()
    assert numbers(service) == (450, 450, 450)
    waits = select(func.count()).select_from(WAITING)
    with service.db.reading() as session:
        assert session.connection().execute(waits).scalar_one() == 50


async def race(service, monkeypatch, patience: float = 1) -> dict:
    """Remove a pattern between the planner's reading it and its registering for it."""
    service.clock.at = NOW
    await know(service, DINER)
    await set_pattern(service, DINER)
    await meal_on(service, WEEK[0])
    has_read, has_removed = threading.Event(), threading.Event()
    differences = planner.differences

    def slowly(*args):
        found = differences(*args)
        has_read.set()
        has_removed.wait(timeout=patience)  # in vain, where the removal waits for us
        return found

    def remove() -> None:
        assert has_read.wait(timeout=120)
        with service.db.transaction() as session:
            patterns.remove_pattern(session, DINER.id, CANTEEN, Meal.LUNCH)
        has_removed.set()

    monkeypatch.setattr(planner, "differences", slowly)
    with ThreadPoolExecutor() as pool:
        planned = pool.submit(plan_meals, service.db, service.clock)
        pool.submit(remove).result(timeout=120)
        planned.result(timeout=120)
    return await standing(service, DINER)


async def test_a_pattern_removed_while_the_planner_runs_leaves_nothing(service, monkeypatch):
    assert await race(service, monkeypatch) == {}


async def test_without_the_planners_locks_it_would(service, monkeypatch: pytest.MonkeyPatch):
    """The negative control; SQLite's writers wait for one another without them."""
    monkeypatch.setattr(planner, "hold_canteen", lambda *_: None)
    monkeypatch.setattr(planner, "lock_meals_ahead", meals_ahead)
    left = await race(service, monkeypatch, patience=1 if service.db.is_sqlite else 60)
    assert list(left) == ([] if service.db.is_sqlite else WEEK[:1])
