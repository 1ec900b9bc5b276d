"""What to cook and to buy; how ingredients are bought; what portions cost; looking back."""

import re
import uuid
from datetime import timedelta

import httpx
import pytest

from cleanplate_gateway.embedded import local_administrator
from support.filling import bring, fill
from support.gateway import ZONE, House, fresh_id, hidden, today_at

EGGPLANT, SOUP = "红烧茄子", "番茄蛋花汤"


@pytest.fixture
async def kitchen(town: House) -> House:
    """A town with sixty past lunches; one may still register for lunch."""
    await fill(town)
    town.clock.at = today_at(9)
    return town


def at(town: House, **more: object) -> dict[str, str]:
    return {
        "canteen": town.town.canteen_id, "meal": town.town.meals[0, "lunch"],
        **{name: str(value) for name, value in more.items()},
    }  # fmt: skip


async def cooking(town: House, browser: httpx.AsyncClient) -> str:
    return (await browser.get("/k/cook", params=at(town))).text


async def send(browser: httpx.AsyncClient, path: str, fields: dict) -> httpx.Response:
    page = await browser.get("/k/weigh")
    return await browser.post(path, data={"csrf": hidden(page.text), **fields})


def line(page: str, dish: str) -> str:
    """Return the part of the page about one dish."""
    return page.split(f"<h3>{dish}")[1].split("</li>", maxsplit=1)[0]


def dish_of(page: str, dish: str) -> str:
    return re.search(r'name="dish" value="([^"]+)"', line(page, dish))[1]


def portions_of(page: str, dish: str) -> int:
    return int(re.search(r'class="portions"><b>(\d+)<', line(page, dish))[1])


async def test_a_dish_stands_with_its_portions_sizes_pots_and_the_reason(kitchen: House):
    async with kitchen.signed_in("cook") as browser:
        page = await cooking(kitchen, browser)
        board = (await browser.get("/k/board")).text
    about = line(page, EGGPLANT)
    assert portions_of(page, EGGPLANT) > 50
    for words in (
        "整份",
        "先做",
        "锅，每锅 10 份",
        "之后每剩",
        "按 80% 分位：缺 1 份损失",
        "十次有八次在",
    ):
        assert words in about
    assert f"{EGGPLANT} <b>{portions_of(page, EGGPLANT)}</b>" in board
    assert f"/k/cook?canteen={kitchen.town.canteen_id}&amp;meal=" in board


async def test_the_cook_decides_with_a_reason_and_takes_it_back(kitchen: House):
    async with kitchen.signed_in("cook") as browser:
        before = await cooking(kitchen, browser)
        fields = at(kitchen, dish=dish_of(before, EGGPLANT), portions=33, reason="会议或活动")
        done = await send(browser, "/k/cook", fields)
        assert done.status_code == 303
        page = (await browser.get(done.headers["location"])).text
        assert portions_of(page, EGGPLANT) == 33
        assert "厨房已改为 33 份" in line(page, EGGPLANT)
        assert "会议或活动" in line(page, EGGPLANT)
        assert portions_of(page, SOUP) == portions_of(before, SOUP)
        assert 'class="toast"' in page
        undo = fields | {"portions": "", "reason": "已撤回", "is_undo": "true"}
        done = await send(browser, "/k/cook", undo)
        page = (await browser.get(done.headers["location"])).text
    assert portions_of(page, EGGPLANT) == portions_of(before, EGGPLANT)
    assert "厨房已改为" not in line(page, EGGPLANT)
    assert 'class="toast"' not in page


async def test_the_board_asks_for_plans_that_it_has_and_shows_what_changed(kitchen: House):
    answers: list[int] = []

    async def note(answer: httpx.Response) -> None:
        if answer.request.url.path.endswith("/production-plan"):
            answers.append(answer.status_code)

    kitchen.suite.peers["forecast"].event_hooks["response"].append(note)
    async with kitchen.signed_in("cook") as browser:
        first = (await browser.get("/k/board")).text
        await browser.get("/k/board")  # now of the forecasts as they were kept
        answers.clear()
        assert (await browser.get("/k/board")).text == first
        assert [status for status in answers if status != httpx.codes.CONFLICT] == [304, 304]
        fields = at(kitchen, dish=dish_of(await cooking(kitchen, browser), EGGPLANT), reason="会议")
        await send(browser, "/k/cook", fields | {"portions": "33"})
        assert f"{EGGPLANT} <b>33</b>" in (await browser.get("/k/board")).text
    async with kitchen.signed_in("manager") as browser:
        assert f"{EGGPLANT} <b>33</b>" in (await browser.get("/k/board")).text


async def test_taking_back_a_second_decision_returns_to_the_first(kitchen: House):
    async with kitchen.signed_in("cook") as browser:
        fields = at(kitchen, dish=dish_of(await cooking(kitchen, browser), EGGPLANT), reason="会议")
        await send(browser, "/k/cook", fields | {"portions": "33"})
        done = await send(browser, "/k/cook", fields | {"portions": "44", "words": "客人多"})
        page = (await browser.get(done.headers["location"])).text
    assert "客人多" in line(page, EGGPLANT)
    assert re.search(r'class="toast".*name="portions" value="33"', page, re.DOTALL)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"reason": " "}, "请选择原因"), ({"portions": "viele"}, "请写成整数"),
     ({"portions": "-3"}, "请写成整数"), ({"portions": "1000000"}, "请写成整数"),
     ({"portions": "９"}, None)],
)  # fmt: skip
async def test_a_decision_that_cannot_be_kept_says_why(kitchen: House, wrong, said):
    async with kitchen.signed_in("cook") as browser:
        before = await cooking(kitchen, browser)
        fields = at(kitchen, dish=dish_of(before, EGGPLANT), portions=33, reason="会议")
        answer = await send(browser, "/k/cook", fields | wrong)
        after = await cooking(kitchen, browser)
    if said:
        assert answer.status_code == 422
        assert said in answer.text
        assert portions_of(after, EGGPLANT) == portions_of(before, EGGPLANT)
    else:
        assert portions_of(after, EGGPLANT) == 9


async def test_a_batch_is_noted_with_one_tap_once_and_taken_back(kitchen: House):
    async with kitchen.signed_in("cook") as browser:
        dish = dish_of(await cooking(kitchen, browser), EGGPLANT)
        fields = at(kitchen, dish=dish, portions=10, once=uuid.uuid4())
        done = [await send(browser, "/k/refills", fields) for _ in range(2)]
        assert [one.status_code for one in done] == [303, 303]
        page = (await browser.get(done[0].headers["location"])).text
        assert "已续供 10 份" in line(page, EGGPLANT)
        refill = re.search(r'name="refill" value="([^"]+)"', page)[1]
        undone = await send(browser, "/k/refills/undo", at(kitchen, refill=refill))
        page = (await browser.get(undone.headers["location"])).text
    assert "已续供" not in page


async def test_the_bell_rings_once_enough_diners_were_served(kitchen: House):
    async with kitchen.signed_in("cook") as browser:
        assert 'class="panel bell"' not in await cooking(kitchen, browser)
        await count(kitchen, 150)
        page = await cooking(kitchen, browser)
    bell = page.split('class="panel bell"')[1].split("</section>")[0]
    assert "现在该小锅续供了" in bell
    assert f"{EGGPLANT}：已续 10 份" in bell


async def count(town: House, served: int) -> None:
    token = local_administrator(town.suite)
    answer = await town.suite.peers["menu"].put(
        f"/api/v1/menu/meal-sessions/{town.town.meals[0, 'lunch']}/attendance-count",
        json={"served": served},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 200, answer.text


async def test_tomorrow_is_planned_but_nothing_is_refilled_yet(kitchen: House):
    async with kitchen.signed_in("cook") as browser:
        fields = at(kitchen) | {"meal": kitchen.town.meals[1, "lunch"]}
        page = (await browser.get("/k/cook", params=fields)).text
    assert "之后每剩" in line(page, EGGPLANT)
    assert 'action="/k/refills"' not in page


async def test_a_meal_nobody_can_forecast_yet_says_so(town: House):
    async with town.signed_in("cook") as browser:
        fields = at(town) | {"meal": town.town.meals[2, "dinner"]}
        answer = await browser.get("/k/cook", params=fields)
    assert answer.status_code == 200
    assert "就餐" in answer.text


async def recipes(town: House) -> None:
    """Say what the dishes are made of, and how one ingredient is bought."""
    name = "机关第一食堂"
    header = "canteen,dish,ingredient,net_grams,net_yield"
    rows = [f"{name},{EGGPLANT},茄子,200,80", f"{name},{SOUP},番茄,60,95"]
    await bring(town.suite, "menu", "recipes", header, rows)
    await town.suite.settle()
    header = "canteen,ingredient,category,supplier,pack_grams,shelf_days,price_yuan_per_kg"
    await bring(
        town.suite, "forecast", "ingredients", header, [f"{name},茄子,蔬菜,城南菜场,5000,4,6.50"]
    )


@pytest.mark.parametrize(("who", "path"), [("cook", "/k/purchase"), ("overseer", "/a/purchase")])
async def test_what_to_buy_stands_by_supplier_with_the_reason(kitchen: House, who, path):
    await recipes(kitchen)
    async with kitchen.signed_in(who) as browser:
        page = (await browser.get(path, params={"canteen": kitchen.town.canteen_id})).text
        book = await browser.get(f"{path}.xlsx", params={"canteen": kitchen.town.canteen_id})
    first = page.split("<caption>")[1]
    assert first.startswith("城南菜场 · 蔬菜")
    assert re.search(
        r'茄子</th><td class="number"><b>\d+ kg</b></td><td class="number">\d+ × 5 kg', page
    )
    assert "按 80% 分位" in page or "80" in first.split('class="why"')[1][:80]
    assert "未指定供应商 · 未分类" in page
    assert "没有菜卡，未计入：" in page
    assert "清蒸鲈鱼" in page.split("没有菜卡，未计入：")[1].split("<")[0]
    assert book.status_code == 200
    assert book.content.startswith(b"PK")
    assert "spreadsheetml" in book.headers["content-type"]
    assert book.headers["content-disposition"].startswith("attachment")


async def test_the_days_to_buy_for_are_chosen_and_a_bad_choice_is_said(kitchen: House):
    today = kitchen.clock.day
    async with kitchen.signed_in("manager") as browser:
        shown = await browser.get("/a/purchase", params={"first": str(today), "last": str(today)})
        unreadable = await browser.get("/a/purchase", params={"first": "morgen"})
        reversed_ = await browser.get(
            "/a/purchase", params={"first": str(today), "last": str(today - timedelta(9))}
        )
    assert f'name="last" type="date" value="{today}"' in shown.text
    assert f'name="first" type="date" value="{today + timedelta(1)}"' in unreadable.text
    assert reversed_.status_code == 200
    assert 'role="alert"' in reversed_.text


async def edit(browser: httpx.AsyncClient, path: str, town: House, **fields: str):
    page = await browser.get("/a/calendar")
    data = {"csrf": hidden(page.text), "canteen": town.town.canteen_id, **fields}
    return await browser.post(f"/a/{path}", data=data)


def _columns(**filled: list[str]) -> dict[str, list[str]]:
    names = (
        "shortage_fen",
        "surplus_fen",
        "refill_fen",
        "pot_portions",
        "refill_portions",
        "refill_minutes",
    )
    return {name: filled.get(name, [""] * len(filled["subject"])) for name in ("subject", *names)}


async def test_costs_by_kind_and_dish_move_what_is_cooked(kitchen: House):
    async with kitchen.signed_in("cook") as browser:
        page = await cooking(kitchen, browser)
    soup = dish_of(page, SOUP)
    async with kitchen.signed_in("manager") as browser:
        fields = _columns(
            subject=["vegetable", soup], shortage_fen=["90", ""], surplus_fen=["0.1", ""],
            pot_portions=["", "7"],
        )  # fmt: skip
        assert (await edit(browser, "quantities", kitchen, **fields)).status_code == 303
        kept = (await browser.get("/a/quantities")).text
        assert 'name="shortage_fen" value="90"' in kept
        assert 'name="pot_portions" value="7"' in kept
    async with kitchen.signed_in("cook") as browser:
        after = await cooking(kitchen, browser)
    assert portions_of(after, EGGPLANT) > portions_of(page, EGGPLANT)
    assert "锅，每锅 7 份" in line(after, SOUP)


async def test_a_mistyped_cost_is_said_at_its_cell_and_nothing_is_kept(town: House):
    async with town.signed_in("manager") as browser:
        fields = _columns(subject=["meat"], shortage_fen=["teuer"])
        answer = await edit(browser, "quantities", town, **fields)
        after = (await browser.get("/a/quantities")).text
    assert answer.status_code == 422
    assert 'id="kinds.meat.shortage_fen-wrong"' in answer.text
    assert 'value="teuer"' in answer.text
    assert "aria-invalid" not in after


@pytest.mark.parametrize("cell", [{"shortage_fen": "9"}, {"refill_minutes": "teuer"}])
async def test_a_cost_without_a_dish_is_refused_at_the_dish_and_nothing_is_kept(town: House, cell):
    said = {"surplus_fen": ["7", ""], **{name: ["", value] for name, value in cell.items()}}
    async with town.signed_in("manager") as browser:
        answer = await edit(browser, "quantities", town, **_columns(subject=["meat", ""], **said))
        after = (await browser.get("/a/quantities")).text
        blank = _columns(subject=["meat", ""], surplus_fen=["7", ""], shortage_fen=["", " "])
        kept = await edit(browser, "quantities", town, **blank)
    assert answer.status_code == 422
    assert 'id="one-more-wrong">“再加一道菜”' in answer.text
    assert f'value="{next(iter(cell.values()))}"' in answer.text, "what was typed is not lost"
    assert 'name="surplus_fen" value="7"' not in after
    assert kept.status_code == 303, "an empty row says nothing"


async def test_forecasts_stand_beside_who_came(kitchen: House):
    async with kitchen.signed_in("overseer") as browser:
        page = (await browser.get("/a/forecast", params={"canteen": kitchen.town.canteen_id})).text
    assert 'class="chart forecast-chart"' in page
    assert "事后推算" in page
    assert "按月份和餐次" in page
    assert "本月没有与建议不同的决定" in page
    today = kitchen.clock.day
    if today.day > 1:
        came = 200 + (today - timedelta(1)).day
        assert f"<b>{came}</b>" in page


async def test_what_the_kitchen_decided_is_looked_back_at_without_a_name(kitchen: House):
    async with kitchen.signed_in("cook") as browser:
        page = await cooking(kitchen, browser)
        fields = at(kitchen, dish=dish_of(page, EGGPLANT), portions=33, reason="会议或活动")
        await send(browser, "/k/cook", fields)
    month = kitchen.clock.at.astimezone(ZONE).strftime("%Y-%m")
    kitchen.clock.at += timedelta(days=1)
    async with kitchen.signed_in("manager") as browser:
        page = (await browser.get("/a/forecast", params={"month": month})).text
    record = page.split('id="decisions-title"')[1]
    assert EGGPLANT in record
    assert "会议或活动" in record
    assert "示例cook" not in page


async def test_an_empty_canteen_has_no_scores_and_says_so(town: House):
    async with town.signed_in("manager") as browser:
        answer = await browser.get("/a/forecast", params={"month": "2020-01", "meal": "supper"})
    assert answer.status_code == 200
    assert "本月没有预测" in answer.text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/a/quantities", {}),
        ("/a/ingredients", {"ingredient": "盐", "pack_grams": "1", "lead_days": "1",
                            "shelf_days": "300"}),
    ],
)  # fmt: skip
async def test_readers_see_but_have_nothing_to_save(town: House, path, said):
    async with town.signed_in("overseer") as browser:
        seen = await browser.get(path, params={"canteen": town.town.canteen_id})
        tried = await edit(browser, path.removeprefix("/a/"), town, **said)
    assert seen.status_code == 200
    assert ">保存</button>" not in seen.text
    assert tried.status_code in {403, 422}


async def test_nobody_decides_for_a_canteen_of_others(kitchen: House):
    async with kitchen.signed_in("cook") as browser:
        fields = at(kitchen, dish=fresh_id(), portions=3, reason="x")
        assert (await send(browser, "/k/cook", fields | {"canteen": fresh_id()})).status_code == 404
        elsewhere = await send(browser, "/k/cook", fields | {"meal": fresh_id()})
    assert elsewhere.status_code == 422
