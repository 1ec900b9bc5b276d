import random
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from cleanplate_waste.domain.trays import wilson
from support.identities import bearer
from support.services import CANTEEN, OTHER_CANTEEN
from waste.kitchen import DAY, cook

BATCH = "/api/v1/waste/trays:batch"
SUMMARY = "/api/v1/waste/trays/summary"


def a_tray(grams=20, sequence=1, **changes):
    return {
        "id": str(uuid.uuid4()), "canteen_id": str(CANTEEN), "device_id": "trays-1",
        "sequence": sequence, "grams": grams, "at": f"{DAY}T12:30:07+08:00", **changes,
    }  # fmt: skip


async def send(service, *items):
    answer = await service.client.post(BATCH, json={"items": items}, headers=cook())
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


async def summary(service, **query):
    asked = {"canteen_id": str(CANTEEN), "date_from": f"{DAY}", "date_to": f"{DAY}"} | query
    answer = await service.client.get(SUMMARY, params=asked, headers=cook())
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_hour_of_a_hundred_a_minute_is_counted_exactly_whatever_is_sent_twice(service):
    chance = random.Random(3)  # noqa: S311
    trays = [a_tray(chance.choice([0, 4, 10, 11, 60, 240]), n) for n in range(6000)]
    batches = [trays[at : at + 500] for at in range(0, len(trays), 500)]
    for batch in [*batches, *batches[:3]]:
        await send(service, *batch)
    found = await summary(service)
    clean = sum(one["grams"] <= 10 for one in trays)
    assert (found["trays"], found["clean"]) == (6000, clean)
    assert found["mean_grams"] == pytest.approx(sum(one["grams"] for one in trays) / 6000)
    assert found["low"] < clean / 6000 < found["high"]
    stricter = await summary(service, clean_grams=0)
    assert stricter["clean"] == sum(one["grams"] == 0 for one in trays)


async def test_trays_are_in_no_sum_of_weighings(service):
    await send(service, a_tray(400))
    asked = {"canteen_id": str(CANTEEN), "date_from": f"{DAY}", "date_to": f"{DAY}"}
    answer = await service.client.get("/api/v1/waste/summary", params=asked, headers=cook())
    assert sum(one["net_grams"] for one in answer.json()["items"]) == 0
    assert (await summary(service))["trays"] == 1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"canteen_id": str(OTHER_CANTEEN)}, "NotFound"),
        ({"grams": -1}, "Unprocessable"),
        ({"grams": 5001}, "Unprocessable"),
        ({"grams": 1.5}, "Unprocessable"),
        ({"at": (datetime.now(UTC) + timedelta(days=2)).isoformat()}, "TooFarInFuture"),
    ],
)
async def test_a_bad_tray_is_refused_and_the_good_one_is_kept(service, changes, problem):
    bad, good = a_tray() | changes, a_tray()
    results = await send(service, bad, good)
    assert results[0]["problem"]["type"] == problem
    assert results[1]["outcome"] == "created"
    assert (await summary(service))["trays"] == 1


async def test_an_id_used_again_for_another_tray_is_refused(service):
    tray = a_tray(5)
    assert [one["outcome"] for one in await send(service, tray, tray)] == ["created", "duplicate"]
    assert (await send(service, tray | {"grams": 6}))[0]["problem"][
        "type"
    ] == "IdempotencyKeyReused"
    assert (await summary(service))["trays"] == 1


async def test_without_trays_there_is_no_share(service):
    assert await summary(service) == {
        "trays": 0, "clean": 0, "clean_grams": 10,
        "mean_grams": None, "share": None, "low": None, "high": None,
    }  # fmt: skip


async def test_a_diner_reads_no_summary(service):
    asked = {"canteen_id": str(CANTEEN), "date_from": f"{DAY}", "date_to": f"{DAY}"}
    diner = bearer("diner", CANTEEN)
    assert (await service.client.get(SUMMARY, params=asked, headers=diner)).status_code == 403


@pytest.mark.parametrize(
    ("clean", "trays", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (1, 1, 0.2065, 1.0)],
)
def test_wilsons_interval_is_that_of_the_literature(clean, trays, low, high):
    assert wilson(clean, trays) == pytest.approx((low, high), abs=5e-4)
