import asyncio
import json
import random
import uuid
from datetime import timedelta

import pytest

from support.services import CANTEEN, OTHER_CANTEEN
from waste.kitchen import (
    BATCH,
    DAY,
    a_session,
    a_weighing,
    cook,
    kept,
    outcomes,
    send,
    tell_sessions,
    told,
)


async def test_a_weighing_sent_again_is_a_duplicate_and_counts_once(service):
    item = a_weighing(gross=1500, tare=500)
    assert await outcomes(service, item) == ["created"]
    assert await outcomes(service, item) == ["duplicate"]
    assert kept(service) == (1, 1000)


async def test_the_same_instant_written_otherwise_is_the_same_weighing(service):
    item = a_weighing()
    await send(service, item)
    assert await outcomes(service, item | {"weighed_at": "2026-03-02T04:30:00Z"}) == ["duplicate"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"canteen_id": str(OTHER_CANTEEN)}, "NotFound"),
        ({"canteen_id": str(uuid.uuid4())}, "NotFound"),
        ({"tare_grams": 1501}, "NegativeWeight"),
        ({"stream": "soup"}, "Unprocessable"),
        ({"gross_grams": -1}, "Unprocessable"),
        ({"gross_grams": 1.5}, "Unprocessable"),
        ({"gross_grams": True}, "Unprocessable"),
        ({"gross_grams": "1500"}, "Unprocessable"),
        ({"gross_grams": 10**30}, "Unprocessable"),
        ({"sequence": 2**53 + 1}, "Unprocessable"),
        ({"weighed_at": "2026-03-02T12:30:00"}, "Unprocessable"),
        ({"weighed_at": "1999-12-31T12:30:00Z"}, "Unprocessable"),
        ({"container": "a\x00b"}, "Unprocessable"),
    ],
)
async def test_a_bad_item_is_refused_with_its_remedy_and_the_good_one_is_kept(
    service, changes, problem
):
    bad, good = a_weighing() | changes, a_weighing()
    results = await send(service, bad, good)
    assert [r["id"] for r in results] == [bad["id"], good["id"]]
    assert results[0]["problem"]["type"] == problem
    assert results[0]["problem"]["detail"]
    assert results[1] == {"id": good["id"], "outcome": "created", "problem": None}
    assert kept(service) == (1, 1000)


@pytest.mark.parametrize("weight", ["NaN", "Infinity", "1e400", "9" * 400, "true", "1e3"])
async def test_a_weight_that_is_no_whole_number_of_grams_is_refused(service, weight):
    item = a_weighing()
    body = json.dumps({"items": [item | {"gross_grams": "HERE"}]}).replace('"HERE"', weight)
    answer = await service.client.post(
        BATCH, content=body, headers=cook() | {"Content-Type": "application/json"}
    )
    if answer.status_code == 200:
        assert answer.json()["results"][0]["problem"]["type"] == "Unprocessable"
    assert answer.status_code in {200, 400, 422}
    assert kept(service) == (0, 0)


async def test_an_id_used_again_for_other_content_is_refused(service):
    item = a_weighing(gross=1500)
    await send(service, item)
    assert await outcomes(service, item | {"gross_grams": 1600}) == ["IdempotencyKeyReused"]
    assert kept(service) == (1, 1000)


async def test_an_id_of_another_canteens_weighing_is_refused(service):
    item = a_weighing()
    await send(service, item)
    foreign = item | {"canteen_id": str(OTHER_CANTEEN)}
    assert await outcomes(service, foreign, caller=cook(OTHER_CANTEEN)) == ["IdempotencyKeyReused"]
    assert kept(service) == (1, 1000)


async def test_of_an_id_repeated_in_a_batch_the_first_wins(service):
    item = a_weighing(gross=1500)
    sent = [item, item, item | {"gross_grams": 1600}]
    assert await outcomes(service, *sent) == ["created", "duplicate", "IdempotencyKeyReused"]
    assert kept(service) == (1, 1000)


async def test_weeks_offline_are_welcome_and_a_clock_ahead_is_not(service):
    def at(**ago):
        return a_weighing(weighed_at=(service.clock.at - timedelta(**ago)).isoformat())

    sent = [at(days=60), at(hours=-23), at(hours=-25)]
    assert await outcomes(service, *sent) == ["created", "created", "TooFarInFuture"]


async def test_a_meal_of_another_canteen_is_refused(service):
    foreign = a_session(canteen_id=OTHER_CANTEEN)
    await tell_sessions(service, foreign)
    item = a_weighing(meal_session_id=str(foreign.meal_session_id))
    assert await outcomes(service, item) == ["NotFound"]


async def test_500_weighings_sent_three_times_in_any_order_are_500(service):
    items = [a_weighing(gross=1000 + n, sequence=n) for n in range(500)]
    shuffled = random.Random(7)  # noqa: S311
    for turn in range(3):
        shuffled.shuffle(items)
        assert set(await outcomes(service, *items)) == {"duplicate" if turn else "created"}
    assert kept(service) == (500, sum(500 + n for n in range(500)))
    assert told(service)[-1]["streams"][-1]["net_grams"] == kept(service)[1]


async def _from_twenty_tablets_at_once(service, batches):
    sent = await asyncio.gather(*(send(service, *items) for items in batches))
    return sum(r["outcome"] == "created" for results in sent for r in results)


async def test_the_same_batch_from_twenty_tablets_at_once_counts_once(service):
    items = [a_weighing(gross=1500, sequence=n) for n in range(25)]
    created = await _from_twenty_tablets_at_once(service, [items] * 20)
    assert created == 25
    assert kept(service) == (25, 25_000)
    assert told(service)[-1]["streams"][-1]["net_grams"] == 25_000


async def test_without_the_ids_as_keys_twenty_tablets_count_twenty_times(service):
    """Negative control: it is the item's id that keeps the test above true."""
    items = [a_weighing(gross=1500, sequence=n) for n in range(25)]
    batches = [[item | {"id": str(uuid.uuid4())} for item in items] for _ in range(20)]
    assert await _from_twenty_tablets_at_once(service, batches) == 500
    assert kept(service) == (500, 500_000)


async def test_more_than_500_items_are_refused_as_a_whole(service):
    answer = await service.client.post(
        BATCH, json={"items": [a_weighing() for _ in range(501)]}, headers=cook()
    )
    assert answer.status_code == 422
    assert kept(service) == (0, 0)


async def test_weighings_are_listed_newest_first_in_pages(service):
    items = [a_weighing(weighed_at=f"2026-03-02T12:{n // 2:02}:00+08:00") for n in range(9)]
    await send(service, *items)
    found, cursor = [], None
    while cursor or not found:
        answer = await service.client.get(
            "/api/v1/waste/weighings",
            params={
                "canteen_id": str(CANTEEN),
                "date_from": str(DAY),
                "date_to": str(DAY),
                "limit": 4,
            }
            | ({"cursor": cursor} if cursor else {}),
            headers=cook(),
        )
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next"]
    assert len(found) == 9
    assert {w["id"] for w in found} == {item["id"] for item in items}
    assert found == sorted(found, key=lambda w: w["weighed_at"], reverse=True)


async def test_a_cursor_of_another_canteen_is_refused(service):
    item = a_weighing()
    await send(service, item)
    answer = await service.client.get(
        "/api/v1/waste/weighings",
        params={
            "canteen_id": str(OTHER_CANTEEN), "date_from": "2026-03-01", "date_to": "2026-03-02",
            "cursor": item["id"],
        },
        headers=cook(OTHER_CANTEEN),
    )  # fmt: skip
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["weighings", "summary"])
@pytest.mark.parametrize(("canteen", "status"), [(CANTEEN, 200), (OTHER_CANTEEN, 404)])
async def test_a_foreign_canteen_does_not_exist(service, path, canteen, status):
    answer = await service.client.get(
        f"/api/v1/waste/{path}",
        params={"canteen_id": str(canteen), "date_from": str(DAY), "date_to": str(DAY)},
        headers=cook(),
    )
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("first", "last"), [("2026-03-02", "2026-03-01"), ("2025-01-01", "2026-03-01"), ("x", "y")]
)
async def test_days_reversed_or_too_many_are_refused(service, first, last):
    answer = await service.client.get(
        "/api/v1/waste/summary",
        params={"canteen_id": str(CANTEEN), "date_from": first, "date_to": last},
        headers=cook(),
    )
    assert answer.status_code == 422
