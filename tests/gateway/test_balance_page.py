"""The mass balance at the desk: what the kitchen types on its tablet comes out as a row."""

import httpx
import pytest

from support.gateway import House, fresh_id, hidden, today_at

PATH = "/a/balance"


async def _lunch(town: House, browser: httpx.AsyncClient) -> dict:
    """Return today's lunch."""
    answer = await browser.get(f"/api/v1/menu/meal-sessions/{town.town.meals[0, 'lunch']}")
    return answer.json()


async def _weigh(town: House, browser: httpx.AsyncClient, meal: dict, **grams: int) -> None:
    headers = {"X-CSRF-Token": hidden((await browser.get("/a/calendar")).text)}
    items = [
        {
            "id": fresh_id(), "canteen_id": town.town.canteen_id, "stream": stream,
            "meal_session_id": meal["id"], "gross_grams": net, "tare_grams": 0,
            "device_id": "test", "sequence": number, "weighed_at": today_at(13).isoformat(),
        }
        for number, (stream, net) in enumerate(grams.items())
    ]  # fmt: skip
    path = "/api/v1/waste/weighings:batch"
    answer = await browser.post(path, json={"items": items}, headers=headers)
    assert {one["outcome"] for one in answer.json()["results"]} == {"created"}, answer.text


async def _type(browser: httpx.AsyncClient, meal: dict, *left: str) -> None:
    """Type that 10 kg were cooked of each dish, and what was left of the first ones."""
    page = await browser.get("/k/leftovers", params={"meal": meal["id"]})
    form = {"csrf": hidden(page.text), "canteen": meal["canteen_id"], "meal": meal["id"]}
    for dish, kilograms in zip(meal["dishes"], left, strict=False):
        form |= {f"prepared-{dish['id']}": "10", f"left-{dish['id']}": kilograms}
    answer = await browser.post("/k/leftovers", data=form)
    assert answer.status_code == 303, answer.text


async def balanced_lunch(town: House) -> None:
    """Tell and weigh today's lunch: 40 kg cooked, 10 kg left, 5 kg thrown away."""
    async with town.signed_in("manager") as browser:
        meal = await _lunch(town, browser)
        await _weigh(town, browser, meal, unserved=5_000, plate=900, prep_avoidable=1)
        await _type(browser, meal, "10", "0", "0", "0")
        await town.suite.settle()


async def _page(browser: httpx.AsyncClient, language: str = "en", **params: object) -> str:
    answer = await browser.get(PATH, params=params, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize(
    ("left", "unserved", "closes", "words"),
    [
        ("2", 1_000, True, "1.00 kg (2.5 % of what was cooked) are missing"),
        ("2", 2_000, True, "Nothing is missing."),
        ("2", 3_000, True, "1.00 kg (2.5 % of what was cooked) are too much"),
        ("5", 1_000, False, "4.00 kg (10.0 % of what was cooked) were left in the trays"),
        ("0", 4_000, False, "4.00 kg (10.0 % of what was cooked) more were thrown away"),
    ],
)
async def test_what_is_typed_on_the_tablet_is_balanced_at_the_desk(
    town: House, left, unserved, closes, words
):
    town.clock.at = today_at(20)
    async with town.signed_in("manager") as browser:
        meal = await _lunch(town, browser)
        await _weigh(town, browser, meal, unserved=unserved, plate=900)
        await _type(browser, meal, left, "0", "0", "0")
        await town.suite.settle()
        page = await _page(browser)
    assert words in page
    assert ("closes</span>" in page) == closes
    assert ("does not close</span>" in page) == (not closes)


async def test_what_is_not_known_is_named_and_never_zero(town: House):
    town.clock.at = today_at(20)
    async with town.signed_in("manager") as browser:
        meal = await _lunch(town, browser)
        await _weigh(town, browser, meal, plate=900)
        await _type(browser, meal, "1")
        await town.suite.settle()
        page = await _page(browser)
        assert "not known: Cooked in all, Left in the trays, Cooked, not served." in page
        assert page.count("dishes told: 1 of 4") == 2
        assert "0.00 kg" not in page
        assert "未知项：烹制总量、餐盆剩余、未售余餐。" in await _page(browser, "zh")


@pytest.mark.parametrize("day", ["", "x", "0001-01-01", "9999-12-31", "2026-02-30"])
async def test_any_day_may_be_asked_for(town: House, day):
    async with town.signed_in("manager") as browser:
        assert "No meal of this day has data." in await _page(browser, day=day)


@pytest.mark.parametrize(
    ("who", "enters", "imports"), [("cook", True, False), ("overseer", False, False)]
)
async def test_only_who_cooks_is_asked_what_was_cooked(town: House, who, enters, imports):
    async with town.signed_in(who) as browser:
        today, before = await _page(browser), await _page(browser, day="2026-01-05")
    assert ("/k/leftovers?" in today) == enters
    assert ("/a/import?kind=leftovers" in before) == imports
    assert 'aria-current="page"' in today
