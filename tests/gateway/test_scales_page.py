"""Scales and trays on the tablet and at the desk, in a real browser."""

import uuid
from datetime import timedelta

from playwright.sync_api import Page

from support.browser import opened, overlaps_nothing, screenshot, served, visitor
from support.gateway import House


async def _prepare(house: House) -> None:
    """Let a scale drift for eight weeks until it fails; let a hundred trays come back."""
    at = house.clock()
    async with house.signed_in("cook") as cook:
        token = cook.cookies["cleanplate_access"]
    canteen, api = house.town.canteen_id, house.suite.peers["waste"]
    bearer = {"Authorization": f"Bearer {token}"}
    for weeks in range(8, 0, -1):
        check = {"id": str(uuid.uuid4()), "canteen_id": canteen, "device_id": "scale-1"}
        check |= {"test_grams": 10_000, "shown_grams": 10_000 + 8 * (9 - weeks)}
        check |= {"at": (at - timedelta(weeks=weeks, days=1)).isoformat()}
        answer = await api.post("/api/v1/waste/scale-checks", json=check, headers=bearer)
        assert answer.status_code == 201, answer.text
    trays = [
        {
            "id": str(uuid.uuid4()),
            "canteen_id": canteen,
            "device_id": "trays-1",
            "sequence": number,
            "grams": 3 * number,
            "at": at.isoformat(),
        }
        for number in range(100)
    ]
    sent = await api.post("/api/v1/waste/trays:batch", json={"items": trays}, headers=bearer)
    assert sent.status_code == 200, sent.text


def test_a_scale_that_is_due_is_checked_on_the_tablet_and_drawn_at_the_desk(towns, browser):
    with served(towns, prepare=_prepare) as house:
        with visitor(browser, house.url, "cook", size="tablet") as tablet:
            _check_the_scale(tablet)
            opened(tablet, "/k/trays")
            overlaps_nothing(tablet)
            screenshot(tablet, "trays")
            numbers = tablet.locator(".tray-count dd.number").all_text_contents()
            assert numbers == ["100", "4.0 %", "148.5 g"]
        with visitor(browser, house.url, "manager", size="desk") as desk:
            opened(desk, "/a/scales")
            screenshot(desk, "scales")
            assert desk.locator(".drift .dot, .drift .failed").count() == 9
            assert desk.locator(".drift .failed").count() == 2


def _check_the_scale(tablet: Page) -> None:
    opened(tablet, "/k/")
    assert "scale-1" in tablet.text_content("main .notice.warn")
    tablet.click("main .notice.warn a")
    overlaps_nothing(tablet)
    screenshot(tablet, "scale-check")
    tablet.fill("#test", "10")
    tablet.fill("#shown", "ten")
    tablet.click("form button.save")
    assert tablet.input_value("#shown") == "ten"
    tablet.fill("#shown", "10.002")
    tablet.click("form button.save")
    tablet.wait_for_url("**said=saved")
    assert "+2 g" in tablet.text_content("main")
    opened(tablet, "/k/")
    assert tablet.locator("main .notice.warn").count() == 0
