import asyncio
from uuid import uuid4

import pytest
from sqlmodel import select

from cleanplate_shared.tables import AnsweredRow
from support.identities import bearer
from support.services import CANTEEN
from support.toy import client_of, toy_app, waiting

COOK = bearer("cook", CANTEEN)
PATH = "/api/v1/report/told"


@pytest.fixture
async def toy(databases):
    return toy_app(databases.url("report"))


@pytest.fixture
async def client(toy):
    async with client_of(toy) as client:
        yield client


async def test_the_same_key_and_body_answer_the_first_answer_again(client, toy):
    headers = COOK | {"Idempotency-Key": "k1"}
    first = await client.post(PATH, json={"name": "a"}, headers=headers)
    again = await client.post(PATH, json={"name": "a"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert waiting(toy.state.db, "near") == 1


async def test_without_a_key_the_same_request_twice_has_two_effects(client, toy):
    """The negative control."""
    first = await client.post(PATH, json={"name": "a"}, headers=COOK)
    again = await client.post(PATH, json={"name": "a"}, headers=COOK)
    assert first.json()["id"] != again.json()["id"]
    assert waiting(toy.state.db, "near") == 2


async def test_the_same_key_with_another_body_is_422(client, toy):
    headers = COOK | {"Idempotency-Key": "k1"}
    await client.post(PATH, json={"name": "a"}, headers=headers)
    answer = await client.post(PATH, json={"name": "b"}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["type"] == "IdempotencyKeyReused"
    assert waiting(toy.state.db, "near") == 1


async def test_a_refusal_is_not_stored(client, toy):
    headers = COOK | {"Idempotency-Key": "k1"}
    refused = await client.post(PATH, json={"name": "a", "refuse": True}, headers=headers)
    assert refused.status_code == 409
    granted = await client.post(PATH, json={"name": "a"}, headers=headers)
    assert granted.status_code == 201


async def test_a_key_belongs_to_one_person(client, toy):
    key = {"Idempotency-Key": "k1"}
    mine = await client.post(PATH, json={"name": "a"}, headers=COOK | key)
    yours = await client.post(PATH, json={"name": "a"}, headers=bearer("cook", CANTEEN) | key)
    assert mine.json()["id"] != yours.json()["id"]


@pytest.mark.parametrize("key", ["", " ", "a b", "é".encode(), "x" * 256])
async def test_a_key_that_is_none_is_422(client, key):
    answer = await client.post(PATH, json={"name": "a"}, headers=COOK | {"Idempotency-Key": key})
    assert answer.status_code == 422


async def test_the_longest_key_is_taken(client):
    headers = COOK | {"Idempotency-Key": "x" * 255}
    assert (await client.post(PATH, json={"name": "a"}, headers=headers)).status_code == 201


async def test_twenty_at_once_with_one_key_have_one_effect(client, toy):
    headers = COOK | {"Idempotency-Key": "k1"}
    answers = await asyncio.gather(
        *(client.post(PATH, json={"name": "a"}, headers=headers) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert waiting(toy.state.db, "near") == 1


async def test_neither_the_key_nor_the_answer_can_be_read_in_the_database(client, toy):
    key = str(uuid4())
    first = await client.post(PATH, json={"name": "a"}, headers=COOK | {"Idempotency-Key": key})
    with toy.state.db.reading() as session:
        row = session.exec(select(AnsweredRow)).one()
    assert key not in str(row)
    assert first.json()["id"] not in str(row)
    assert row.answer  # there is something to be read
