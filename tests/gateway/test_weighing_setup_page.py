from datetime import timedelta
from uuid import UUID

from cleanplate_waste.models import KnownSessionRow
from support.gateway import hidden, today_at

PAGE = "/a/weighing-setup"


async def send(browser, town, **fields):
    page = await browser.get(PAGE)
    data = {"csrf": hidden(page.text), "canteen": town.town.canteen_id, **fields}
    return await browser.post(PAGE, data=data)


async def test_the_manager_sets_containers_densities_and_prices_and_the_tablet_has_them(town):
    async with town.signed_in("manager") as browser:
        answer = await send(
            browser, town, code=["", "tub", ""], name=["蓝盆", "小桶", ""],
            tare_grams=["1.25", "", "3"], stream=["plate"], grams_per_litre=["0.9"],
            grams_per_bucket=["18"], value_fen_per_kg=["12.8"],
        )  # fmt: skip
        assert answer.status_code == 303, answer.text
        page = (await browser.get(answer.headers["location"])).text
        assert 'value="1.25"' in page
        assert 'value="12.8"' in page
        facts = (await browser.get("/k/weigh/facts")).json()
    first, second = facts["containers"]
    assert (first["name"], first["tare_grams"]) == ("蓝盆", 1250)
    assert (second["code"], second["tare_grams"]) == ("tub", None)
    assert facts["streams"]["plate"] == {
        "grams_per_litre": 900, "grams_per_bucket": 18_000, "value_fen_per_kg": 1280,
    }  # fmt: skip


async def test_what_is_wrong_is_said_at_its_place_and_what_was_typed_stays(town):
    async with town.signed_in("manager") as browser:
        answer = await send(browser, town, code=[""], name=["蓝盆"], tare_grams=["heavy"])
    assert answer.status_code == 422
    assert 'value="heavy" aria-invalid="true"' in answer.text


async def test_a_cook_sees_the_page_without_a_button_and_cannot_set(town):
    async with town.signed_in("cook") as browser:
        assert 'class="button">保存' not in (await browser.get(PAGE)).text
        answer = await send(browser, town, code=[""], name=["蓝盆"], tare_grams=["1"])
        assert answer.status_code == 422
        facts = (await browser.get("/k/weigh/facts")).json()
    assert len(facts["containers"]) == 4


async def test_a_meal_that_was_not_weighed_stands_on_the_workbench(town):
    async with town.signed_in("manager") as browser:
        assert "漏称" not in (await browser.get("/a/")).text
        town.clock.at = today_at(13)
        with town.suite.services["waste"].state.db.transaction() as session:
            lunch = session.get(KnownSessionRow, UUID(town.town.meals[0, "lunch"]))
            lunch.is_expected, lunch.serves_until = True, town.clock() - timedelta(hours=1)
        assert "漏称" in (await browser.get("/a/")).text
