import asyncio
from datetime import timedelta
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from support.services import OTHER_CANTEEN
from waste.hauling import (
    API,
    HERE,
    NOON,
    a_hauler,
    code_for,
    cook,
    hand_over,
    handed_over,
    made,
    manager,
    read,
    refused,
    sign,
    signed_in,
    weighed,
)

MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}


@pytest.fixture(autouse=True)
def _at_noon(service):
    service.clock.at = NOON


async def a_lot(service, grams=None):
    """Begin a lot; with grams, weigh and put in as much."""
    lot = (await made(service, f"{HERE}/treatment-lots", {"machine": "一号生化机"}))["id"]
    if grams:
        await weighed(service, grams)
        await put_in(service, lot, grams)
    return lot


async def put_in(service, lot, grams, **said):
    body = {"lot_id": lot, "containers": [{"gross_grams": grams, "tare_grams": 0}]}
    manifest_id = (await made(service, f"{HERE}/manifests", body))["id"]
    return await hand_over(service, manifest_id, grams, **said)


def out(grams, kind="product", destination="land_application"):
    return {"kind": kind, "grams": grams, "destination": destination}


async def test_what_goes_into_a_lot_is_closed_at_once_and_counted_in_it(service):
    lot = await a_lot(service)
    await weighed(service, 80_000)
    found = await put_in(service, lot, 80_000)
    assert (found["state"], found["driver"], found["licence"]) == ("closed", None, None)
    (shown,) = (await read(service, f"{HERE}/treatment-lots", **MARCH))["items"]
    assert (shown["in_grams"], shown["left_grams"], shown["reduction"]) == (80_000, 80_000, None)


async def test_the_mass_balance_and_the_reduction_of_a_closed_lot(service):
    lot = await a_lot(service, 80_000)
    await made(service, f"{API}/treatment-lots/{lot}/outputs", out(12_000))
    await made(service, f"{API}/treatment-lots/{lot}/outputs", out(4_000, "residue", "landfill"))
    closed = await made(service, f"{API}/treatment-lots/{lot}:close", {}, status=200)
    assert (closed["product_grams"], closed["residue_grams"]) == (12_000, 4_000)
    assert (closed["left_grams"], closed["reduction"]) == (64_000, 0.8)


async def test_no_more_comes_out_than_went_in(service):
    lot = await a_lot(service, 10_000)
    path = f"{API}/treatment-lots/{lot}/outputs"
    assert await refused(service, path, out(10_001)) == "MoreThanWentIn"
    await made(service, path, out(10_000))
    assert await refused(service, path, out(1)) == "MoreThanWentIn"


async def test_of_two_who_take_out_all_at_once_one_does(service):
    lot = await a_lot(service, 10_000)
    path = f"{API}/treatment-lots/{lot}/outputs"
    send = service.client.post
    answers = await asyncio.gather(
        *(send(path, json=out(10_000), headers=cook()) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_nothing_goes_into_a_closed_lot_or_comes_out(service):
    lot = await a_lot(service, 10_000)
    path = f"{API}/treatment-lots/{lot}"
    await made(service, f"{path}:close", {}, status=200)
    body = {"lot_id": lot, "containers": [{"gross_grams": 1, "tare_grams": 0}]}
    assert await refused(service, f"{HERE}/manifests", body) == "LotClosed"
    assert await refused(service, f"{path}/outputs", out(1)) == "LotClosed"
    assert await refused(service, f"{path}:close", {}) == "LotClosed"


async def test_what_came_out_again_cannot_be_voided_away(service):
    lot = await a_lot(service)
    await weighed(service, 20_000)
    manifest_id = (await put_in(service, lot, 20_000))["id"]
    path = f"{API}/manifests/{manifest_id}:void"
    await made(service, f"{API}/treatment-lots/{lot}/outputs", out(1))
    assert await refused(service, path, {"reason": "x"}, manager()) == "MoreThanWentIn"


async def test_every_kilogram_has_a_destination_and_the_account_adds_up(service):
    lot = await a_lot(service, 80_000)
    await made(service, f"{API}/treatment-lots/{lot}/outputs", out(12_000))
    service.clock.at = NOON + timedelta(hours=3)
    manifest_id = await handed_over(service, 50_000)
    await sign(service, await code_for(service, manifest_id), net_grams=49_000)
    food = await _food(service)
    assert food["destinations"] == [
        {"destination": "codigestion", "grams": 49_000},
        {"destination": "land_application", "grams": 12_000},
    ]
    assert (food["weighed_grams"], food["in_treatment_grams"]) == (130_000, 68_000)
    assert (food["here_after_grams"], food["gap_grams"]) == (0, 1_000)
    await made(service, f"{API}/treatment-lots/{lot}:close", {}, status=200)
    food = await _food(service)
    assert food["destinations"][-1] == {"destination": None, "grams": 68_000}
    assert (food["in_treatment_grams"], food["gap_grams"]) == (0, 1_000)


async def test_more_taken_away_than_weighed_is_a_gap_below_zero(service):
    manifest_id = await handed_over(service, 50_000)
    await sign(service, await code_for(service, manifest_id), net_grams=52_000)
    assert (await _food(service))["gap_grams"] == -2_000


async def test_what_is_weighed_and_not_gone_is_here_and_no_gap(service):
    await weighed(service, 30_000)
    food = await _food(service)
    assert (food["here_after_grams"], food["gap_grams"], food["destinations"]) == (30_000, 0, [])


async def test_the_ledger_shows_the_day_the_collection_and_the_sums(service):
    hauler = await a_hauler(service, valid_to="2026-03-01")
    await weighed(service, 50_000)
    body = {
        "hauler_id": hauler, "plate": "=HYPERLINK(1)", "destination": "codigestion",
        "containers": [{"gross_grams": 25_000, "tare_grams": 0}] * 2,
    }  # fmt: skip
    manifest_id = (await made(service, f"{HERE}/manifests", body))["id"]
    await hand_over(service, manifest_id, incident="没有别的车")
    ledger = await read(service, f"{HERE}/ledger", month="2026-03")
    (row,) = ledger["rows"]
    assert (row["date"], row["produced_grams"], row["containers"]) == ("2026-03-02", 50_000, 2)
    assert (row["is_incident"], row["is_signed"]) == (True, [True, False])
    assert "没有别的车" in row["remarks"]
    assert ledger["totals"][0] == {
        "kind": "food", "produced_grams": 50_000, "collections": 1, "counted_grams": 50_000,
    }  # fmt: skip
    assert ledger["incidents"] == 1
    assert (await read(service, f"{HERE}/ledger", month="2026-04"))["rows"] == []


async def test_a_day_with_two_collections_has_its_weight_once(service):
    hauler = await a_hauler(service)
    for _ in range(2):
        await handed_over(service, 50_000, hauler_id=hauler)
        service.clock.at = service.clock.at.replace(hour=service.clock.at.hour + 3)
    rows = (await read(service, f"{HERE}/ledger", month="2026-03"))["rows"]
    assert [row["produced_grams"] for row in rows] == [100_000, None]


async def test_the_workbook_holds_texts_not_formulas(service):
    await weighed(service, 50_000)
    body = {
        "hauler_name": "=1+1", "plate": "=HYPERLINK(1)", "destination": "refuse",
        "containers": [{"gross_grams": 50_000, "tare_grams": 0}],
    }  # fmt: skip
    manifest_id = (await made(service, f"{HERE}/manifests", body))["id"]
    await hand_over(service, manifest_id, incident="@SUM(1)")
    answer = await service.client.get(
        f"{HERE}/ledger.xlsx", params={"month": "2026-03"}, headers=manager()
    )
    assert answer.status_code == 200, answer.text
    sheet = CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0)
    row, total = sheet.to_python()[3:5]
    assert (row[7], row[9]) == ("=1+1", "=HYPERLINK(1)")
    assert (row[2], row[5], total[2], total[5]) == (50, 50, 50, 50)


SHEET = (
    "date,time,canteen,kind,hauler,plate,containers,net_grams,received_grams,destination\n"
    "2026-03-01,14:30,机关第一食堂,厨余垃圾,城洁收运（示例）,示A12345,3,100000,99000,codigestion\n"
)


async def _import(service, text, caller=None):
    file = {"file": ("m.csv", text.encode())}
    return await service.client.post(
        f"{API}/imports/manifests", files=file, headers=caller or manager()
    )


async def test_collections_from_paper_are_closed_and_the_same_file_changes_nothing(service):
    await a_hauler(service)
    text = SHEET.replace("厨余垃圾", "food")
    assert (await _import(service, text)).json()["created"] == 1
    assert (await _import(service, text)).json() == {
        "created": 0, "updated": 0, "unchanged": 1, "dry_run": False,
    }  # fmt: skip
    (found,) = (await read(service, f"{HERE}/manifests", **MARCH))["items"]
    assert (found["state"], found["counted_grams"]) == ("closed", 99_000)
    assert found["driver"]["name"] is None  # nobody here knows who signed the paper
    assert sum(one["gross_grams"] for one in found["containers"]) == 100_000
    assert (found["licence"], found["kitchen"]["how"]) == ("licence_valid", "import")


async def test_a_row_that_lies_ahead_or_elsewhere_refuses_the_whole_table(service):
    for text in (SHEET.replace("2026-03-01", "2026-03-09"), SHEET.replace("第一", "没有的")):
        answer = await _import(service, text.replace("厨余垃圾", "food"))
        assert answer.json()["type"] == "RowsRefused"
    stranger = await _import(
        service, SHEET.replace("厨余垃圾", "food"), signed_in("manager", OTHER_CANTEEN)
    )
    assert stranger.status_code == 422
    assert (await read(service, f"{HERE}/manifests", **MARCH))["items"] == []


async def _food(service):
    balance = await read(service, f"{HERE}/destinations", **MARCH)
    food = next(one for one in balance["kinds"] if one["kind"] == "food")
    gone = sum(one["grams"] for one in food["destinations"])
    there = food["here_before_grams"] + food["weighed_grams"]
    assert there == (
        gone + food["in_treatment_grams"] + food["here_after_grams"] + food["gap_grams"]
    )
    return food
