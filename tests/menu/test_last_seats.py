"""The last seats, from four processes at once on one database: never one too many."""

import os
import random
from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import text

from cleanplate_menu.models import KnownPersonRow
from support.rush import (
    FIRST_DAY,
    Answer,
    Diner,
    Seats,
    menu_database,
    menu_servers,
    put_meal,
    rush,
    seats_of,
)
from support.services import CANTEEN

PROCESSES, REQUESTS, SEATS = 4, 2000, 50
SEEDS = range(20 if os.environ.get("CI") else 2)
UNGUARDED = "support.unguarded:without_guards"
_tests = count()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def copies(request):
    """Where databases of this module come from; they last as long as its servers."""
    name = "sqlite_files" if request.param == "sqlite" else "postgres_server"
    made = request.getfixturevalue(name)
    yield made
    made.drop_copies()


@pytest.fixture(scope="module")
def rushed(copies):
    """The ports of four servers, and their database."""
    url = copies.url("menu")
    with menu_database(url) as db, menu_servers(url, PROCESSES) as ports:
        yield ports, db


@pytest.fixture(scope="module")
def ports(rushed):
    return rushed[0]


@pytest.fixture(scope="module")
def db(rushed):
    return rushed[1]


@pytest.fixture
def day():
    """A day on which no other test has a meal."""
    return FIRST_DAY + timedelta(100 * next(_tests))


def sold(answers: list[Answer]) -> int:
    """Return how many were told that they have a seat; all others that there is none."""
    told = Counter((answer.status, answer.kind) for answer in answers)
    assert set(told) == {(201, ""), (409, "SessionFull")}, told
    return told[201, ""]


@pytest.mark.timeout(600)
def test_the_last_fifty_seats_go_to_exactly_fifty_of_two_thousand(ports, db, day):
    diners = [Diner() for _ in range(REQUESTS)]
    for seed in SEEDS:
        meal = put_meal(db, day + timedelta(seed), SEATS)
        random.Random(seed).shuffle(diners)  # noqa: S311
        answers = rush(ports, [diner.registers(meal) for diner in diners])
        assert sold(answers) == SEATS, seed
        assert seats_of(db, meal) == Seats(SEATS, SEATS, SEATS, 0), seed


def test_without_the_guards_the_meal_is_oversold(copies):
    """The negative control: no lock, no guarded counter, no CHECK."""
    url = copies.url("menu")
    with menu_database(url) as db, menu_servers(url, PROCESSES, UNGUARDED) as ports:
        if not db.is_sqlite:
            with db.transaction() as session:
                check = "ALTER TABLE meal_session DROP CONSTRAINT meal_session_seats"
                session.connection().execute(text(check))
        meal = put_meal(db, FIRST_DAY, SEATS)
        answers = rush(ports, [Diner().registers(meal) for _ in range(400)])
        assert sum(answer.status == 201 for answer in answers) > SEATS
        assert seats_of(db, meal).rows > SEATS


def test_one_person_gets_one_seat_however_often_they_ask_at_once(ports, db, day):
    meal, diner = put_meal(db, day, SEATS), Diner()
    answers = rush(ports, [diner.registers(meal) for _ in range(200)])
    assert sorted(answer.status for answer in answers) == [201] + [409] * 199
    assert {answer.kind for answer in answers} == {"", "AlreadyRegistered"}
    assert seats_of(db, meal) == Seats(1, 1, 1, 0)


def test_groups_and_diners_together_never_pass_the_capacity(ports, db, day):
    host = Diner()
    with db.transaction() as session:
        known = {"name": "主人", "number": "H1", "canteen_ids": [str(CANTEEN)], "active": True}
        session.add(KnownPersonRow(id=host.id, version=1, **known))
    manager = Diner(role="manager")
    for seed in range(5):
        meal, chance = put_meal(db, day + timedelta(seed), SEATS), random.Random(seed)  # noqa: S311
        heads = [chance.randint(2, 9) for _ in range(60)]
        groups = [
            {"meal_session_id": str(meal), "kind": "guest", "headcount": n, "host_id": str(host.id)}
            for n in heads
        ]
        asked = [manager.asks("POST", "/group-registrations", body) for body in groups]
        asked += [Diner().registers(meal) for _ in range(60)]
        order = chance.sample(range(len(asked)), len(asked))
        answers = rush(ports, [asked[n] for n in order])
        taken = sum(
            heads[n] if n < len(heads) else 1
            for n, answer in zip(order, answers, strict=True)
            if answer.status == 201
        )
        seats = seats_of(db, meal)
        assert sold(answers) == seats.rows
        assert taken == seats.counter == seats.heads == SEATS, seed


def test_who_waits_gets_what_is_freed_and_nobody_more(ports, db, day):
    """Those with a seat cancel while others join the line; at the end no seat is free or double."""
    for seed in range(5):
        meal, chance = put_meal(db, day + timedelta(seed), SEATS), random.Random(seed)  # noqa: S311
        diners = [Diner() for _ in range(3 * SEATS)]
        seated, later = diners[:SEATS], diners[SEATS:]
        made = rush(ports, [diner.registers(meal) for diner in seated])
        asked = [
            diner.asks("DELETE", f"/registrations/{answer.body['id']}")
            for diner, answer in zip(seated, made, strict=True)
        ]
        line = f"/meal-sessions/{meal}/waiting"
        asked += [diner.asks("POST", line, {}) for diner in later]
        asked += [diner.registers(meal) for diner in later]
        chance.shuffle(asked)
        answers = rush(ports, asked, at_once=40)
        assert {answer.status for answer in answers} <= {201, 204, 409}
        seats = seats_of(db, meal)
        assert seats.counter == seats.heads == seats.rows <= SEATS, seed
        assert seats.waiting == 0 or seats.counter == SEATS, seed
