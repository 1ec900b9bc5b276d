"""The desk's page of both sides of a registration."""

import uuid

import pytest

from cleanplate_menu.models import CanteenFailureRow, KnownPersonRow, NoShowRow, RegistrationRow
from support.gateway import House, hidden


def _fail_each_other(town: House) -> tuple[str, str]:
    """A diner disputes a no-show and reports a failure; return the ids of both."""
    registration, failure = uuid.uuid4(), uuid.uuid4()
    meal = uuid.UUID(town.town.meals[0, "lunch"])
    canteen, person = uuid.UUID(town.town.canteen_id), uuid.uuid4()
    mine = {"registration_id": registration, "meal_session_id": meal, "canteen_id": canteen,
            "day": town.clock.day}  # fmt: skip
    with town.suite.services["menu"].state.db.transaction() as session:
        session.add(
            KnownPersonRow(id=person, name="示例异议人", number="X1", canteen_ids=[str(canteen)],
                           active=True, version=1)
        )  # fmt: skip
        session.add(
            RegistrationRow(id=registration, meal_session_id=meal, person_id=person,
                            portion="full", status="registered", pickup_code="TEST01",
                            registered_at=town.clock.at)
        )  # fmt: skip
        session.flush()
        session.add(
            NoShowRow(**mine, person_id=person, state="disputed", reason="我在",
                      disputed_at=town.clock.at)
        )  # fmt: skip
        session.add(CanteenFailureRow(**mine, id=failure, kind="sold_out", note="没菜了"))
    return str(registration), str(failure)


async def test_a_manager_decides_a_dispute_and_replies_to_a_report(town: House):
    registration, failure = _fail_each_other(town)
    async with town.signed_in("manager") as browser:
        page = (await browser.get("/a/promise")).text
        assert "示例异议人" in page
        assert "没菜了" in page
        form = {"csrf": hidden(page), "canteen": town.town.canteen_id}
        silent = await browser.post(
            f"/a/promise/disputes/{registration}", data={**form, "upheld": "true", "answer": " "}
        )
        assert silent.status_code == 422
        assert "示例异议人" in silent.text
        decided = await browser.post(
            f"/a/promise/disputes/{registration}",
            data={**form, "upheld": "true", "answer": "闸机有记录"},
        )
        replied = await browser.post(
            f"/a/promise/failures/{failure}", data={**form, "reply": "明天多备"}
        )
        assert (decided.status_code, replied.status_code) == (303, 303)
        page = (await browser.get(decided.headers["location"])).text
    assert "示例异议人" not in page
    assert "明天多备" in page


@pytest.mark.parametrize("user_name", ["cook", "overseer"])
async def test_others_see_the_numbers_of_both_sides_and_nobody(town: House, user_name):
    _fail_each_other(town)
    async with town.signed_in(user_name) as browser:
        page = (await browser.get("/a/promise")).text
    assert "停餐 0 次" in page
    assert "示例异议人" not in page
    assert "没菜了" not in page


async def test_the_months_of_the_page_are_those_of_the_service(town: House):
    async with town.signed_in("manager") as browser:
        answer = await browser.get("/a/promise", params={"month": "2000-01"})
    assert answer.status_code == 200
    assert "本月没有可显示的数据" in answer.text
