"""The ledger as PDF: the figures of the ledger, in both languages, whatever names are in it."""

import uuid
from datetime import date

import pytest

from cleanplate_shared.contracts.waste_treatment import Ledger, LedgerRow, LedgerTotal
from cleanplate_waste.actions.ledger_document import as_document
from support.documents import holds_missing_glyphs, opened, text_of
from waste.hauling import (
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
    sign,
    weighed,
)
from waste.kitchen import a_weighing, outcomes

HOSTILE = r'#panic("x") *b* _i_ $x$ [c] \ <l>'
MONTH = {"month": "2026-03"}
MANY = 3_000


@pytest.fixture
def _at_noon(service):
    service.clock.at = NOON


async def printed(service, language="zh", month="2026-03"):
    headers = manager() | {"Accept-Language": language}
    answer = await service.client.get(
        f"{HERE}/ledger.pdf", params={"month": month}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert f'filename="ledger-{month}.pdf"' in answer.headers["content-disposition"]
    return answer.content


def kilograms(grams):
    return f"{grams / 1000:.3f}"


@pytest.mark.usefixtures("_at_noon")
async def test_the_pdf_has_the_figures_of_the_ledger_in_their_order(service):
    manifest_id = await handed_over(service, 50_000)
    await sign(service, await code_for(service, manifest_id), net_grams=49_500)
    oil = a_weighing("oil", 1_234, 0, weighed_at="2026-03-02T10:00:00+08:00")
    assert await outcomes(service, oil, caller=cook()) == ["created"]
    ledger = await read(service, f"{HERE}/ledger", **MONTH)
    text = text_of(await printed(service))
    flat, at = text.replace("\n", ""), 0  # a cell may have more than one line
    assert {row["kind"] for row in ledger["rows"]} == {"food", "oil"}
    for row in ledger["rows"]:
        figures = [row["produced_grams"], row["net_grams"], row["received_grams"]]
        said = [row["date"], *(kilograms(one) for one in figures if one is not None)]
        for one in [*said, *(row[name] for name in ("code", "plate", "driver") if row[name])]:
            assert one in flat[at:], one
        at = flat.index(row["date"], at) + 1
    sums = [line for line in text.splitlines() if line.startswith("本月合计")]
    wanted = [one for one in ledger["totals"] if one["produced_grams"] or one["collections"]]
    assert len(sums) == len(wanted) == 2
    for line, total in zip(sums, wanted, strict=True):
        assert line.split()[2] == kilograms(total["produced_grams"])
        assert line.split()[-1] == kilograms(total["counted_grams"])
        assert f"{total['collections']} 次收运" in line
    for said in ("厨余垃圾台账", "城洁收运（示例）", "填表人", "2026-03-02 12:00 生成"):
        assert said in text


@pytest.mark.usefixtures("_at_noon")
async def test_the_pdf_is_in_the_readers_language_and_marks_incidents(service):
    await weighed(service, 50_000)
    body = {
        "hauler_name": HOSTILE, "plate": "示A#*_$\\", "destination": "refuse",
        "containers": [{"gross_grams": 50_000, "tare_grams": 0}],
    }  # fmt: skip
    manifest_id = (await made(service, f"{HERE}/manifests", body))["id"]
    await hand_over(service, manifest_id, incident=f"{HOSTILE} 😀")
    pdf = await printed(service, "en")
    page = opened(pdf).pages[0]
    text = " ".join(page.extract_text().split())
    assert "1 incident: waste left with a hauler without a valid licence." in text
    assert "示A#*_$\\" in text
    assert text.replace(" ", "").count(HOSTILE.replace(" ", "")) == 2
    assert "□ stands for a character" in text
    assert not holds_missing_glyphs(page)


@pytest.mark.usefixtures("_at_noon")
async def test_a_month_without_anything_is_a_page_that_says_so(service):
    pdf = await printed(service, month="2026-04")
    assert len(opened(pdf).pages) == 1
    assert "本月没有称重，也没有运出" in text_of(pdf)


@pytest.mark.usefixtures("_at_noon")
async def test_a_long_number_stays_in_its_cell(service):
    await a_hauler(service)
    licence = "L" + "0123456789" * 6
    hauler = await a_hauler(service, name="别家（示例）", licence_number=licence)
    await handed_over(service, 50_000, hauler_id=hauler)
    text = text_of(await printed(service))
    assert licence not in text
    assert licence in text.replace("\n", "")


def _a_row(number):
    said = {
        "date": date(2026, 3, number % 31 + 1), "kind": "food", "produced_grams": 50_000,
        "code": f"20260302-{number:04}", "containers": 3, "net_grams": 50_000 + number,
        "received_grams": 49_900, "hauler": "城洁收运（示例）", "licence_number": "示-2026-1",
        "plate": "示A12345", "at": NOON, "kitchen": "示例厨师", "driver": "示例司机",
        "is_signed": (True, True), "destination": "codigestion", "machine": None,
        "is_incident": False, "remarks": "",
    }  # fmt: skip
    return LedgerRow.model_validate(said)


def test_a_month_of_three_thousand_collections_is_printed_whole():
    ledger = Ledger(
        canteen_id=uuid.uuid4(),
        canteen="机关第一食堂",
        time_zone="Asia/Shanghai",
        month="2026-03",
        rows=[_a_row(number) for number in range(MANY)],
        totals=[
            LedgerTotal(kind="food", produced_grams=1, collections=MANY, counted_grams=1_234_567)
        ],
        incidents=0,
    )
    pdf = as_document(ledger, "zh", NOON)
    assert len(pdf) < 16_000_000
    pages = opened(pdf).pages
    assert "20260302-0000" in pages[0].extract_text()
    last = "".join(page.extract_text() for page in pages[-2:])
    assert f"20260302-{MANY - 1}" in last
    assert f"{MANY} 次收运" in last
    assert "1234.567" in last
