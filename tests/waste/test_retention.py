"""Who signed and what photos show is forgotten when it is time; weights are not."""

from datetime import timedelta

import pytest

from support.photos import a_jpeg, digest
from waste.hauling import (
    API,
    HERE,
    NOON,
    code_for,
    cook,
    handed_over,
    read,
    shown,
    sign,
)
from waste.kitchen import a_weighing, outcomes

JPEG = a_jpeg()
PHOTOS, NAMES = timedelta(days=90), timedelta(days=3 * 366)
MOMENT = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _at_noon(service):
    service.clock.at = NOON


def run_jobs_at(service, at):
    """Run the jobs at another time; sign-ins of the tests are good now only."""
    service.clock.at = at
    service.run_jobs()
    service.clock.at = NOON


async def put(service, path):
    file = {"file": ("photo.jpg", JPEG, "image/jpeg")}
    answer = await service.client.put(path, files=file, headers=cook())
    assert answer.status_code == 204, answer.text


async def status(service, path):
    return (await service.client.get(path, headers=cook())).status_code


async def a_weighing_with_photo(service):
    at = (NOON - timedelta(hours=1)).isoformat()
    item = a_weighing(weighed_at=at, photo_sha256=digest(JPEG))
    assert await outcomes(service, item, caller=cook()) == ["created"]
    await put(service, f"{API}/weighings/{item['id']}/photo")
    return item


async def test_photos_of_weighings_are_kept_for_ninety_days_and_records_for_good(service):
    item = await a_weighing_with_photo(service)
    path = f"{API}/weighings/{item['id']}/photo"
    run_jobs_at(service, NOON + PHOTOS)
    assert await status(service, path) == 200
    run_jobs_at(service, NOON + PHOTOS + MOMENT)
    assert await status(service, path) == 404
    days = {"date_from": str(NOON.date()), "date_to": str(NOON.date())}
    where = {"canteen_id": item["canteen_id"], **days}
    (kept,) = (await read(service, f"{API}/weighings", caller=cook(), **where))["items"]
    assert (kept["net_grams"], kept["photo_sha256"]) == (item["gross_grams"] - item["tare_grams"],
                                                         digest(JPEG))  # fmt: skip
    (device,) = (await read(service, f"{API}/devices", caller=cook(), **where))["items"]
    assert device["altered"] == []


async def a_signed_manifest(service):
    manifest_id = await handed_over(service)
    await put(service, f"{API}/manifests/{manifest_id}/photo")
    answer = await sign(service, await code_for(service, manifest_id), net_grams=49_500)
    assert answer.json()["state"] == "closed"
    return manifest_id


async def ledger(service):
    """Return the month's ledger, and apart from it who signed."""
    found = await read(service, f"{HERE}/ledger", month=f"{NOON:%Y-%m}", caller=cook())
    return found, [(row.pop("kitchen"), row.pop("driver")) for row in found["rows"]]


async def test_names_and_the_photo_of_a_manifest_go_after_three_years_and_the_ledger_stays(service):
    manifest_id = await a_signed_manifest(service)
    photo = f"{API}/manifests/{manifest_id}/photo"
    before, (sums, signers) = await shown(service, manifest_id), await ledger(service)
    assert all(map(all, signers))
    run_jobs_at(service, NOON + NAMES)
    assert await shown(service, manifest_id) == before
    assert await status(service, photo) == 200
    run_jobs_at(service, NOON + NAMES + MOMENT)
    after = await shown(service, manifest_id)
    assert [one["name"] for one in before["history"]].count(None) < len(before["history"])
    assert [one["name"] for one in after["history"]] == [None] * len(before["history"])
    assert (after["kitchen"]["name"], after["driver"]["name"]) == (None, None)
    assert after["driver"]["at"] == before["driver"]["at"]
    assert await status(service, photo) == 404
    changed = {"history", "kitchen", "driver", "photo_sha256"}
    assert {k: v for k, v in after.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }
    sums_after, signers_after = await ledger(service)
    assert sums_after == sums
    assert not any(map(any, signers_after))


async def test_a_manifest_that_is_still_open_keeps_who_signed(service):
    manifest_id = await handed_over(service)
    await put(service, f"{API}/manifests/{manifest_id}/photo")
    run_jobs_at(service, NOON + 2 * NAMES)
    assert (await shown(service, manifest_id))["kitchen"]["name"] == "Test Person"
    assert await status(service, f"{API}/manifests/{manifest_id}/photo") == 200
