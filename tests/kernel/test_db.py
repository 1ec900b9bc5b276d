import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlmodel import Session, col

from cleanplate_shared.db import Database
from cleanplate_shared.tables import SetDayRow

DAY = date(2026, 1, 1)
THREADS = 20


@pytest.fixture
def db(databases):
    db = Database(databases.url("report"), {})
    yield db
    db.engine.dispose()


@pytest.fixture
def sqlite_db(sqlite_files):
    db = Database(sqlite_files.url("report"), {})
    with db.transaction() as session:
        session.add(SetDayRow(day=DAY, is_workday=True, version=0))
    yield db
    db.engine.dispose()


def count(db):
    with db.reading() as session:
        return session.execute(select(col(SetDayRow.version))).scalar_one_or_none()


def test_an_error_rolls_the_whole_transaction_back(db):
    def write_and_fail():
        with db.transaction() as session:
            session.add(SetDayRow(day=DAY, is_workday=True, version=1))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert count(db) is None


def test_a_transaction_commits_and_its_rows_stay_readable(db):
    with db.transaction() as session:
        row = SetDayRow(day=DAY, is_workday=True, version=1)
        session.add(row)
    assert row.version == count(db) == 1


def test_reading_writes_nothing(db):
    with db.reading() as session:
        session.add(SetDayRow(day=DAY, is_workday=True, version=1))
        session.flush()
    assert count(db) is None


def test_reading_sees_one_state(db):
    def add(day):
        with db.transaction() as writing:
            writing.add(SetDayRow(day=day, is_workday=True, version=0))

    add(DAY)
    with db.reading() as session:
        assert len(session.scalars(select(SetDayRow.day)).all()) == 1
        add(DAY.replace(day=2))
        assert len(session.scalars(select(SetDayRow.day)).all()) == 1
    with db.transaction() as session:
        assert len(session.scalars(select(SetDayRow.day)).all()) == 2


def test_a_guarded_update_of_twenty_threads_loses_nothing(db):
    with db.transaction() as session:
        session.add(SetDayRow(day=DAY, is_workday=True, version=0))

    def add_one(_):
        with db.transaction() as session:
            session.execute(update(SetDayRow).values(version=SetDayRow.version + 1))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(add_one, range(100)))
    assert count(db) == 100


def test_sqlite_checks_foreign_keys(sqlite_db):
    def orphan():
        with sqlite_db.transaction() as session:
            session.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
            session.execute(text("CREATE TABLE child (id INTEGER REFERENCES parent (id))"))
            session.execute(text("INSERT INTO child VALUES (1)"))

    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        orphan()


def test_sqlite_is_durable_and_lets_readers_in(sqlite_db):
    with sqlite_db.reading() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
    with sqlite_db.transaction() as writer:
        writer.execute(update(SetDayRow).values(version=7))
        assert count(sqlite_db) == 0  # a reader meanwhile sees the state before
    assert count(sqlite_db) == 7


def read_check_write(session: Session) -> None:
    version = session.execute(select(col(SetDayRow.version))).scalar_one()
    session.execute(update(SetDayRow).values(version=version + 1))


def test_on_sqlite_what_a_writer_reads_cannot_change_under_it(sqlite_db):
    def add_one(_):
        with sqlite_db.transaction() as session:
            read_check_write(session)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(add_one, range(100)))
    assert count(sqlite_db) == 100


def test_with_deferred_transactions_the_same_loses_writes(sqlite_db):
    """The negative control: without BEGIN IMMEDIATE a writer that read first is refused."""
    both_have_read = threading.Barrier(2)

    def add_one(_):
        with Session(sqlite_db.engine) as session:
            version = session.execute(select(col(SetDayRow.version))).scalar_one()
            both_have_read.wait()
            try:
                session.execute(update(SetDayRow).values(version=version + 1))
                session.commit()
            except OperationalError:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        written = list(pool.map(add_one, range(2)))
    assert sorted(written) == [False, True]
    assert count(sqlite_db) == 1


def test_what_was_bound_to_a_statement_is_not_in_its_error(db):
    error = OperationalError if db.is_sqlite else ProgrammingError
    with pytest.raises(error) as caught, db.reading() as session:
        session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": "张三"})
    assert "张三" not in str(caught.value)
