from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import update

from cleanplate_menu.models import WAITING
from support.browser import accessible, overlaps_nothing, screenshot, served, visitor
from support.gateway import House, Towns, hidden


async def waits_for_a_set_that_is_gone(house: House) -> None:
    dinner = house.town.meals[1, "dinner"]
    async with house.signed_in("diner") as browser:
        headers = {"X-CSRF-Token": hidden((await browser.get("/m/")).text)}
        path = f"/api/v1/menu/meal-sessions/{dinner}/waiting"
        joined = await browser.post(path, json={}, headers=headers)
        assert joined.status_code == httpx.codes.CREATED, joined.text
    with house.suite.services["menu"].state.db.transaction() as session:
        session.connection().execute(update(WAITING).values(lost_choice="B"))


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "套餐 B 不再供应"), ("en", "Set B is not offered any more.")]
)
def test_who_waits_for_a_set_that_is_gone_reads_so(browser: Browser, towns: Towns, language, words):
    with (
        served(towns, prepare=waits_for_a_set_that_is_gone) as site,
        visitor(browser, site.url, "diner", language=language) as page,
    ):
        tomorrow = site.house.clock.day + timedelta(days=1)
        page.goto(f"/m/?canteen={site.house.town.canteen_id}&day={tomorrow}")
        expect(page.get_by_text(words)).to_be_visible()
        accessible(page)
        overlaps_nothing(page)
        screenshot(page, f"lost-set-{language}")
