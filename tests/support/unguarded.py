"""The menu service without what keeps a meal from being oversold: for negative controls."""

import time
from collections.abc import Collection
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import Integer, Uuid, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlmodel import Session

from cleanplate_menu.actions.registering import meals, registrations
from cleanplate_menu.app import from_env
from cleanplate_shared import db
from cleanplate_shared.bulk import Given, Lookup

_SECONDS_BETWEEN = 0.2


def without_guards() -> FastAPI:
    """Build the service with no lock on a meal's row, no transaction on SQLite, no guarded counter.

    The CHECK constraint is the database's: SQLite ignores it here, on PostgreSQL a test drops it.
    """
    meals._LOCKED = Lookup(meals._FOUND, meals._WANTED, meals._RETURNED)
    meals._MOVE = Given(
        "UPDATE meal_session SET registered = registered + given.heads FROM {given} "
        "WHERE meal_session.id = given.meal",
        columns={"meal": Uuid(), "heads": Integer()},
    )
    registrations.lock_meals = _read_meals
    app = from_env()
    database: db.Database = app.state.db
    if database.is_sqlite:
        event.remove(database.engine, "begin", db._begin_sqlite)
        event.listen(database.engine, "connect", _ignore_checks)
    return app


def _read_meals(session: Session, ids: Collection[UUID]) -> dict[UUID, meals.Meal]:
    """Read the seats, and take a while before writing them."""
    found = meals.lock_meals(session, ids)
    time.sleep(_SECONDS_BETWEEN)
    return found


def _ignore_checks(connection: DBAPIConnection, _: object) -> None:
    connection.cursor().execute("PRAGMA ignore_check_constraints=ON")
