import httpx
import pytest

from support.gateway import House

KITCHEN_PAGES = ["/k/", "/k/weigh", "/k/door"]


def _away(town: House, service: str) -> None:
    """Make a service one that does not answer."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    transport = httpx.MockTransport(refuse)
    town.suite.peers[service] = httpx.AsyncClient(transport=transport, base_url="http://away")


async def test_the_board_shows_today_and_tomorrow_with_who_registered(town: House):
    async with town.signed_in("cook") as browser:
        page = (await browser.get("/k/")).text
    assert page.count('class="meal"') == 6
    assert "10:30 截止" in page
    assert "07:30 已截止" in page


@pytest.mark.parametrize("service", ["forecast", "menu", "waste", "directory"])
@pytest.mark.parametrize("path", KITCHEN_PAGES)
async def test_a_service_that_is_away_takes_no_screen_with_it(town: House, service, path):
    async with town.signed_in("cook") as browser:
        _away(town, service)
        answer = await browser.get(path)
    assert answer.status_code == 200


async def test_a_forecast_that_is_away_is_said_and_the_rest_stands(town: House):
    async with town.signed_in("cook") as browser:
        _away(town, "forecast")
        page = (await browser.get("/k/board")).text
    assert "预计就餐：" in page
    assert "系统" in page
    assert page.count('class="meal"') == 6


async def test_the_refreshed_board_is_the_board_without_the_page_around_it(town: House):
    async with town.signed_in("cook") as browser:
        page = (await browser.get("/k/board")).text
    assert "<html" not in page
    assert 'id="today"' in page


async def test_a_diner_is_told_that_these_pages_are_for_the_kitchen(town: House):
    async with town.signed_in("diner") as browser:
        answers = [await browser.get(path) for path in KITCHEN_PAGES]
    assert {answer.status_code for answer in answers} == {403}


async def test_a_canteen_of_others_is_not_there(town: House):
    async with town.signed_in("cook") as browser:
        answer = await browser.get("/k/weigh", params={"canteen": town.town.organization_id})
    assert answer.status_code == 404


async def test_nobody_signed_in_is_sent_to_sign_in_and_back(town: House):
    async with town.browser() as browser:
        answer = await browser.get("/k/weigh")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fk%2Fweigh"
