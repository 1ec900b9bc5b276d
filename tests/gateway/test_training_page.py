from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import update

from cleanplate_forecast.models import StoredModelRow, TrainingLeaseRow
from support.browser import SIZES, accessible, opened, overlaps_nothing, screenshot, served, visitor
from support.gateway import House, Towns, hidden, today_at
from support.trained import trained_nights, training_under_way


def forecasts(house: House):
    return house.suite.services["forecast"].state.db


async def page_of(town: House, user_name: str = "admin", language: str = "en", **headers: str):
    async with town.signed_in(user_name) as browser:
        browser.cookies.set("language", language)
        headers["Accept-Language"] = language
        return await browser.get("/a/training", headers=headers)


async def test_a_new_installation_says_that_the_rule_forecasts(town: House):
    page = (await page_of(town)).text
    assert "No model has been trained yet." in page
    assert "There has been no training yet." in page
    assert "hx-get" not in page, "nothing is under way, so nothing is asked again"


async def test_only_administrators_see_and_ask(town: House):
    async with town.signed_in("manager") as browser:
        assert (await browser.get("/a/training")).status_code == 403
        page = (await browser.get("/a/")).text
        asked = await browser.post("/a/training", data={"csrf": hidden(page)})
    assert 'href="/a/training"' not in page
    assert asked.status_code == 403
    with forecasts(town).reading() as session:
        assert session.get(TrainingLeaseRow, 1) is None


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("better", "The new model won"),
        ("as_good", "as far as four weeks can tell"),
        ("too_few", "that proves nothing"),
        ("worse_than_present", "The model in use won"),
        ("worse_than_rule", "The rule of like days was better"),
        ("worse_as_seen", "their data taught it something wrong"),
    ],
)
async def test_the_page_says_which_model_won_and_why(town: House, verdict, words):
    trained_nights(forecasts(town), town.clock(), verdict)
    page = (await page_of(town)).text
    assert words in page
    assert all(figure in page for figure in ("1.52 %", "1.41 %", "5.21 %", "4.87 %", "5.66 %"))
    serving = page.split("In use now")[1].split("</section>")[0]
    assert ("#5" if verdict in {"better", "as_good"} else "#2") in serving
    judged = page.split("Judged by the four weeks")[1].split("</section>")[0]
    assert judged.count("in use</span>") == 1


async def test_a_model_of_other_software_is_not_said_to_forecast(town: House):
    trained_nights(forecasts(town), town.clock())
    with forecasts(town).transaction() as session:
        session.connection().execute(update(StoredModelRow).values(made_by="other"))
    page = (await page_of(town)).text
    assert "cannot be used" in page
    judged = page.split("Judged by the four weeks")[1].split("</section>")[0]
    [used] = [row for row in judged.split("<tr>") if "in use</span>" in row]
    assert "The rule of like days" in used


async def test_what_was_asked_for_is_said_until_it_begins_and_then_how_far_it_is(town: House):
    async with town.signed_in("admin") as browser:
        page = (await browser.get("/a/training")).text
        asked = await browser.post("/a/training", data={"csrf": hidden(page)})
    assert asked.headers["location"] == "/a/training"
    page = (await page_of(town)).text
    assert "A training was asked for" in page
    assert 'hx-trigger="every 10s"' in page
    assert "Train now" not in page
    training_under_way(forecasts(town), town.clock())
    page = await page_of(town, **{"HX-Request": "true"})
    assert page.text.lstrip().startswith('<div id="training"'), "a part, for the page that is open"
    assert "Training 6: Learning" in page.text
    assert "35 %" in page.text
    town.clock.at += timedelta(minutes=3)
    assert "35 %" not in (await page_of(town)).text, "its server has died"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_sound_on_every_device(browser: Browser, towns: Towns, language):
    async def prepare(house: House) -> None:
        trained_nights(forecasts(house), today_at(8))
        training_under_way(forecasts(house), today_at(8))

    with served(towns, prepare=prepare) as site:
        for size in SIZES:
            with visitor(browser, site.url, "admin", size=size, language=language) as page:
                opened(page, "/a/training")
                overlaps_nothing(page)
                screenshot(page, f"training-{size}-{language}")
                expect(page.locator("progress")).to_be_visible()


def test_the_page_brings_itself_up_to_date(browser: Browser, towns: Towns):
    async def prepare(house: House) -> None:
        training_under_way(forecasts(house), today_at(8))

    with (
        served(towns, prepare=prepare) as site,
        visitor(browser, site.url, "admin", size="desk", language="en") as page,
    ):
        page.clock.install()
        opened(page, "/a/training")
        trained_nights(forecasts(site.house), today_at(8))
        expect(page.locator("#judged-title")).not_to_be_attached()
        page.clock.fast_forward("00:11")
        expect(page.locator("#judged-title")).to_be_visible()
        accessible(page)
