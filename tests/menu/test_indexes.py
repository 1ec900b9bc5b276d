"""What a person asks for again and again is answered by indexes, not by reading the table."""

from uuid import uuid4

import pytest
from sqlalchemy import select, text

from cleanplate_menu.actions.registering.whose import BESIDES, OWN_SEAT, standing_of
from cleanplate_menu.models import REGISTRATIONS


def _plan(service, condition):
    asked = select(REGISTRATIONS.c.id).where(condition)
    engine = service.app.state.db.engine
    with engine.connect() as connection:
        compiled = str(asked.compile(engine, compile_kwargs={"literal_binds": True}))
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET enable_seqscan = off"))  # the table is empty
        explain = "EXPLAIN " if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        rows = connection.exec_driver_sql(explain + compiled.replace("%", "%%"))
        return "\n".join(str(tuple(row)) for row in rows)


async def test_what_stands_of_a_person_is_found_by_two_indexes(service):
    plan = _plan(service, standing_of(uuid4()))
    assert "registration_own_seat_once" in plan
    assert "registration_besides" in plan
    assert "SCAN registration" not in plan


@pytest.mark.parametrize("meals", [1, 20])
async def test_own_seats_of_people_at_meals_are_found_by_their_index(service, meals):
    column = REGISTRATIONS.c.meal_session_id
    condition = REGISTRATIONS.c.person_id.in_([uuid4(), uuid4()]) & OWN_SEAT
    plan = _plan(service, condition & column.in_([uuid4() for _ in range(meals)]))
    assert "registration_own_seat_once" in plan


async def test_what_a_person_gave_up_is_found_by_its_index(service):
    theirs = REGISTRATIONS.c.person_id == uuid4()
    assert "registration_besides" in _plan(service, theirs & BESIDES)


async def test_a_condition_in_other_words_does_not_find_that_index(service):
    theirs = REGISTRATIONS.c.person_id == uuid4()
    plan = _plan(service, theirs & (REGISTRATIONS.c.status == "registered"))
    assert "registration_own_seat_once" not in plan


async def test_a_code_is_found_by_its_index(service):
    assert "code_once" in _plan(service, REGISTRATIONS.c.pickup_code == "ABC234") or (
        "sqlite_autoindex" in _plan(service, REGISTRATIONS.c.pickup_code == "ABC234")
    )
