"""At the desk: units that opt out, told in numbers first; their secretaries."""

import re

from support.gateway import House, hidden


async def _first(browser, page: str, pattern: str) -> str:
    found = re.search(pattern, page)
    assert found, page
    return found[1].replace("&amp;", "&")


async def test_a_switch_is_told_in_numbers_done_and_taken_back(town: House):
    async with town.signed_in("manager") as browser:
        for mode, words in (("opt_out", "报停制"), ("opt_in", "报餐制")):
            page = (await browser.get("/a/unit-modes")).text
            link = await _first(
                browser, page, rf'href="(/a/unit-modes/[^"]*meal=lunch&amp;mode={mode})"'
            )
            asked = await browser.get(link)
            assert asked.status_code == 200
            assert f"切换为“{words}”" in asked.text
            assert 'class="figure"' in asked.text
            again = (await browser.get("/a/unit-modes")).text
            assert link.replace("&", "&amp;") in again  # asking changed nothing
            canteen = await _first(browser, asked.text, r'name="canteen" value="([^"]+)"')
            chosen = {"canteen": canteen, "meal": "lunch", "mode": mode}
            fields = {"csrf": hidden(asked.text)} | chosen
            done = await browser.post(link.split("?")[0], data=fields)
            assert done.status_code == 303
            after = (await browser.get(done.headers["location"])).text
            assert f"已切换为“{words}”" in after


async def test_secretaries_are_named_by_number_and_a_wrong_one_is_said(town: House):
    async with town.signed_in("manager") as browser:
        page = (await browser.get("/a/unit-modes")).text
        link = await _first(browser, page, r'href="(/a/unit-modes/[^"]*/secretaries[^"]*)"')
        form = (await browser.get(link)).text
        canteen = await _first(browser, form, r'name="canteen" value="([^"]+)"')
        people = await browser.get("/api/v1/directory/people")
        number = next(one["number"] for one in people.json()["items"] if one["name"] == "示例diner")
        for numbers, status in (("NOBODY", 422), (number, 303), ("", 303)):
            fields = {"csrf": hidden(form), "canteen": canteen, "numbers": numbers}
            answer = await browser.post(link.split("?")[0], data=fields)
            assert answer.status_code == status, answer.text
            if status == 422:
                assert "NOBODY" in answer.text
                assert 'aria-invalid="true"' in answer.text
            shown = (await browser.get(link)).text
            assert ("示例diner" in shown) is (numbers == number)


async def test_a_cook_has_no_such_page(town: House):
    async with town.signed_in("cook") as browser:
        assert 'href="/a/unit-modes"' not in (await browser.get("/a/")).text
        assert (await browser.get("/a/unit-modes")).status_code == 403
