"""Months of data for a town, brought in as an institution would: through the imports."""

from collections.abc import Iterable
from datetime import date, timedelta

import httpx

from cleanplate_gateway.embedded import Suite, local_administrator
from support.gateway import ZONE, House

_CANTEEN = "机关第一食堂"
_FOOD = ("spoilage", "prep_unavoidable", "prep_avoidable", "unserved", "plate")
_PEOPLE = 60


async def fill(house: House) -> None:
    """Bring people, and weighed days of this month, the last and the same a year before.

    Every fifth day, and today, lacks what was left on plates.
    """
    today = house.clock().astimezone(ZONE).date()
    past = [today - timedelta(days=back) for back in range(1, 60)]
    past += [day - timedelta(days=364) for day in past[:30]]
    people = (
        f"B{n:04d},示例就餐者{n},示例市直机关,办公室,{_CANTEEN},diner,"
        for n in range(_PEOPLE)
    )  # fmt: skip
    header = "number,name,organization,unit,canteen,role,user_name"
    await bring(house.suite, "directory", "people", header, people)
    counted = (f"{day},{_CANTEEN},lunch,{200 + day.day},{210 + day.day}" for day in past)
    await bring(house.suite, "menu", "history", "date,canteen,meal,served,registered", counted)
    await house.suite.settle()
    weather = (f"{day},{_CANTEEN},{day.day},小雨" for day in past)
    await bring(house.suite, "forecast", "columns", "date,canteen,x_temperature,x_weather", weather)
    weighed = (
        f"{day},{_CANTEEN},,{stream},{1000 * (at + 1) + 100 * day.day},"
        for day in [*past, today]
        for at, stream in enumerate(_FOOD[:4] if _lacks_plates(day, today) else _FOOD)
    )
    header = "date,canteen,meal,stream,net_grams,reason"
    await bring(house.suite, "waste", "weighings", header, weighed)
    await house.suite.settle()


def _lacks_plates(day: date, today: date) -> bool:
    return day == today or day.toordinal() % 5 == 0


async def bring(suite: Suite, service: str, kind: str, header: str, rows: Iterable[str]) -> None:
    """Bring the rows of one import, as an administrator."""
    token = local_administrator(suite)
    content = "\n".join([header, *rows]).encode()
    answer = await suite.peers[service].post(
        f"/api/v1/{service}/imports/{kind}",
        files={"file": (f"{kind}.csv", content, "text/csv")},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == httpx.codes.OK, answer.text
