"""What was registered before the release of the full registration reads the same after it."""

import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlmodel import select

from cleanplate_gateway.embedded import build
from cleanplate_menu.models import DishRow, MealSessionRow, RegistrationRow
from cleanplate_shared import migrate
from cleanplate_shared.db import Database

FIRST = "ce9a924293d5"
IDS = {name: f"{n:032x}" for n, name in enumerate(["canteen", "dish", "meal", "seat", "diner"], 1)}
BEFORE = [
    """INSERT INTO dish (id, canteen_id, name, kind, allergens, portion_grams)
        VALUES (:dish, :canteen, '豆腐', 'main', 'soy', 150)""",
    """INSERT INTO meal_session (id, canteen_id, day, meal, cutoff_at, capacity, registered,
        is_imported, is_registered, is_forgotten, past_full, past_half, past_small, past_came,
        past_walk_ins, version, told_version)
        VALUES (:meal, :canteen, '2026-03-02', 'lunch', '2026-03-02 01:00:00.000000', 10, 1,
        false, true, false, 0, 0, 0, 0, 0, 2, 2)""",
    """INSERT INTO registration (id, meal_session_id, person_id, portion, status, pickup_code,
        registered_at, dishes) VALUES (:seat, :meal, :diner, 'half', 'registered',
        'ABC234', '2026-03-01 01:00:00.000000', '[]')""",
]


@pytest.fixture
def upgraded(databases):
    """A database of the first release with one registration, brought to today's schema."""
    service, url = build("menu", {}).state.service, databases.url("menu")
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    asked = service.package, engine, service.tables
    command.downgrade(migrate._config(*asked), f"menu@{FIRST}")
    with engine.begin() as connection:
        for statement in BEFORE:
            named = {name: key for name, key in IDS.items() if f":{name}" in statement}
            connection.execute(text(statement), named)
    assert not migrate.is_current(*asked)
    migrate.upgrade(*asked)
    engine.dispose()
    db = Database(url, {})
    yield db
    db.engine.dispose()


def test_rows_of_the_first_release(upgraded):
    with upgraded.reading() as session:
        meal = session.exec(select(MealSessionRow)).one()
        seat = session.exec(select(RegistrationRow)).one()
        dish = session.exec(select(DishRow)).one()
    assert (meal.is_planned, meal.is_reminded, meal.service_mode) == (False, False, "buffet")
    assert (seat.is_withdrawn, seat.kind, seat.headcount) == (False, "person", 1)
    assert (seat.rice, seat.source, seat.portion) == ("normal", "self", "half")
    assert (dish.state, dish.name, dish.told_version) == ("offered", "豆腐", 0)
