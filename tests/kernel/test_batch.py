"""Each item of a batch has its own outcome, in its own place."""

import uuid

from pydantic import BaseModel, Field

from cleanplate_shared.batch import RawBatch, done, in_order, parse_items
from cleanplate_shared.contracts.common import Name

ID = uuid.uuid4()


class Item(BaseModel):
    id: uuid.UUID
    grams: int = Field(ge=0, strict=True)
    note: Name | None = None


def outcomes_of(*items):
    batch = RawBatch.model_validate({"items": list(items)})
    readable, unreadable = parse_items(batch, Item, "en")
    results = in_order(unreadable, [done(item.id, again=False) for item in readable])
    return [(result.id, result.outcome.value) for result in results]


def test_the_same_id_twice_keeps_each_outcome_in_its_place():
    good, bad = {"id": ID, "grams": 5}, {"id": ID, "grams": -5}
    assert outcomes_of(good, bad) == [(ID, "created"), (ID, "rejected")]
    assert outcomes_of(bad, good) == [(ID, "rejected"), (ID, "created")]


def test_what_json_cannot_say_spoils_one_item_and_no_other():
    good = {"id": uuid.uuid4(), "grams": 5}
    deep = []
    for _ in range(2000):
        deep = [deep]
    for note in ("\ud800", float("nan"), float("inf"), {"\ud800": 1}, deep):
        bad = {"id": ID, "grams": 5, "note": note}
        assert outcomes_of(good, bad) == [(good["id"], "created"), (ID, "rejected")]
    assert outcomes_of({"id": ID, "grams": 5, "unknown": deep}) == [(ID, "created")]
