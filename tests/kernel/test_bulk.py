"""Many rows by one statement: stored as the driver itself would store them, on both databases."""

import uuid
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Integer,
    MetaData,
    String,
    Table,
    Uuid,
    cast,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlmodel.sql.sqltypes import UTCDateTime

from cleanplate_shared.bulk import BulkInsert, Given, Lookup
from cleanplate_shared.db import Database

THINGS = Table(
    "thing",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("name", String),
    Column("grams", Integer, CheckConstraint("grams >= 0")),
    Column("at", UTCDateTime),
    Column("day", Date),
    Column("is_weighed", Boolean),
    Column("tags", JSON),
    Column("kept", Integer, server_default="7"),
)
NAMES = [column.name for column in THINGS.columns if column.name != "kept"]
INSERT = BulkInsert(THINGS, NAMES)
AT = datetime(2026, 3, 1, 1, 2, 3, 456789, tzinfo=UTC)
HARD = """'"; DROP TABLE thing --\\ {"a": [1]} 光盘 \U0001f35a %s %(rows)s :rows $[0] \t\n"""


def a_thing(**changes) -> dict:
    values = {
        "name": "勺",
        "grams": 1,
        "at": AT,
        "day": AT.date(),
        "is_weighed": True,
        "tags": [],
    }
    return {"id": uuid.uuid4()} | values | changes


KINDS = [
    a_thing(),
    a_thing(name=HARD, tags=[HARD, 1, None, {"a": [0.5]}]),
    a_thing(name="", grams=2**31 - 1, is_weighed=False),
    a_thing(name="null", grams=None, at=None, day=None, is_weighed=None),
    a_thing(name=None, at=AT.replace(microsecond=0), day=date(1, 1, 1), tags={}),
    a_thing(at=AT.astimezone(timezone(timedelta(hours=8)))),
]


@pytest.fixture
def db(databases):
    made = Database(databases.url("report"), {})
    THINGS.create(made.engine)
    yield made
    made.engine.dispose()


def stored(db: Database) -> dict:
    """Return the rows as the database prints them, without its driver's conversions."""
    columns = [cast(THINGS.c[name], String) for name in NAMES if name != "id"]
    with db.reading() as session:
        found = session.connection().execute(select(*columns).order_by(THINGS.c.id))
        return [tuple(row) for row in found]


def test_rows_are_stored_as_the_driver_stores_them(db):
    with db.transaction() as session:
        session.connection().execute(insert(THINGS), KINDS)
    alone = stored(db)
    with db.transaction() as session:
        session.connection().execute(THINGS.delete())
        assert INSERT(session, KINDS) == len(KINDS)
    assert stored(db) == alone
    with db.reading() as session:
        found = session.connection().execute(select(THINGS)).mappings().all()
    assert {row["id"]: {name: row[name] for name in NAMES} for row in found} == {
        row["id"]: row for row in KINDS
    }
    assert {row["kept"] for row in found} == {7}


def test_a_row_that_is_there_is_left_out_and_not_counted(db):
    there, new = a_thing(), a_thing()
    with db.transaction() as session:
        assert INSERT(session, [there]) == 1
        assert INSERT(session, [there | {"name": "other"}, new, new]) == 1
    assert len(stored(db)) == 2
    with db.reading() as session:
        kept = session.connection().scalars(select(THINGS.c.name)).all()
    assert kept == ["勺", "勺"]


def test_a_row_that_breaks_a_check_breaks_the_statement(db):
    with pytest.raises(IntegrityError), db.transaction() as session:
        INSERT(session, [a_thing(), a_thing(grams=-1)])
    assert stored(db) == []


def test_no_rows_are_no_statement(db):
    with db.transaction() as session:
        assert INSERT(session, []) == 0


def test_given_rows_are_a_table_that_statements_read(db):
    hard = a_thing(name=HARD)
    few, many, none = a_thing(grams=2), a_thing(grams=5), a_thing(grams=None)
    add = Given(
        "UPDATE thing SET grams = grams + given.more FROM {given} WHERE thing.id = given.thing",
        columns={"thing": Uuid(), "more": Integer()},
    )
    find = Lookup(
        "SELECT thing.id, given.wanted FROM {given} JOIN thing ON thing.name = given.wanted",
        columns={"wanted": String()},
        returned={"id": Uuid(), "wanted": String()},
    )
    with db.transaction() as session:
        INSERT(session, [hard, few, many, none])
        some = [{"thing": few["id"].hex, "more": 3}, {"thing": uuid.uuid4().hex, "more": 1}]
        assert add(session, some) == 1
        found = find(session, [{"wanted": HARD}, {"wanted": "x"}])
        assert [tuple(row) for row in found] == [(hard["id"], HARD)]
        left = session.connection().execute(select(THINGS.c.id, THINGS.c.grams)).all()
    assert set(left) == {
        (hard["id"], 1), (few["id"], 5), (many["id"], 5), (none["id"], None)
    }  # fmt: skip


def test_a_lookup_returns_what_was_stored(db):
    things = [a_thing(name=HARD), a_thing(at=None, day=None, grams=None)]
    kinds = {name: THINGS.c[name].type for name in NAMES if name != "tags"}
    find = Lookup(
        f"SELECT {', '.join(f'thing.{name}' for name in kinds)} "  # noqa: S608
        "FROM {given} JOIN thing ON thing.id = given.wanted",
        columns={"wanted": Uuid()},
        returned=kinds,
        locks="thing",
    )
    with db.transaction() as session:
        INSERT(session, things)
        found = find(session, [{"wanted": thing["id"].hex} for thing in things])
        assert not find(session, [{"wanted": uuid.uuid4().hex}])
    rows = {row[0]: dict(zip(kinds, row, strict=True)) for row in found}
    wanted = {thing["id"]: {name: thing[name] for name in kinds} for thing in things}
    assert rows == wanted
