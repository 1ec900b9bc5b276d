"""The door in a real browser, with and without a network."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import col, func, select

from cleanplate_menu.models import CheckInRow, KnownPersonRow, MealSessionRow, RegistrationRow
from support.browser import Served, accessible, screenshot, served, visitor
from support.gateway import Towns

GUESTS = 50
# Returns what is kept of rosters, after keeping one of `day` if that is given.
KEPT = """async (day) => {
  const done = (asked) => new Promise((say) => { asked.onsuccess = () => say(asked.result) });
  const database = await done(indexedDB.open("cleanplate-door", 1));
  const store = database.transaction("rosters", "readwrite").objectStore("rosters");
  if (day) store.put({meal_session_id: "old", date: day, entries: [{name: "x"}]});
  return JSON.stringify(await done(store.getAll()));
}"""


@pytest.fixture(scope="module")
def site(towns: Towns) -> Iterator[Served]:
    with served(towns, demo=False) as running:
        yield running


@pytest.fixture
def door(browser: Browser, site: Served) -> Iterator[Page]:
    """The door of today's lunch, its worker ready."""
    with visitor(browser, site.url, "cook", size="tablet") as page:
        at_the_door(page, site)
        yield page


def at_the_door(page: Page, site: Served) -> None:
    page.goto("/k/door")
    choose_lunch(page, site)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def choose_lunch(page: Page, site: Served) -> None:
    expect(page.locator("#door")).to_have_attribute("data-ready", "true")
    page.locator("[name=meal_session_id]").select_option(lunch(site))


def lunch(site: Served) -> str:
    return site.house.town.meals[0, "lunch"]


def register(site: Served, count: int, kind: str = "person", headcount: int = 1) -> list[str]:
    """Register people for today's lunch; return their codes, which end in their numbers."""
    codes = [f"T{uuid.uuid4().hex[:5].upper()}".translate(str.maketrans("ILOU", "1100"))
             for _ in range(count)]  # fmt: skip
    db = site.house.suite.services["menu"].state.db
    with db.transaction() as session:
        meal = session.get_one(MealSessionRow, uuid.UUID(lunch(site)))
        for code in codes:
            person = uuid.uuid4()
            session.add(
                KnownPersonRow(id=person, name=f"示例{code}", number=f"N-{code}", canteen_ids=[
                    site.house.town.canteen_id], active=True, version=1, card=f"00{code}aB")
            )  # fmt: skip
            session.add(
                RegistrationRow(
                    meal_session_id=meal.id, person_id=person, portion="half", rice="less",
                    status="registered", pickup_code=code, registered_at=datetime.now(UTC),
                    kind=kind, headcount=headcount,
                )
            )  # fmt: skip
        meal.registered += count * headcount
    return codes


def heads(site: Served) -> tuple[int, int]:
    """Return how many check-ins of lunch there are, and how many people they are."""
    with site.house.suite.services["menu"].state.db.reading() as session:
        mine = col(CheckInRow.meal_session_id) == uuid.UUID(lunch(site))
        counted = select(func.count(), func.sum(CheckInRow.headcount)).where(
            mine, CheckInRow.headcount > 0
        )
        count, people = session.exec(counted).one()
        return count, people or 0


def cut_off(page: Page) -> None:
    """Take the network away, and return when the page knows."""
    page.context.set_offline(True)
    page.wait_for_function("() => !navigator.onLine")


def scan(page: Page, text: str) -> None:
    page.keyboard.type(text)  # a scanner types wherever the focus is
    page.keyboard.press("Enter")


def verdict(page: Page, kind: str, words: str = "") -> None:
    expect(page.locator("#verdict")).to_have_attribute("data-verdict", kind)
    expect(page.locator("#verdict")).to_contain_text(words)


def test_fifty_scans_without_a_network_and_a_reload_count_each_guest_once(
    site: Served, browser: Browser
):
    codes = register(site, GUESTS)
    before, _ = heads(site)
    with visitor(browser, site.url, "cook", size="tablet") as page:
        at_the_door(page, site)
        page.reload()  # from here on the worker has the page
        choose_lunch(page, site)
        cut_off(page)
        for code in codes[: GUESTS // 2]:
            scan(page, code)
            verdict(page, "served", code)
        scan(page, codes[0])
        verdict(page, "used", codes[0])
        page.reload()
        choose_lunch(page, site)
        scan(page, codes[1])
        verdict(page, "used", codes[1])
        for code in codes[GUESTS // 2 :]:
            scan(page, f"n-{code}")  # the card says the staff number
            verdict(page, "served", code)
        expect(page.locator("[data-count=on_the_way]")).to_have_text(str(GUESTS))
        screenshot(page, "k-door-offline")
        assert heads(site)[0] == before
        page.context.set_offline(False)
        expect(page.locator("[data-count=on_the_way]")).to_have_text("0")
        expect(page.locator("#waiting li")).to_have_count(0)
    assert heads(site)[0] == before + GUESTS


def test_a_card_is_known_with_and_without_a_network_and_its_number_is_not_kept(
    site: Served, door: Page
):
    first, second = register(site, 2)
    before, _ = heads(site)
    door.reload()
    choose_lunch(door, site)
    scan(door, f"00{first}aB")
    verdict(door, "served", first)
    expect(door.locator("[data-count=on_the_way]")).to_have_text("0")
    assert heads(site)[0] == before + 1
    assert f"00{first}aB" not in door.evaluate(KEPT, None)
    cut_off(door)
    scan(door, f"00{second}AB")  # of another case, so of nobody
    verdict(door, "unknown", "未报餐")
    scan(door, f"00{second}aB")
    verdict(door, "served", second)
    scan(door, f"00{second}aB")
    verdict(door, "used", second)
    door.context.set_offline(False)
    expect(door.locator("[data-count=on_the_way]")).to_have_text("0")
    assert heads(site)[0] == before + 2


def test_where_the_browser_does_not_hash_the_service_is_asked(site: Served, browser: Browser):
    (code,) = register(site, 1)
    before, _ = heads(site)
    with visitor(browser, site.url, "cook", size="tablet") as page:
        page.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined})")
        at_the_door(page, site)
        scan(page, f"00{code}aB")
        verdict(page, "served", f"00{code}aB")
        expect(page.locator("[data-count=on_the_way]")).to_have_text("0")
    assert heads(site)[0] == before + 1


def test_a_verdict_that_the_server_refuses_later_is_shown(site: Served, door: Page):
    (code,) = register(site, 1)
    door.reload()
    choose_lunch(door, site)
    cut_off(door)
    scan(door, code)
    verdict(door, "served", code)
    with site.house.suite.services["menu"].state.db.transaction() as session:  # by another tablet
        found = select(RegistrationRow).where(RegistrationRow.pickup_code == code)
        registration = session.exec(found).one()
        session.add(
            CheckInRow(
                id=uuid.uuid4(), meal_session_id=registration.meal_session_id, content_hash="x",
                registration_id=registration.id, at=datetime.now(UTC),
            )
        )  # fmt: skip
    scan(door, "ZZZZZZ")  # the guest has gone, the next one stands here
    door.context.set_offline(False)
    line = door.locator("#waiting li[data-state=rejected]")
    expect(line).to_contain_text(code)
    accessible(door)
    screenshot(door, "k-door-refused-later")


def test_a_group_comes_on_one_code(site: Served, door: Page):
    (code,) = register(site, 1, kind="official", headcount=8)
    door.reload()
    choose_lunch(door, site)
    _, people = heads(site)
    scan(door, code)
    verdict(door, "served", "8")
    assert heads(site)[1] == people + 8


def test_a_mistaken_check_in_is_taken_back(site: Served, door: Page):
    count, _ = heads(site)
    door.locator("#walk-in").click()
    verdict(door, "served")
    assert heads(site)[0] == count + 1
    screenshot(door, "k-door-walk-in")
    with door.expect_response("**/check-ins/*") as answer:
        door.locator("#undo").click()
    assert answer.value.status == 204
    assert heads(site)[0] == count
    assert door.evaluate("document.activeElement.name") == "code"


def test_a_walk_in_taken_back_without_a_network_is_never_counted(site: Served, door: Page):
    count, _ = heads(site)
    cut_off(door)
    door.locator("#walk-in").click()
    verdict(door, "kept")
    door.locator("#undo").click()
    expect(door.locator("[data-count=on_the_way]")).to_have_text("0")
    with door.expect_response("**/check-ins/*") as answer:
        door.context.set_offline(False)
    assert answer.value.status == 404
    assert heads(site)[0] == count


def test_who_is_on_no_list_is_offered_as_a_walk_in_with_their_number(site: Served, door: Page):
    scan(door, "N-diner")
    verdict(door, "unknown", "未报餐")
    accessible(door)
    screenshot(door, "k-door-unknown")
    count, _ = heads(site)
    scan(door, "N-diner")  # the offer goes by itself, and looking at it took a while
    door.locator("#walk-in-here").click()
    verdict(door, "served", "N-diner")
    assert heads(site)[0] == count + 1


def test_without_a_network_other_meals_and_strangers_are_told_apart(site: Served, door: Page):
    (code,) = register(site, 1)
    door.reload()
    choose_lunch(door, site)
    cut_off(door)
    door.locator("[name=meal_session_id]").select_option(site.house.town.meals[0, "dinner"])
    scan(door, code)
    verdict(door, "other", "午餐")
    scan(door, "ZZZZZZ")
    verdict(door, "unknown", "未报餐")
    expect(door.locator("[data-count=on_the_way]")).to_have_text("0")


def test_names_of_other_days_do_not_stay_on_the_tablet(site: Served, door: Page):
    (code,) = register(site, 1)
    door.reload()
    choose_lunch(door, site)
    assert code in door.evaluate(KEPT, None)
    assert '"old"' in door.evaluate(KEPT, str(date(2020, 1, 1)))
    door.reload()
    choose_lunch(door, site)
    assert '"old"' not in door.evaluate(KEPT, None)
