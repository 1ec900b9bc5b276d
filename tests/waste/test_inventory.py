import csv
import io
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from cleanplate_shared.contracts.waste_inventory import InventoryRow
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.models import LotOutputRow
from support.services import CANTEEN
from waste.kitchen import a_weighing, cook, kept, send
from waste.test_reconciliation import a_manifest, keep
from waste.test_sorting import drawn, parts, plan, sort
from waste.weeks import MONDAY, a_week, ask, collect


def lines_of(answer):
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def exported(service, **params):
    return lines_of(await ask(service, "inventory/export", **params))


def total(lines, **wanted):
    return sum(
        int(line["grams"])
        for line in lines
        if all(line[name] == value for name, value in wanted.items())
    )


async def sort_all(service, nonfood=7):
    await plan(service)
    for number, one in enumerate(await drawn(service)):
        edible = one["bin_grams"] * (40 + number) // 100
        held = parts(edible, one["bin_grams"] - edible - nonfood, nonfood)
        assert (await sort(service, one["weighing_id"], held)).status_code == 200


def leave(service, day, *manifests):
    keep(service, *(a_manifest(day, **manifest) for manifest in manifests))


async def test_the_lines_add_up_to_the_gram_with_the_weighings(service):
    await a_week(service, net=1_013)
    await a_week(service, 1, net=777)
    await send(service, *(a_weighing(gross=1_507 + 3 * n, tare=500) for n in range(12)))
    await send(service, a_weighing("oil", 1_333, 0), a_weighing("nonfood", 457, 0))
    await sort_all(service)
    for way, grams in (("animal_feed", 333), ("codigestion", 667), ("composting", 1_000)):
        row = a_manifest(MONDAY, received=grams)
        row.destination = way
        keep(service, row)
    lines = await exported(service)
    assert total(lines) == kept(service)[1]
    whole = await ask(service, "inventory")
    totals = whole["totals"]
    assert totals["kitchen_waste_grams"] == total(lines, in_kitchen_waste_total="yes")
    assert totals["flw_grams"] == total(lines, in_flw_total="yes")
    by_day = await ask(service, "summary", by="day")
    assert totals["kitchen_waste_grams"] == sum(day["net_grams"] for day in by_day["items"])
    assert (totals["oil_grams"], totals["nonfood_grams"]) == (1_333, 457)
    outside = totals["animal_feed_grams"] + totals["nonfood_found_grams"]
    fed = total(lines, destination="animal_feed", material_type="not_food")
    assert totals["kitchen_waste_grams"] - totals["flw_grams"] == outside - fed
    for day in by_day["items"]:
        own = [line for line in lines if line["date"] == day["date"]]
        assert total(own, in_kitchen_waste_total="yes") == day["net_grams"]


async def test_each_line_says_what_it_is_and_how_it_was_found(service):
    await a_week(service)
    await collect(service, 25_000)
    await send(service, *(a_weighing(gross=1_600 + n, tare=500) for n in range(12)))
    await sort_all(service)
    lines = await exported(service)
    assert list(lines[0]) == list(InventoryRow.model_fields)
    plate = [line for line in lines if line["stream"] == "plate"]
    assert {line["material_type"] for line in plate} == {"food", "inedible_parts", "not_food"}
    for line in plate:
        assert (line["share_basis"], line["bins_sorted"]) == ("sorted", "17")
        assert float(line["share_standard_error"]) == 0  # each bin was sorted: no sampling error
    bones = [line for line in lines if line["stream"] == "prep_unavoidable"]
    assert {line["material_type"] for line in bones} == {"inedible_parts"}
    spoiled = [line for line in lines if line["stream"] == "spoilage"]
    assert {line["material_type"] for line in spoiled} == {"food_and_inedible_parts"}
    assert {line["destination"] for line in lines} == {"not_known"}
    assert {line["weeks_compared"] for line in lines} == {"1"}


async def test_a_lot_treated_on_site_went_where_its_outputs_went(service):
    await a_week(service, days=1)
    lot, open_lot = uuid.uuid4(), uuid.uuid4()
    leave(service, MONDAY, {"net": 3_000, "lot": lot}, {"net": 1_000, "lot": open_lot})
    keep(service, *(
        LotOutputRow(lot_id=lot, canteen_id=CANTEEN, date=MONDAY, kind="product", grams=grams,
                     destination=way, at=datetime.now(UTC), recorded_by=uuid.uuid4())
        for way, grams in (("composting", 20), ("sewer", 10))
    ))  # fmt: skip
    lines = await exported(service)
    ways = {way: total(lines, destination=way) for way in {line["destination"] for line in lines}}
    assert ways == {"composting": 2_500, "sewer": 1_250, "treated_on_site": 1_250}


async def test_a_corrected_weighing_is_counted_once(service):
    await send(service, first := a_weighing(gross=5_500))
    await send(service, a_weighing(gross=1_500, corrects=first["id"], sequence=2))
    assert total(await exported(service)) == 1_000


async def test_a_footprint_is_a_range_with_its_version_and_only_of_separated_food(service):
    await send(service, a_weighing("prep_avoidable", 2_500, 500))
    [carbon, water] = (await ask(service, "inventory"))["footprint"]
    assert (carbon["low"], carbon["high"]) == (pytest.approx(4.38), pytest.approx(6.78))
    assert carbon["factor_version"] == water["factor_version"]
    assert carbon["sources"]
    await send(service, a_weighing("plate", 2_500, 500))
    assert (await ask(service, "inventory"))["footprint"] == []


async def test_the_scope_names_what_is_inside(service):
    await a_week(service)
    scope = (await ask(service, "inventory"))["scope"]
    assert scope["material_types"] == ["food", "inedible_parts", "food_and_inedible_parts"]
    assert scope["destinations"] == ["not_known"]
    assert scope["lifecycle_stages"] == ["storage", "preparation", "serving", "consumption"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x"])
async def test_no_cell_of_the_export_is_a_formula(service, name):
    with service.db.transaction() as session:
        _rename(session, name)
    await send(service, a_weighing())
    [line] = await exported(service)
    assert line["canteen"] == f"'{name}"


def _rename(session: Session, name: str) -> None:
    session.get_one(KnownCanteenRow, CANTEEN).name = name


async def test_only_readers_take_the_inventory(service):
    answer = await service.client.get(
        "/api/v1/waste/inventory/export",
        params={"canteen_id": str(uuid.uuid4()), "date_from": "2026-03-02",
                "date_to": str(MONDAY + timedelta(days=1))},
        headers=cook(),
    )  # fmt: skip
    assert answer.status_code == 404
