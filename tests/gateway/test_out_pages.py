"""Waste on its way out, through the pages: the kitchen's, the driver's and the desk's."""

import re
import uuid
from datetime import timedelta
from io import BytesIO

import httpx
from pypdf import PdfReader

from support.gateway import House, hidden, post
from support.photos import a_jpeg

BINS = {"gross-0": "62.5", "tare-0": "2.5", "gross-1": "40"}


async def sent(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    page = await browser.get("/k/out")
    return await browser.post(path, data={"csrf": hidden(page.text), **fields})


async def a_hauler(town: House, **changes: str) -> str:
    """Enter a hauler at the desk; return what the kitchen's form sends for its vehicle."""
    day = town.clock.day
    fields = {
        "canteen": town.town.canteen_id, "name": "城洁收运（示例）", "licence_number": "示-1",
        "valid_from": str(day - timedelta(days=9)), "valid_to": str(day + timedelta(days=99)),
        "plates": "示A12345，示A54321", **changes,
    }  # fmt: skip
    async with town.signed_in("manager") as browser:
        assert (await sent(browser, "/a/haulers", **fields)).status_code == 303
    async with town.signed_in("cook") as browser:
        return re.search(r'name="way" value="([^"]+)"', (await browser.get("/k/out")).text)[1]


async def handed_over(town: House, browser: httpx.AsyncClient, way: str) -> str:
    """Hand 100 kg over, with the reason that is asked for; return the driver's address."""
    canteen = town.town.canteen_id
    stopped = await sent(browser, "/k/out", canteen=canteen, way=way, **BINS)
    assert stopped.status_code == 422
    again = re.search(r'action="(/k/out/[0-9a-f-]+)" class="stack"', stopped.text)[1]
    code = await sent(browser, again, canteen=canteen, excess_reason="昨天忘了称")
    assert code.status_code == 200, code.text
    return "/h/" + re.search(r"http://test/h/([\w-]+)", code.text)[1]


async def test_waste_is_handed_over_confirmed_by_the_driver_and_in_the_ledger(town: House):
    way = await a_hauler(town)
    async with town.signed_in("cook") as browser:
        address = await handed_over(town, browser, way)
        assert "待司机确认" in (await browser.get("/k/out")).text
    async with town.browser() as driver:
        page = await driver.get(address)
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-robots-tag"] == "noindex"
        assert "100.00 kg" in page.text
        assert "示例cook" not in page.text
        done = await post(driver, address, driver="示例司机", kilograms="99.5")
        assert done.status_code == 303, done.text
        assert "示例司机 已确认" in (await driver.get(address)).text
    async with town.signed_in("manager") as browser:
        ledger = (await browser.get("/a/ledger")).text
        for said in ("示例cook", "示例司机", "示A12345", "99.50 kg"):
            assert said in ledger
        sheet = await browser.get("/a/ledger.xlsx")
        assert sheet.content[:2] == b"PK"
        document = await browser.get("/a/ledger.pdf")
        assert document.headers["content-type"] == "application/pdf"
        assert "示例司机" in PdfReader(BytesIO(document.content)).pages[0].extract_text()


async def test_the_drivers_page_takes_no_post_without_its_token_and_no_unknown_code(town: House):
    way = await a_hauler(town)
    async with town.signed_in("cook") as browser:
        address = await handed_over(town, browser, way)
    async with town.browser() as driver:
        assert (await driver.post(address, data={"driver": "x"})).status_code == 403
        assert (await driver.get("/h/" + "a" * 32)).status_code == 404
        unread = await post(driver, address, driver="x", kilograms="viel")
        assert (unread.status_code, "请填写姓名" in unread.text) == (422, True)


async def test_an_expired_licence_stops_the_kitchen_until_an_incident_is_recorded(town: House):
    way = await a_hauler(town, valid_to=str(town.clock.day - timedelta(days=1)))
    canteen = town.town.canteen_id
    async with town.signed_in("cook") as browser:
        assert "许可证已过期" in (await browser.get("/k/out")).text
        stopped = await sent(browser, "/k/out", canteen=canteen, way=way, **BINS)
        assert "请选择许可证有效的收运单位" in stopped.text
        again = re.search(r'action="(/k/out/[0-9a-f-]+)" class="stack"', stopped.text)[1]
        more = await sent(browser, again, canteen=canteen, incident="没有别的车")
        assert 'name="incident" value="没有别的车"' in more.text
        both = {"incident": "没有别的车", "excess_reason": "忘了称"}
        code = await sent(browser, again, canteen=canteen, **both)
        assert "已记录为异常事件" in code.text
    async with town.signed_in("manager") as browser:
        assert "is-incident" in (await browser.get("/a/manifests")).text
        assert "1 起异常事件" in (await browser.get("/a/ledger")).text


async def test_a_form_with_nothing_in_it_says_what_is_missing_and_keeps_nothing(town: House):
    way = await a_hauler(town)
    async with town.signed_in("cook") as browser:
        for fields in (
            {"way": way},
            {"way": way, "gross-0": "x"},
            {**BINS},
            {"way": "x|y", **BINS},
        ):
            answer = await sent(browser, "/k/out", canteen=town.town.canteen_id, **fields)
            assert answer.status_code == 422, fields
        assert "草稿" not in (await browser.get("/k/out")).text


async def test_a_day_without_the_driver_is_told_on_the_first_pages(town: House):
    way = await a_hauler(town)
    async with town.signed_in("cook") as browser:
        await handed_over(town, browser, way)
    for who, path in (("manager", "/a/"), ("cook", "/k/")):
        async with town.signed_in(who) as browser:
            assert "超过 24 小时" not in (await browser.get(path)).text
    town.clock.at += timedelta(hours=25)
    for who, path in (("manager", "/a/"), ("cook", "/k/"), ("manager", "/a/manifests")):
        async with town.signed_in(who) as browser:
            assert "超过 24 小时" in (await browser.get(path)).text, path


async def test_a_disputed_manifest_is_closed_with_a_reason_and_another_voided(town: House):
    way = await a_hauler(town)
    async with town.signed_in("cook") as browser:
        address = await handed_over(town, browser, way)
    async with town.browser() as driver:
        await post(driver, address, driver="示例司机", kilograms="60")
    async with town.signed_in("manager") as browser:
        listed = (await browser.get("/a/manifests")).text
        manifest = re.search(r'href="(/a/manifests/[0-9a-f-]+)"', listed)[1]
        for kilograms in ("80", "so viel"):
            refused = await sent(browser, f"{manifest}/close", kilograms=kilograms)
            assert refused.status_code == 422
        closed = await sent(browser, f"{manifest}/close", kilograms="80", reason="桶未装满")
        assert closed.status_code == 303
        page = (await browser.get(manifest)).text
        assert "桶未装满" in page
        assert "80.00 kg" in page
        voided = await sent(browser, f"{manifest}/void", reason="重复登记")
        assert voided.status_code == 303
        assert "重复登记" in (await browser.get(manifest)).text


async def test_a_lot_is_begun_filled_emptied_and_ended(town: House):
    canteen = town.town.canteen_id
    async with town.signed_in("manager") as browser:
        assert (await sent(browser, "/a/treatment", canteen=canteen)).status_code == 422
        began = await sent(browser, "/a/treatment", canteen=canteen, machine="一号机")
        assert began.status_code == 303
        way = re.search(r'value="(lot\|[0-9a-f-]+)"', (await browser.get("/k/out")).text)[1]
        stopped = await sent(browser, "/k/out", canteen=canteen, way=way, **BINS)
        again = re.search(r'action="(/k/out/[0-9a-f-]+)" class="stack"', stopped.text)[1]
        inside = await sent(browser, again, canteen=canteen, excess_reason="x")
        assert inside.headers["location"].endswith("said=treated")
        lot = f"/a/treatment/{way.removeprefix('lot|')}"
        out = {"canteen": canteen, "kind": "product", "destination": "composting"}
        for grams, status in (("100.001", 422), ("x", 422), ("20", 303)):
            answer = await sent(browser, f"{lot}/outputs", **out, grams=grams)
            assert answer.status_code == status, grams
        assert (await sent(browser, f"{lot}/close", canteen=canteen)).status_code == 303
        assert "80.0 %" in (await browser.get("/a/treatment")).text


async def test_a_hauler_is_corrected_and_a_wrong_one_says_where(town: House):
    await a_hauler(town)
    canteen = town.town.canteen_id
    async with town.signed_in("manager") as browser:
        page = (await browser.get("/a/haulers")).text
        hauler = re.search(r"hauler=([0-9a-f-]+)#", page)[1]
        assert (
            'value="示A12345, 示A54321"' in (await browser.get(f"/a/haulers?hauler={hauler}")).text
        )
        changed = {"canteen": canteen, "hauler": hauler, "name": "新名（示例）",
                   "licence_number": "示-2", "valid_from": "2026-01-01"}  # fmt: skip
        wrong = await sent(browser, "/a/haulers", **changed, valid_to="2025-01-01")
        assert wrong.status_code == 422
        good = await sent(browser, "/a/haulers", **changed, valid_to="2099-01-01")
        assert good.status_code == 303
        listed = (await browser.get("/a/haulers")).text
        assert "新名（示例）" in listed
        assert "城洁收运" not in listed
    async with town.signed_in("overseer") as browser:
        assert 'action="/a/haulers"' not in (await browser.get("/a/haulers")).text
        unknown = await browser.get(f"/a/manifests/{uuid.uuid4()}")
        assert unknown.status_code == 404


async def test_a_photo_of_the_containers_is_kept_and_shown_at_the_desk(town: House):
    way = await a_hauler(town)
    async with town.signed_in("cook") as browser:
        await handed_over(town, browser, way)
        page = (await browser.get("/k/out")).text
        photo = re.search(r'action="(/k/out/[0-9a-f-]+)/code"', page)[1] + "/photo"
        data = {"csrf": hidden(page), "canteen": town.town.canteen_id}
        for content, status in ((b"no photo", 422), (a_jpeg(), 303)):
            file = {"file": ("p.jpg", content, "image/jpeg")}
            answer = await browser.post(photo, data=data, files=file)
            assert answer.status_code == status
    async with town.signed_in("manager") as browser:
        listed = (await browser.get("/a/manifests")).text
        detail = re.search(r'href="(/a/manifests/[0-9a-f-]+)"', listed)[1]
        source = re.search(r'class="evidence" src="([^"]+)"', (await browser.get(detail)).text)[1]
        assert (await browser.get(source)).headers["content-type"] == "image/jpeg"
    async with town.signed_in("overseer") as browser:
        assert "evidence" not in (await browser.get(detail)).text


async def test_manifests_from_paper_are_imported_at_the_desk(town: House):
    async with town.signed_in("manager") as browser:
        assert "manifests" in (await browser.get("/a/import?kind=manifests")).text
