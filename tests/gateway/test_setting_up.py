"""A new installation is set up through the desk's pages alone."""

import re

import httpx
import pytest

from support.gateway import PASSWORD, Bare, House, fresh_id, hidden, post

OWN = "cleanplate-own-1"


async def _send(browser: httpx.AsyncClient, path: str, **fields: object) -> httpx.Response:
    page = await browser.get("/a/calendar")
    return await browser.post(path, data={"csrf": hidden(page.text), **fields})


def _option(page: str, words: str) -> str:
    """Return the value of the option that says `words`."""
    found = re.search(rf'<option value="([^"]+)"[^>]*>{re.escape(words)}</option>', page)
    assert found, words
    return found.group(1)


def _next(page: str) -> str:
    """Return the address of the step that comes next."""
    return re.search(r'aria-current="step">.*?href="([^"]+)"', page, re.DOTALL).group(1)


async def _set_up(bare: Bare, browser: httpx.AsyncClient) -> str:
    """Set everything up, page after page; return the canteen's id."""
    await post(browser, "/sign-in", username="admin", password=bare.one_time_password)
    page = await browser.get("/password")
    fields = {"old_password": bare.one_time_password, "new_password": OWN, "repeated": OWN}
    answer = await browser.post("/password", data={"csrf": hidden(page.text), **fields})
    assert answer.headers["location"] == "/a/"

    assert _next((await browser.get("/a/")).text) == "/a/places#add-organization"
    places = (await browser.get("/a/places")).text
    made = await _send(
        browser, "/a/places/organizations", name="示例单位", kind="organization",
        parent_id=_option(places, bare.organization),
    )  # fmt: skip
    assert made.status_code == 303, made.text

    assert _next((await browser.get("/a/")).text) == "/a/places#add-canteen"
    places = (await browser.get("/a/places")).text
    made = await _send(
        browser, "/a/places/canteens", name="示例食堂", time_zone="Asia/Shanghai",
        organization_id=_option(places, "示例单位"),
    )  # fmt: skip
    assert made.status_code == 303, made.text
    await bare.suite.settle()
    assert _next((await browser.get("/a/")).text) == "/a/people/new"
    return _option((await browser.get("/a/people/new")).text, "示例食堂").removeprefix("canteen:")


async def test_the_workbench_names_each_next_step_until_all_is_there(bare: Bare):
    async with bare.browser() as browser:
        canteen = await _set_up(bare, browser)
        units = (await browser.get("/a/units")).text
        answer = await _send(
            browser, "/a/units", name="办公室", organization_id=_option(units, "示例单位")
        )
        assert answer.status_code == 303, answer.text
        form = (await browser.get("/a/people/new")).text
        shown = await _send(
            browser, "/a/people/new", name="张三", number="A0001", user_name="zhangsan",
            unit_id=_option(form, "办公室"), role="manager", place=f"canteen:{canteen}",
        )  # fmt: skip
        assert shown.status_code == 200, shown.text
        await bare.suite.settle()
        assert _next((await browser.get("/a/")).text) == f"/a/dishes?canteen={canteen}"
        answer = await _send(
            browser, "/a/dishes", canteen=canteen, name="红烧茄子", kind="vegetable",
            portion_grams="180", allergens=["soy", "gluten"],
        )  # fmt: skip
        assert answer.status_code == 303, answer.text
        dishes = (await browser.get("/a/dishes")).text
        assert "180 g" in dishes
        assert _next((await browser.get("/a/")).text) == f"/a/meals?canteen={canteen}"
        day = str(bare.clock.day)
        answer = await _send(
            browser, "/a/meals", canteen=canteen, day=day, meal="lunch", capacity="80",
            cutoff=f"{day}T09:00",
        )  # fmt: skip
        assert answer.status_code == 303, answer.text
        assert "初始设置" not in (await browser.get("/a/")).text
    password = re.search(r"<code>(.+?)</code>", shown.text).group(1)
    async with bare.browser() as browser:
        entered = await post(browser, "/sign-in", username="zhangsan", password=password)
    assert entered.headers["location"] == "/password"


@pytest.mark.parametrize("path", ["/a/report", "/a/weighings", "/a/meals", "/a/dishes"])
async def test_pages_about_a_canteen_lead_to_the_first_step_while_there_is_none(bare: Bare, path):
    async with bare.browser() as browser:
        await post(browser, "/sign-in", username="admin", password=bare.one_time_password)
        page = await browser.get("/password")
        fields = {"old_password": bare.one_time_password, "new_password": OWN, "repeated": OWN}
        await browser.post("/password", data={"csrf": hidden(page.text), **fields})
        answer = await browser.get(path)
        kitchen = await browser.get("/k/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/a/")
    assert kitchen.status_code == 404
    assert "您还没有食堂" in kitchen.text


async def _refused(town: House, path: str, **fields: object) -> str:
    """Send a form as the administrator and return the page that refuses it."""
    async with town.signed_in("admin") as browser:
        answer = await _send(browser, path, **fields)
    assert answer.status_code == 422, answer.text
    return answer.text


def _wrong(page: str) -> list[str]:
    """Return the names of the fields that are marked wrong."""
    marked = re.findall(r'<(?:input|select)[^>]*aria-invalid="true"[^>]*>', page)
    return [re.search(r'name="(\w+)"', one).group(1) for one in marked]


async def test_a_refused_organisation_says_why_at_its_field(town: House):
    async with town.signed_in("admin") as browser:
        root = _option((await browser.get("/a/places")).text, "示例市机关事务管理局")
    taken = {"name": "示例市直机关", "kind": "organization", "parent_id": root}
    path = "/a/places/organizations"
    assert _wrong(await _refused(town, path, **taken)) == ["name"]
    blank = await _refused(town, path, **taken | {"name": " "})
    assert _wrong(blank) == ["name"]
    assert "必填" in blank
    assert _wrong(await _refused(town, path, **taken | {"kind": "x"})) == ["kind"]
    assert 'class="notice bad"' in await _refused(town, path, **taken | {"parent_id": fresh_id()})


async def test_a_refused_canteen_says_why_at_its_field(town: House):
    fields = {"name": "机关第一食堂", "organization_id": town.town.organization_id}
    path = "/a/places/canteens"
    shanghai = {"time_zone": "Asia/Shanghai"}
    assert _wrong(await _refused(town, path, **fields, **shanghai)) == ["name"]
    assert _wrong(await _refused(town, path, **fields, time_zone="Asia/Nowhere")) == ["time_zone"]
    assert _wrong(await _refused(town, path, **fields, time_zone="")) == ["time_zone"]


async def test_a_refused_unit_says_why_at_its_field(town: House):
    fields = {"name": "办公室", "organization_id": town.town.organization_id}
    assert _wrong(await _refused(town, "/a/units", **fields)) == ["name"]


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"number": "N-cook"}, ["number"]),
        ({"number": "名"}, ["number"]),
        ({"user_name": "cook"}, ["user_name"]),
        ({"user_name": "a b"}, ["user_name"]),
        ({"card": "x" * 65}, ["card"]),
        ({"name": ""}, ["name"]),
        ({"role": "king"}, ["role"]),
        ({"place": ""}, ["place"]),
        ({"place": "canteen:x"}, ["place"]),
    ],
)
async def test_a_refused_person_says_why_at_its_field(town: House, changed, wrong):
    fields = {
        "name": "李四", "number": "A9", "user_name": "lisi", "role": "cook",
        "place": f"canteen:{town.town.canteen_id}",
    }  # fmt: skip
    page = await _refused(town, "/a/people/new", **fields | changed)
    assert _wrong(page) == wrong
    if "name" not in changed:
        assert 'value="李四"' in page


async def test_a_manager_adds_diners_and_gives_no_higher_role(town: House):
    fields = {"name": "王五", "number": "A7", "place": f"canteen:{town.town.canteen_id}"}
    async with town.signed_in("manager") as browser:
        form = (await browser.get("/a/people/new")).text
        done = await _send(browser, "/a/people/new", **fields, role="diner")
        refused = await _send(browser, "/a/people/new", **fields | {"number": "A8"}, role="admin")
    assert 'value="admin"' not in form
    assert done.headers["location"] == "/a/people?q=A7"
    assert refused.status_code == 422
    assert _wrong(refused.text) == ["role"]


async def test_the_same_form_sent_twice_adds_one_person(town: House):
    fields = {
        "name": "赵六", "number": "A6", "user_name": "zhaoliu", "role": "diner",
        "place": f"canteen:{town.town.canteen_id}", "once": fresh_id(),
    }  # fmt: skip
    async with town.signed_in("admin") as browser:
        first = await _send(browser, "/a/people/new", **fields)
        second = await _send(browser, "/a/people/new", **fields)
        listed = (await browser.get("/a/people", params={"q": "zhaoliu"})).text
    assert (first.status_code, second.status_code) == (200, 200)
    assert listed.count("<td>A6</td>") == 1


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [({"name": "红烧茄子"}, ["name"]), ({"portion_grams": "much"}, ["portion_grams"]),
     ({"portion_grams": ""}, ["portion_grams"]), ({"kind": ""}, ["kind"])],
)  # fmt: skip
async def test_a_refused_dish_says_why_at_its_field_and_keeps_the_ticks(
    town: House, changed, wrong
):
    fields = {
        "canteen": town.town.canteen_id, "name": "豆腐", "kind": "side", "portion_grams": "90",
        "allergens": ["soy"],
    }  # fmt: skip
    page = await _refused(town, "/a/dishes", **fields | changed)
    assert _wrong(page) == wrong
    assert 'value="soy" checked' in page


async def test_an_overseer_sees_the_places_and_gets_no_form(town: House):
    async with town.signed_in("overseer") as browser:
        page = (await browser.get("/a/places")).text
        refused = await _send(
            browser, "/a/places/canteens", name="x", time_zone="Asia/Shanghai",
            organization_id=town.town.organization_id,
        )  # fmt: skip
    assert "机关第一食堂" in page
    assert "<datalist" not in page
    assert refused.status_code == 422
    assert PASSWORD not in page
