import re
from datetime import timedelta

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from support.browser import accessible, opened, overlaps_nothing, screenshot, served, visitor
from support.gateway import House, Towns, hidden
from support.photos import a_jpeg


async def a_hauler_whose_licence_ends_soon(house: House) -> None:
    day = house.clock.day
    body = {
        "name": "城洁收运（示例）", "licence_number": "示〔2024〕1号", "plates": ["示A12345"],
        "valid_from": str(day - timedelta(days=9)), "valid_to": str(day + timedelta(days=9)),
    }  # fmt: skip
    async with house.signed_in("manager") as browser:
        headers = {"X-CSRF-Token": hidden((await browser.get("/a/calendar")).text)}
        place = f"/api/v1/waste/canteens/{house.town.canteen_id}"
        for path, sent in (("haulers", body), ("treatment-lots", {"machine": "一号机"})):
            made = await browser.post(f"{place}/{path}", json=sent, headers=headers)
            assert made.status_code == 201, made.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_hand_over_is_sound_on_every_device(browser: Browser, towns: Towns, language):
    looks = {"language": language}
    with served(towns, prepare=a_hauler_whose_licence_ends_soon) as site:
        with visitor(browser, site.url, "cook", size="tablet", **looks) as page:
            address = _hand_over(page)
            screenshot(page, f"driver-code-{language}")
            _photograph(page)
        with visitor(browser, site.url, size="phone", **looks) as page:
            _confirm(page, address)
        with visitor(browser, site.url, "manager", size="desk", **looks) as page:
            for path in ("/a/manifests", "/a/ledger", "/a/haulers", "/a/treatment"):
                opened(page, path)
                overlaps_nothing(page)
                screenshot(page, f"{path.rsplit('/', 1)[1]}-{language}")
            opened(page, "/a/manifests")
            page.locator("tbody a").first.click()
            expect(page.locator("#close-title")).to_be_visible()
            accessible(page)


def _hand_over(page: Page) -> str:
    """Hand one container over; return the address that the driver scans."""
    opened(page, "/k/out")
    overlaps_nothing(page)
    page.locator(".trucks .chip").first.click()
    page.locator("[name=gross-0]").fill("62.5")
    page.locator("[name=tare-0]").fill("2.5")
    page.locator("button.save").click()
    expect(page.locator("#reason")).to_be_visible()
    accessible(page)
    page.locator("#reason").fill("昨天忘了称")
    page.locator("button.danger").click()
    expect(page.locator("svg.qr")).to_be_visible()
    accessible(page)
    overlaps_nothing(page)
    return re.search(r"/h/[\w-]+", page.locator(".address").inner_text())[0]


def _photograph(page: Page) -> None:
    """Keep a camera's photo: it is made small and bare before it leaves the tablet."""
    notes = Image.Exif()
    notes[0x8825] = {1: "N", 2: (31.0, 12.0, 0.0)}
    picture = {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": a_jpeg(3000, 1500, exif=notes)}
    page.locator("#photo").set_input_files(picture)
    expect(page.locator("#photo-asking")).to_be_visible()
    accessible(page)
    page.locator("#photo-yes").click()
    expect(page.locator("#photo-said")).not_to_be_empty()
    page.locator("#photographing [type=submit]").click()
    expect(page.locator(".notice.ok")).to_be_visible()


def _confirm(page: Page, address: str) -> None:
    opened(page, address)
    overlaps_nothing(page)
    page.locator("#driver").fill("示例司机")
    page.locator("main button").click()
    expect(page.locator(".notice.ok")).to_contain_text("示例司机")
    accessible(page)


def test_what_was_typed_without_a_network_stays_and_is_handed_over_once(browser, towns):
    with (
        served(towns, prepare=a_hauler_whose_licence_ends_soon) as site,
        visitor(browser, site.url, "cook", size="tablet") as page,
    ):
        opened(page, "/k/out")
        page.locator(".trucks .chip").first.click()
        page.locator("[name=gross-0]").fill("40")
        page.locator("details:has([name=tare-7]) summary").click()
        page.locator("[name=tare-7]").fill("1.5")
        page.context.set_offline(True)
        page.locator("button.save").click()
        expect(page.locator("#unreached")).to_be_visible()
        accessible(page)
        overlaps_nothing(page)
        screenshot(page, "k-out-unreached")
        page.context.set_offline(False)
        opened(page, "/k/out")
        expect(page.locator("[name=gross-0]")).to_have_value("40")
        expect(page.locator("[name=tare-7]")).to_be_visible()
        expect(page.locator("[name=way]").first).to_be_checked()
        page.locator("button.save").click()
        expect(page.locator("#reason")).to_be_visible()
        expect(page.locator("[name=gross-0]")).to_have_value("")
        opened(page, "/k/out")
        expect(page.locator("[name=gross-0]")).to_have_value("")
        expect(page.locator(".leaving li")).to_have_count(1)
