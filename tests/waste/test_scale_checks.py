import uuid
from datetime import UTC, datetime, timedelta

import pytest

from cleanplate_waste.domain.scale_checks import drift_per_mille_a_month
from support.identities import bearer
from support.services import CANTEEN, OTHER_CANTEEN
from waste.kitchen import cook

CHECKS = "/api/v1/waste/scale-checks"
NOW = datetime.now(UTC)


def a_check(shown, days_ago=0, **changes):
    return {
        "id": str(uuid.uuid4()), "canteen_id": str(CANTEEN), "device_id": "scale-1",
        "test_grams": 10_000, "shown_grams": shown,
        "at": (NOW - timedelta(days=days_ago)).isoformat(), **changes,
    }  # fmt: skip


async def check(service, *args, **changes):
    return await service.client.post(CHECKS, json=a_check(*args, **changes), headers=cook())


async def scales(service):
    asked = {"canteen_id": str(CANTEEN)}
    answer = await service.client.get(CHECKS, params=asked, headers=cook())
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (10_000, "good"), (10_010, "good"), (9_990, "good"), (10_011, "off"), (9_950, "off"),
        (10_050, "off"), (10_051, "failed"), (9_949, "failed"), (-3, "failed"),
    ],
)  # fmt: skip
async def test_an_error_is_judged_by_its_share_of_the_test_weight(service, shown, verdict):
    answer = await check(service, shown)
    assert answer.status_code == 201
    assert answer.json()["verdict"] == verdict
    assert answer.json()["error_grams"] == shown - 10_000


async def test_one_division_is_never_an_error(service):
    small = {"test_grams": 500, "division_grams": 20}
    assert (await check(service, 520, **small)).json()["verdict"] == "good"
    assert (await check(service, 521, **small)).json()["verdict"] == "failed"


async def test_a_scale_is_due_after_a_week_and_its_drift_is_told(service):
    for weeks in range(5):
        await check(service, 10_020 - 4 * weeks, 8 + 7 * weeks)
    found = (await scales(service))[0]
    assert found["is_due"]
    assert [one["error_grams"] for one in found["checks"]] == [4, 8, 12, 16, 20]
    assert found["drift_per_mille_a_month"] == pytest.approx(0.4 * 30 / 7)
    await check(service, 10_000, 6)
    assert not (await scales(service))[0]["is_due"]


async def test_a_check_sent_again_counts_once(service):
    sent = a_check(10_000)
    for _ in range(2):
        answer = await service.client.post(CHECKS, json=sent, headers=cook())
        assert answer.status_code == 201
    again = await service.client.post(CHECKS, json=sent | {"shown_grams": 1}, headers=cook())
    assert again.json()["type"] == "IdempotencyKeyReused"
    assert len((await scales(service))[0]["checks"]) == 1


async def test_who_does_not_work_there_checks_nothing(service):
    sent = a_check(10_000)
    for who, status in ((bearer("cook", OTHER_CANTEEN), 404), (bearer("diner", CANTEEN), 403)):
        assert (await service.client.post(CHECKS, json=sent, headers=who)).status_code == status
    assert await scales(service) == []


async def test_a_check_of_next_week_is_refused(service):
    assert (await check(service, 10_000, -7)).status_code == 422


def test_two_checks_or_one_day_are_no_drift():
    assert drift_per_mille_a_month([(NOW, 0.0), (NOW + timedelta(days=7), 0.1)]) is None
    assert drift_per_mille_a_month([(NOW, 0.0), (NOW, 0.1), (NOW, 0.2)]) is None
