import asyncio
import re

import httpx
import pytest

from support.gateway import House, hidden


async def edit(browser: httpx.AsyncClient, path: str, town: House, **fields: str):
    page = await browser.get("/a/calendar")
    data = {"csrf": hidden(page.text), "canteen": town.town.canteen_id, **fields}
    return await browser.post(f"/a/{path}", data=data)


GOOD = {
    "ingredient": "茄子", "category": "蔬菜", "supplier": "城南菜场", "pack_grams": "2.5",
    "lead_days": "1", "shelf_days": "4", "price_fen_per_kg": "6.5", "level": "85",
}  # fmt: skip


async def opened(browser: httpx.AsyncClient, town: House, name: str) -> dict[str, str]:
    """Open an ingredient's form; return what it remembers of the ingredient as it is then."""
    shown = {"canteen": town.town.canteen_id, "name": name}
    return remembered((await browser.get("/a/ingredients", params=shown)).text)


def remembered(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(was|seen)" value="([^"]+)"', page))


async def test_an_ingredient_is_described_renamed_removed_and_brought_back(town: House):
    async with town.signed_in("manager") as browser:
        assert (await edit(browser, "ingredients", town, **GOOD)).status_code == 303
        salt = GOOD | {"ingredient": "盐", "shelf_days": "300"}
        assert (await edit(browser, "ingredients", town, **salt)).status_code == 303
        renamed = GOOD | {"ingredient": "长茄子"} | await opened(browser, town, "茄子")
        assert (await edit(browser, "ingredients", town, **renamed)).status_code == 303
        page = (await browser.get("/a/ingredients?name=长茄子")).text
        listed = page.split('id="list-title"')[1]
        assert re.findall(r">([^<>]+)</a></th>|>([^<>]+)</a> ?<", listed)
        assert "长茄子" in listed
        assert "盐" in listed
        for value in ("2.5", "6.5", "85"):
            assert f'value="{value}"' in page
        gone = await edit(browser, "ingredients/remove", town, was="长茄子")
        assert "长茄子" not in gone.text.split('id="list-title"')[1]
        back = dict(
            re.findall(
                r'type="hidden" name="([^"]+)" value="([^"]*)"', gone.text.split("</form>")[1]
            )
        )
        assert back["ingredient"] == "长茄子"
        assert (
            await edit(
                browser,
                "ingredients",
                town,
                **{k: v for k, v in back.items() if k not in {"csrf", "canteen"}},
            )
        ).status_code == 303
        assert "长茄子" in (await browser.get("/a/ingredients")).text


async def test_who_saves_an_ingredient_that_another_changed_sees_both(town: House):
    async with town.signed_in("manager") as mine, town.signed_in("admin") as theirs:
        await edit(mine, "ingredients", town, **GOOD)
        old = await opened(mine, town, "茄子")
        changed = GOOD | {"pack_grams": "10", "supplier": ""} | await opened(theirs, town, "茄子")
        assert (await edit(theirs, "ingredients", town, **changed)).status_code == 303
        stale = GOOD | {"shelf_days": "9"} | old
        clash = await edit(mine, "ingredients", town, **stale)
        assert clash.status_code == 422
        assert "其他人已修改该食材" in clash.text
        told = dict(re.findall(r'id="ingredient-(\w+)-wrong">([^<]+)<', clash.text))
        assert told == {
            "pack_grams": "现在是：10", "supplier": "现在是：（空）", "shelf_days": "现在是：4",
        }  # fmt: skip
        assert 'value="9"' in clash.text, "what was typed is not lost"
        again = stale | remembered(clash.text)
        assert (await edit(mine, "ingredients", town, **again)).status_code == 303
        page = (await mine.get("/a/ingredients?name=茄子")).text
    assert 'value="9"' in page
    assert 'value="2.5"' in page


async def test_who_saves_an_ingredient_that_another_removed_is_told_and_may_add_it(town: House):
    async with town.signed_in("manager") as browser:
        await edit(browser, "ingredients", town, **GOOD)
        old = await opened(browser, town, "茄子")
        await edit(browser, "ingredients/remove", town, was="茄子")
        clash = await edit(browser, "ingredients", town, **GOOD | old)
        assert "其他人已删除该食材" in clash.text
        assert 'name="was" value=""' in clash.text
        assert (await edit(browser, "ingredients", town, **GOOD)).status_code == 303


async def test_ingredients_saved_at_the_same_moment_are_all_kept(town: House):
    names = [f"菜{n}" for n in range(4)]
    async with town.signed_in("manager") as browser:
        token = hidden((await browser.get("/a/ingredients")).text)
        sent = await asyncio.gather(
            *(
                browser.post(
                    "/a/ingredients",
                    data=GOOD
                    | {"csrf": token, "canteen": town.town.canteen_id, "ingredient": name},
                )
                for name in names
            )
        )
        page = (await browser.get("/a/ingredients")).text
    assert {answer.status_code for answer in sent} == {303}
    assert all(name in page for name in names)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"pack_grams": "ein Sack"}, "pack_grams"), ({"pack_grams": ""}, "pack_grams"),
     ({"shelf_days": "0"}, "shelf_days"), ({"level": "120"}, "level"),
     ({"ingredient": ""}, "ingredient"), ({"price_fen_per_kg": "-1"}, "price_fen_per_kg")],
)  # fmt: skip
async def test_a_mistyped_ingredient_comes_back_with_what_is_wrong(town: House, wrong, field):
    async with town.signed_in("manager") as browser:
        answer = await edit(browser, "ingredients", town, **GOOD | wrong)
        after = (await browser.get("/a/ingredients")).text
    assert answer.status_code == 422
    assert f'id="ingredient-{field}-wrong"' in answer.text
    assert "还没有设置" in after


async def test_a_second_ingredient_of_a_name_is_refused_at_its_field(town: House):
    async with town.signed_in("manager") as browser:
        await edit(browser, "ingredients", town, **GOOD)
        again = await edit(browser, "ingredients", town, **GOOD)
    assert again.status_code == 422
    assert 'id="ingredient-ingredient-wrong"' in again.text
