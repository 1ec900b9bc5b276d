from sqlmodel import select

from cleanplate_shared.tables import OutboxRow


async def _day(home, day):
    answer = await home.get("/calendar", date_from=day, date_to=day)
    return answer.json()["items"][0]


async def _set(home, day, worked, caller=None):
    return await home.service.client.put(
        f"/api/v1/directory/calendar/{day}",
        json={"is_workday": worked},
        headers=caller or home.admin,
    )


def _told(home):
    with home.service.db.reading() as session:
        rows = session.exec(
            select(OutboxRow).where(OutboxRow.name == "directory.calendar_day_set.v1")
        )
        return {row.event_id for row in rows}


async def test_the_published_calendar_knows_holidays_and_make_up_days(home):
    assert (await _day(home, "2026-10-01"))["is_workday"] is False
    make_up = await _day(home, "2026-02-14")
    assert make_up["is_workday"]
    assert make_up["is_make_up"]
    assert make_up["announced"]
    assert (await _day(home, "2031-03-03"))["announced"] is False


async def test_a_day_set_by_hand_wins_and_is_told_once(home):
    day = "2031-03-03"
    assert (await _set(home, day, worked=False)).json()["is_workday"] is False
    assert (await _day(home, day)) | {"is_workday": False, "announced": True} == await _day(
        home, day
    )
    await _set(home, day, worked=False)
    assert len(_told(home)) == 1
    await _set(home, day, worked=True)
    assert len(_told(home)) == 2


async def test_only_the_highest_administrators_set_days(home):
    for role, place in (("admin", "市直机关"), ("admin", "机关第一食堂"), ("manager", "主管部门")):
        answer = await _set(home, "2031-03-03", worked=False, caller=home.bearer(role, place))
        assert answer.status_code == 403


async def test_a_period_is_in_order_and_not_too_long(home):
    for first, last in (("2026-02-02", "2026-02-01"), ("2025-01-01", "2026-03-01")):
        answer = await home.get("/calendar", date_from=first, date_to=last)
        assert answer.json()["type"] == "PeriodRefused"
