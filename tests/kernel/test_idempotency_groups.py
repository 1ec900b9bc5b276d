"""Many requests with keys in one transaction, here and in other replicas at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel

from cleanplate_shared.db import Database
from cleanplate_shared.errors import Conflict, ServiceError
from cleanplate_shared.idempotency import Asked, IdempotencyKeyReused, Once, answer_each
from cleanplate_shared.identity import Identity

PERSON, OTHER = UUID(int=1), UUID(int=2)


class Made(BaseModel):
    """What was made."""

    id: UUID


class Maker:
    """Makes something for each request; notes for which."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, _session, asked):
        self.made += [one.wanted for one in asked]
        return [Conflict() if one.wanted == "refuse" else Made(id=uuid4()) for one in asked]


def asked(key, wanted, person=PERSON) -> Asked[str]:
    caller = Identity.model_construct(person_id=person)
    return Asked(caller, wanted, Once(key, f"hash of {wanted}"))


@pytest.fixture
def db(databases):
    db = Database(databases.url("report"), {})
    yield db
    db.engine.dispose()


def answers(db, make, *wanted):
    with db.transaction() as session:
        return answer_each(session, wanted, Made, make)


async def test_the_same_key_twice_in_one_group_has_one_effect_and_one_answer(db):
    make = Maker()
    wanted = [asked("k", "a"), asked("l", "b"), asked("k", "a"), asked(None, "a"), asked("k", "a")]
    first, other, second, keyless, third = answers(db, make, *wanted)
    assert first == second == third
    assert len({first.id, other.id, keyless.id}) == 3
    assert make.made == ["a", "b", "a"]
    assert answers(db, make, wanted[0]) == [first]
    assert make.made == ["a", "b", "a"]


async def test_without_keys_each_has_its_effect(db):
    """The negative control."""
    make = Maker()
    first, second = answers(db, make, asked(None, "a"), asked(None, "a"))
    assert first != second
    assert make.made == ["a", "a"]


async def test_a_key_with_two_bodies_in_one_group_belongs_to_the_first_for_good(db):
    make = Maker()
    first, second = answers(db, make, asked("k", "a"), asked("k", "b"))
    assert isinstance(second, IdempotencyKeyReused)
    assert make.made == ["a"]
    again, other = answers(db, make, asked("k", "a"), asked("k", "b"))
    assert again == first
    assert isinstance(other, IdempotencyKeyReused)
    assert make.made == ["a"]


async def test_a_key_is_one_persons(db):
    mine, yours = answers(db, Maker(), asked("k", "a"), asked("k", "b", OTHER))
    assert mine != yours


async def test_refusals_of_a_group_are_not_kept_and_its_answers_are(db):
    make = Maker()
    wanted = [asked("k", "refuse"), asked("l", "a"), asked("k", "refuse")]
    refused, kept, as_well = answers(db, make, *wanted)
    assert [type(one) for one in (refused, as_well)] == [Conflict, Conflict]
    assert make.made == ["refuse", "a"]
    granted, repeated = answers(db, make, asked("k", "now"), asked("l", "a"))
    assert (type(granted), repeated) == (Made, kept)


async def test_two_replicas_with_the_same_keys_at_once_have_one_effect_each(databases):
    """Ten keys in two groups, each in another order, twenty times."""
    url = databases.url("report")
    replicas = [Database(url, {}) for _ in range(2)]
    makers = [Maker(), Maker()]
    together = threading.Barrier(2)

    def rush(replica: int, n: int):
        keys = [f"{n}-{place}" for place in range(10)][:: 1 if replica else -1]
        together.wait(30)
        found = answers(replicas[replica], makers[replica], *(asked(key, key) for key in keys))
        return dict(zip(keys, found, strict=True))

    with ThreadPoolExecutor(2) as pool:
        for n in range(20):
            one, other = pool.map(rush, (0, 1), (n, n))
            assert one == other
            assert not any(isinstance(answer, ServiceError) for answer in one.values())
    assert len(makers[0].made + makers[1].made) == 200
    for db in replicas:
        db.engine.dispose()


async def test_a_group_that_was_rolled_back_leaves_its_keys_free(db):
    def fails(_session, _asked):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answers(db, fails, asked("k", "a"))
    make = Maker()
    assert isinstance(answers(db, make, asked("k", "b"))[0], Made)
