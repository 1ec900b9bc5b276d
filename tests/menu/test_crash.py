"""What was acknowledged survives SIGKILL in the middle of a rush; what is repeated counts once."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from cleanplate_menu.models import CHECK_INS, REGISTRATIONS, KnownPersonRow
from cleanplate_shared.db import Database
from support.rush import (
    FIRST_DAY,
    Answer,
    Asked,
    Diner,
    menu_database,
    menu_settings,
    put_meal,
    rush,
    seats_of,
)
from support.servers import Server, served
from support.services import CANTEEN

AFTER = (1, 20, 60, 110, 150)  # answers, and then the kill
DINERS, GROUPS, HEADS = 100, 20, 3
CANCELLED, SERVED = 30, 30
HOST = Diner()
Made = tuple[Diner, dict]
MANAGER, COOK = Diner(role="manager"), Diner(role="cook")


@pytest.fixture
def url(databases) -> str:
    return databases.url("menu")


@pytest.fixture
def db(url) -> Iterator[Database]:
    with menu_database(url) as db:
        with db.transaction() as session:
            known = {"name": "主人", "number": "H1", "canteen_ids": [str(CANTEEN)], "active": True}
            session.add(KnownPersonRow(id=HOST.id, version=1, **known))
        yield db


@pytest.fixture
def server(url) -> Iterator[Server]:
    with menu_settings(url) as env, served("cleanplate_menu.app:from_env", env) as running:
        yield running


def a_group(meal: uuid.UUID, key: str | None) -> Asked:
    body = {"kind": "guest", "headcount": HEADS, "host_id": str(HOST.id)}
    body["meal_session_id"] = str(meal)
    return MANAGER.asks("POST", "/group-registrations", body, key)


def a_check_in(meal: uuid.UUID, made: dict) -> Asked:
    item = {"id": str(uuid.uuid4()), "at": datetime.now(UTC).isoformat()}
    item |= {"meal_session_id": str(meal), "pickup_code": made["pickup_code"]}
    return COOK.asks("POST", "/check-ins:batch", {"items": [item]})


def killed_in_the_middle(server: Server, asked: list[Asked], after: int) -> list[Answer]:
    """Send requests to a server that is killed after some answers; start it again."""
    answers = rush([server.port], asked, at_once=40, then=(after, server.kill))
    acknowledged = sum(answer.status > 0 for answer in answers)
    assert after <= acknowledged < len(answers)
    server.start()
    return answers


def a_round(meal: uuid.UUID, diners: list[Diner], earlier: list[Made]) -> list[Asked]:
    """Return what people want: new seats, and of those seated before, some to cancel or to eat."""
    asked = [diner.registers(meal, str(uuid.uuid4())) for diner in diners]
    asked += [a_group(meal, str(uuid.uuid4())) for _ in range(GROUPS)]
    leaving, eating = earlier[:CANCELLED], earlier[-SERVED:]
    asked += [diner.asks("DELETE", f"/registrations/{made['id']}") for diner, made in leaving]
    asked += [a_check_in(meal, made) for _, made in eating]
    return asked[::3] + asked[1::3] + asked[2::3]


def check_repeats(answers: list[Answer], again: list[Answer]) -> None:
    """All is done by now, and what was acknowledged as created is answered in the same words."""
    assert {answer.status for answer in again} <= {200, 201, 204}
    for first, repeated in zip(answers, again, strict=True):
        assert first.status != 201 or first == repeated
    check_ins = [answer.body["results"][0]["outcome"] for answer in again if answer.status == 200]
    assert set(check_ins) <= {"created", "duplicate"}


@pytest.mark.timeout(600)
def test_five_kills_lose_nothing_that_was_acknowledged_and_double_nothing(server, db):
    """Each time all clients repeat what they sent, whether they had an answer or not."""
    meal = put_meal(db, FIRST_DAY, 10_000)
    earlier: list[Made] = []
    for after in AFTER:
        diners = [Diner() for _ in range(DINERS)]
        asked = a_round(meal, diners, earlier)
        answers = killed_in_the_middle(server, asked, min(after, len(asked) - 50))
        again = rush([server.port], asked, at_once=40)
        check_repeats(answers, again)
        made = {one.body.get("person_id"): one.body for one in again if one.status == 201}
        earlier = [(diner, made[str(diner.id)]) for diner in diners]
    gone, eaten = CANCELLED * (len(AFTER) - 1), SERVED * (len(AFTER) - 1)
    seats, rows = seats_of(db, meal), len(AFTER) * (DINERS + GROUPS)
    assert seats.rows == rows - gone
    assert seats.counter == seats.heads == len(AFTER) * (DINERS + HEADS * GROUPS) - gone
    with db.reading() as session:
        connection = session.connection()
        assert connection.scalar(select(func.count()).select_from(CHECK_INS)) == eaten
        assert connection.scalar(select(func.count()).select_from(REGISTRATIONS)) == rows


@pytest.mark.timeout(300)
def test_without_keys_a_repeat_is_refused_or_counts_twice(server, db):
    """The negative control: what the key is for."""
    meal = put_meal(db, FIRST_DAY, 10_000)
    asked = [Diner().registers(meal) for _ in range(60)] + [a_group(meal, None) for _ in range(60)]
    asked = asked[::2] + asked[1::2]
    answers = killed_in_the_middle(server, asked, 60)
    again = rush([server.port], asked, at_once=40)
    had = {answer.kind for one, answer in zip(answers, again, strict=True) if one.status == 201}
    assert had == {"AlreadyRegistered", ""}
    assert seats_of(db, meal).rows > len(asked)
