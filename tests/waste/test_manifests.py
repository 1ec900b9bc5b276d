import asyncio
import uuid
from datetime import timedelta

import pytest
from PIL import Image

from support.photos import a_jpeg, digest
from support.services import OTHER_CANTEEN
from waste.hauling import (
    API,
    HERE,
    NOON,
    a_draft,
    a_hauler,
    code_for,
    cook,
    hand_over,
    handed_over,
    made,
    manager,
    read,
    refused,
    shown,
    sign,
    signed_in,
    weighed,
)


@pytest.fixture(autouse=True)
def _at_noon(service):
    service.clock.at = NOON


async def test_a_manifest_signed_by_both_sides_with_the_same_weight_is_closed(service):
    manifest_id = await handed_over(service)
    answer = await sign(service, await code_for(service, manifest_id), net_grams=49_500)
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "closed"
    found = await shown(service, manifest_id)
    assert found["counted_grams"] == 49_500
    assert [line["state"] for line in found["history"]] == [
        "draft", "handed_over", "received", "closed",
    ]  # fmt: skip
    assert found["kitchen"] == {"at": "2026-03-02T04:00:00Z", "how": "sign_in",
                                "name": "Test Person"}  # fmt: skip
    assert found["driver"] == {"at": "2026-03-02T04:00:00Z", "how": "link", "name": "示例司机"}


async def test_a_manifest_signed_by_the_kitchen_only_stays_open_and_is_overdue_after_a_day(service):
    manifest_id = await handed_over(service)
    service.clock.at = NOON + timedelta(hours=24)
    before = await read(service, f"{HERE}/out")
    service.clock.at = NOON + timedelta(hours=24, seconds=1)
    after = await read(service, f"{HERE}/out")
    assert (before["overdue"], after["overdue"]) == (0, 1)
    assert [one["id"] for one in after["open"] if one["is_overdue"]] == [manifest_id]
    assert after["open"][0]["driver"] is None


async def test_a_closed_manifest_is_never_overdue(service):
    manifest_id = await handed_over(service)
    await sign(service, await code_for(service, manifest_id), net_grams=50_000)
    service.clock.at = NOON + timedelta(days=3)
    assert await read(service, f"{HERE}/out") | {"here": []} == {
        "drafts": [], "open": [], "overdue": 0, "here": [],
    }  # fmt: skip


async def test_the_kitchen_signing_the_same_twice_signs_once(service):
    manifest_id = await handed_over(service)
    again = await hand_over(service, manifest_id)
    assert again["state"] == "handed_over"
    assert [line["state"] for line in again["history"]] == ["draft", "handed_over"]


async def test_the_kitchen_signing_another_weight_is_refused_before_and_after(service):
    await weighed(service, 50_000)
    manifest_id = await a_draft(service)
    path = f"{API}/manifests/{manifest_id}:hand-over"
    assert await refused(service, path, {"net_grams": 49_999}) == "NotTheWeight"
    await hand_over(service, manifest_id)
    assert await refused(service, path, {"net_grams": 49_999}) == "AlreadySigned"
    assert (await shown(service, manifest_id))["net_grams"] == 50_000


async def test_the_driver_signing_the_same_twice_signs_once_and_another_is_refused(service):
    manifest_id = await handed_over(service)
    path = await code_for(service, manifest_id)
    first = await sign(service, path, net_grams=50_000)
    same = await sign(service, path, net_grams=50_000)
    assert first.json() == same.json()
    for other in ({"net_grams": 40_000}, {}, {"net_grams": 50_000, "driver": "别人"}):
        answer = await sign(service, path, **other)
        assert (answer.status_code, answer.json()["type"]) == (409, "AlreadySigned")
    found = await shown(service, manifest_id)
    assert (found["received_grams"], found["driver"]["name"]) == (50_000, "示例司机")
    assert len(found["history"]) == 4


async def test_a_driver_without_a_scale_leaves_the_manifest_to_be_closed(service):
    manifest_id = await handed_over(service)
    answer = await sign(service, await code_for(service, manifest_id))
    assert answer.json()["state"] == "received"
    path = f"{API}/manifests/{manifest_id}:close"
    assert await refused(service, path, {"net_grams": 30_000}, manager()) == "ReasonMissing"
    closed = await made(service, path, {"net_grams": 49_000}, manager(), 200)
    assert (closed["state"], closed["counted_grams"]) == ("closed", 49_000)
    assert await refused(service, path, {}, manager()) == "ManifestMoved"


async def test_weights_that_differ_are_disputed_until_somebody_says_why(service):
    manifest_id = await handed_over(service)
    answer = await sign(service, await code_for(service, manifest_id), net_grams=47_499)
    assert answer.json()["state"] == "disputed"
    path = f"{API}/manifests/{manifest_id}:close"
    assert await refused(service, path, {"net_grams": 48_000}, manager()) == "ReasonMissing"
    settled = {"net_grams": 48_000, "reason": "一只桶没有盖好"}
    assert (await made(service, path, settled, manager(), 200))["counted_grams"] == 48_000


async def test_the_tolerance_is_the_larger_of_five_percent_and_two_kilograms(service):
    rules = {"dispute_percent": 0, "dispute_grams": 100}
    answer = await service.client.put(f"{HERE}/collection-rules", json=rules, headers=manager())
    assert answer.status_code == 200, answer.text
    manifest_id = await handed_over(service)
    answer = await sign(service, await code_for(service, manifest_id), net_grams=49_899)
    assert answer.json()["state"] == "disputed"


@pytest.mark.parametrize(
    ("licence", "kept"),
    [
        ({"valid_to": "2026-03-01"}, "licence_expired"),
        ({"valid_from": "2026-03-03"}, "licence_not_yet"),
        ({"is_active": False}, "licence_unknown"),
    ],
)
async def test_a_hauler_without_a_valid_licence_is_refused_or_an_incident(service, licence, kept):
    await weighed(service, 50_000)
    manifest_id = await a_draft(service, hauler_id=await a_hauler(service, **licence))
    path = f"{API}/manifests/{manifest_id}:hand-over"
    assert await refused(service, path, {"net_grams": 50_000}) == "HaulerNotLicensed"
    assert (await shown(service, manifest_id))["state"] == "draft"
    found = await hand_over(service, manifest_id, incident="当天没有别的车")
    assert (found["incident"], found["licence"]) == ("当天没有别的车", kept)
    balance = await read(service, f"{HERE}/destinations",
                         date_from="2026-03-01", date_to="2026-03-31")  # fmt: skip
    assert balance["incidents"] == 1


async def test_a_hauler_that_is_only_named_is_an_incident(service):
    await weighed(service, 50_000)
    body = {
        "hauler_name": "路过的车（示例）", "plate": "示B99999", "destination": "animal_feed",
        "containers": [{"gross_grams": 50_000, "tare_grams": 0}],
    }  # fmt: skip
    manifest_id = (await made(service, f"{HERE}/manifests", body))["id"]
    path = f"{API}/manifests/{manifest_id}:hand-over"
    assert await refused(service, path, {"net_grams": 50_000}) == "HaulerNotLicensed"
    assert (await hand_over(service, manifest_id, incident="车坏了"))["licence_number"] is None


@pytest.mark.parametrize("day", ["2026-03-02", "2026-03-31"])
async def test_the_last_day_of_a_licence_is_valid_in_the_canteens_zone(service, day):
    service.clock.at = NOON.replace(hour=15, minute=59)  # one minute to midnight in Shanghai
    await weighed(service, 50_000)
    manifest_id = await a_draft(service, hauler_id=await a_hauler(service, valid_to=day))
    found = await hand_over(service, manifest_id, incident="用不着")
    assert (found["licence"], found["incident"]) == ("licence_expires_soon", None)


async def test_a_licence_that_changes_later_does_not_change_what_was_handed_over(service):
    hauler_id = await a_hauler(service)
    manifest_id = await handed_over(service, hauler_id=hauler_id)
    new = {"name": "改名（示例）", "licence_number": "示-2", "valid_from": "2020-01-01",
           "valid_to": "2020-12-31"}  # fmt: skip
    answer = await service.client.put(f"{API}/haulers/{hauler_id}", json=new, headers=manager())
    assert answer.json()["licence"] == "licence_expired"
    found = await shown(service, manifest_id)
    assert (found["hauler_name"], found["licence"]) == ("城洁收运（示例）", "licence_valid")


async def test_more_than_was_weighed_needs_a_reason_which_stays_to_be_seen(service):
    await weighed(service, 50_000)
    manifest_id = await a_draft(service, 55_001)
    path = f"{API}/manifests/{manifest_id}:hand-over"
    assert await refused(service, path, {"net_grams": 55_001}) == "MoreThanWeighed"
    found = await hand_over(service, manifest_id, 55_001, excess_reason="昨天忘了称")
    assert (found["weighed_grams"], found["excess_reason"]) == (50_000, "昨天忘了称")


async def test_within_the_tolerance_no_reason_is_asked_and_none_is_kept(service):
    await weighed(service, 50_000)
    found = await hand_over(service, await a_draft(service, 55_000), 55_000, excess_reason="用不着")
    assert found["excess_reason"] is None


async def test_what_was_weighed_leaves_once_and_what_was_left_behind_later(service):
    hauler_id = await a_hauler(service)
    await weighed(service, 100_000)
    await hand_over(service, await a_draft(service, 60_000, hauler_id), 60_000)
    service.clock.at += timedelta(hours=1)
    here = (await read(service, f"{HERE}/out"))["here"][0]
    assert (here["grams"], here["since"]) == (40_000, "2026-03-02T04:00:00Z")
    second = await a_draft(service, 100_000, hauler_id)
    path = f"{API}/manifests/{second}:hand-over"
    assert await refused(service, path, {"net_grams": 100_000}) == "MoreThanWeighed"
    await hand_over(service, await a_draft(service, 40_000, hauler_id), 40_000)


async def test_oil_is_held_against_oil_only(service):
    await weighed(service, 50_000)
    manifest_id = await a_draft(service, 10_000, kind="oil")
    path = f"{API}/manifests/{manifest_id}:hand-over"
    assert await refused(service, path, {"net_grams": 10_000}) == "MoreThanWeighed"


async def test_a_voided_manifest_counts_nowhere_and_stays_to_be_seen(service):
    manifest_id = await handed_over(service)
    path = f"{API}/manifests/{manifest_id}:void"
    code = await code_for(service, manifest_id)
    assert await refused(service, path, {"reason": "写错了"}) == "Forbidden"
    voided = await made(service, path, {"reason": "写错了"}, manager(), 200)
    assert [line["reason"] for line in voided["history"]] == [None, None, "写错了"]
    assert (await read(service, f"{HERE}/out"))["here"][0]["grams"] == 50_000
    answer = await sign(service, code)
    assert (answer.status_code, answer.json()["type"]) == (409, "ManifestMoved")
    assert await refused(service, path, {"reason": "再一次"}, manager()) == "ManifestMoved"


async def test_the_drivers_code_is_short_lived_replaced_and_of_one_manifest_only(service):
    manifest_id = await handed_over(service)
    first = await code_for(service, manifest_id)
    second = await code_for(service, manifest_id)
    assert (await service.client.get(first)).status_code == 404
    seen = await service.client.get(second)
    assert (seen.status_code, seen.json()["net_grams"]) == (200, 50_000)
    assert seen.headers["cache-control"] == "no-store"
    assert "Test Person" not in seen.text
    service.clock.at += timedelta(hours=2)
    answer = await sign(service, second)
    assert (answer.status_code, answer.json()["type"]) == (404, "LinkGone")
    assert (await shown(service, manifest_id))["state"] == "handed_over"


async def test_there_is_no_code_before_the_kitchen_has_signed(service):
    manifest_id = await a_draft(service)
    assert await refused(service, f"{API}/manifests/{manifest_id}:link", {}) == "ManifestMoved"


async def test_of_two_drivers_at_once_exactly_one_signs(service):
    manifest_id = await handed_over(service)
    path = await code_for(service, manifest_id)
    answers = await asyncio.gather(
        sign(service, path, driver="甲", net_grams=50_000),
        sign(service, path, driver="乙", net_grams=40_000),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len((await shown(service, manifest_id))["history"]) == 4


async def test_of_voiding_and_receiving_at_once_the_history_tells_one_story(service):
    for _ in range(5):
        manifest_id = await handed_over(service, hauler_id=await _hauler(service))
        code = await code_for(service, manifest_id)
        voiding = service.client.post(
            f"{API}/manifests/{manifest_id}:void", json={"reason": "x"}, headers=manager()
        )
        await asyncio.gather(voiding, sign(service, code, net_grams=50_000))
        states = [line["state"] for line in (await shown(service, manifest_id))["history"]]
        assert states[2:] in (["voided"], ["received", "closed"], ["received", "closed", "voided"])
        service.clock.at += timedelta(hours=3)


async def test_of_two_manifests_for_the_same_kilograms_one_needs_a_reason(service):
    await weighed(service, 50_000)
    hauler_id = await a_hauler(service)
    drafts = [await a_draft(service, hauler_id=hauler_id) for _ in range(2)]
    answers = await asyncio.gather(
        *(
            service.client.post(
                f"{API}/manifests/{one}:hand-over", json={"net_grams": 50_000}, headers=cook()
            )
            for one in drafts
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_names_are_told_to_the_canteens_own_kitchen_only(service):
    manifest_id = await handed_over(service)
    await sign(service, await code_for(service, manifest_id), net_grams=50_000)
    for path in (f"{API}/manifests/{manifest_id}", f"{HERE}/ledger?month=2026-03"):
        own = await service.client.get(path, headers=cook())
        others = await service.client.get(path, headers=signed_in("overseer"))
        assert "示例司机" in own.text
        assert others.status_code == 200, others.text
        assert "示例司机" not in others.text
        assert "Test Person" not in others.text


async def test_a_foreign_kitchen_sees_and_changes_nothing(service):
    manifest_id = await handed_over(service)
    stranger = signed_in("manager", OTHER_CANTEEN)
    for act in ("hand-over", "link", "close", "void"):
        body = {"net_grams": 50_000} if act in {"hand-over", "close"} else {"reason": "x"}
        path = f"{API}/manifests/{manifest_id}:{act}"
        assert await refused(service, path, body, stranger) == "NotFound"
    hauler = (await shown(service, manifest_id))["hauler_id"]
    theirs = {
        "hauler_id": hauler, "plate": "示A1", "destination": "refuse",
        "containers": [{"gross_grams": 1, "tare_grams": 0}],
    }  # fmt: skip
    path = f"{API}/canteens/{OTHER_CANTEEN}/manifests"
    assert await refused(service, path, theirs, stranger) == "NotFound"


async def test_one_name_is_one_hauler(service):
    await a_hauler(service)
    body = {"name": "城洁收运（示例）", "licence_number": "x",
            "valid_from": "2026-01-01", "valid_to": "2026-01-02"}  # fmt: skip
    assert await refused(service, f"{HERE}/haulers", body, manager()) == "HaulerExists"
    found = await read(service, f"{HERE}/haulers", cook())
    assert [one["name"] for one in found["items"]] == ["城洁收运（示例）"]


async def test_the_list_comes_in_pages_newest_first(service):
    hauler_id = await a_hauler(service)
    ids = []
    for _ in range(3):
        ids.append(await a_draft(service, hauler_id=hauler_id))
        service.clock.at += timedelta(days=1)
    days = {"date_from": "2026-03-01", "date_to": "2026-03-31", "limit": 2}
    first = await read(service, f"{HERE}/manifests", **days)
    rest = await read(service, f"{HERE}/manifests", **days, cursor=first["next"])
    found = [one["id"] for one in first["items"] + rest["items"]]
    assert (found, rest["next"]) == (ids[::-1], None)
    unknown = days | {"cursor": str(uuid.uuid4())}
    answer = await service.client.get(f"{HERE}/manifests", params=unknown, headers=manager())
    assert answer.status_code == 422


async def _hauler(service):
    found = (await read(service, f"{HERE}/haulers"))["items"]
    return found[0]["id"] if found else await a_hauler(service)


async def _photo(service, manifest_id, content, caller=None):
    file = {"file": ("p.jpg", content, "image/jpeg")}
    path = f"{API}/manifests/{manifest_id}/photo"
    return await service.client.put(path, files=file, headers=caller or cook())


async def test_a_photo_is_kept_once_and_for_the_kitchen(service):
    manifest_id = await handed_over(service)
    path = f"{API}/manifests/{manifest_id}/photo"
    assert (await service.client.get(path, headers=cook())).status_code == 404
    sent = a_jpeg(1280, 853)
    for _ in range(2):
        assert (await _photo(service, manifest_id, sent)).status_code == 204
    other = await _photo(service, manifest_id, a_jpeg(10, 10))
    assert (other.status_code, other.json()["type"]) == (409, "AlreadySigned")
    assert (await service.client.get(path, headers=cook())).content == sent
    assert (await shown(service, manifest_id))["photo_sha256"] == digest(sent)
    assert (await service.client.get(path, headers=signed_in("overseer"))).status_code == 403


async def test_what_is_no_bare_small_photo_is_refused_as_it_is_for_weighings(service):
    manifest_id = await handed_over(service)
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    for content, status, problem in (
        (a_jpeg(exif=exif), 422, "PhotoRefused"),
        (a_jpeg(1281, 10), 413, "PhotoTooLarge"),
        (a_jpeg() + b"\0" * 500_000, 413, "PhotoTooLarge"),
    ):
        answer = await _photo(service, manifest_id, content)
        assert (answer.status_code, answer.json()["type"]) == (status, problem)
    assert (await shown(service, manifest_id))["photo_sha256"] is None


@pytest.mark.parametrize("content", [b"", b"x", a_jpeg()[:200], b"\x89PNG\r\n"])
async def test_what_is_no_photo_is_refused(service, content):
    manifest_id = await handed_over(service)
    answer = await _photo(service, manifest_id, content)
    assert (answer.status_code, answer.json()["type"]) == (422, "PhotoRefused")
