"""What the demo's people settled: who always eats, who registers others, guests, a dispute."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import httpx

from cleanplate_gateway.demo import town
from cleanplate_gateway.demo.sheets import DEMO_DINER
from cleanplate_gateway.demo.year import DAYS_AHEAD
from cleanplate_gateway.installation import Opened

_MENU = "/api/v1/menu"
_HOST = "S0002"  # the office canteen's manager
_REGULARS = 8  # people of the demo diner's unit who always eat lunch
_LATELY = timedelta(days=14)
_STANDARD_FEN = 4_000


async def settle(opened: Opened, today: date) -> None:
    """Give the office canteen an opt-out unit, a secretary, standing patterns and guests."""
    canteens = await opened.items("/api/v1/directory/canteens")
    office = next(one["id"] for one in canteens if one["name"] == town.CANTEENS[0].name)
    place = f"{_MENU}/canteens/{office}"
    units = {one["unit"]: one["unit_id"] for one in await opened.items(f"{place}/offices")}
    mode = {"unit_id": units[town.OPT_OUT_UNIT], "meal": "lunch", "mode": "opt_out"}
    _done(await opened.change("PUT", f"{place}/unit-modes", mode))
    own = f"{place}/units/{units[town.DEMO_UNIT]}"
    _done(await opened.change("PUT", f"{own}/secretaries", {"numbers": [DEMO_DINER]}))
    colleagues = await _people(opened, own)
    await _set_patterns(opened, place, colleagues)
    hosts = colleagues | await _people(opened, f"{place}/units/{units[town.STAFF_UNIT]}")
    standard = {"standard_fen": _STANDARD_FEN, "basis": "示例：本地公务用餐标准"}
    _done(await opened.change("PUT", f"{place}/official-standard", standard))
    await _invite(opened, office, hosts, today)


async def speak_up(opened: Opened, diner: Mapping[str, str], today: date) -> None:
    """Let the demo diner avoid peanuts, dispute a no-show, and report that the canteen failed.

    Args:
        opened: the running services.
        diner: the request headers of the demo diner.
        today: the demo's.
    """
    menu = opened.suite.peers["menu"]
    usual = {"avoids": ["peanuts"], "diets": ["no_spicy"]}
    _done(await menu.put(f"{_MENU}/preferences/mine", json=usual, headers=diner))
    lately = {"date_from": str(today - _LATELY), "date_to": str(today - timedelta(days=1))}

    async def mine(path: str) -> list[dict[str, Any]]:
        answer = await menu.get(f"{_MENU}/{path}/mine", params=lately, headers=diner)
        items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return sorted(items, key=lambda one: str(one["date"]), reverse=True)

    for missed in (await mine("no-shows"))[:1]:
        path = f"{_MENU}/no-shows/{missed['registration_id']}:dispute"
        _done(await menu.post(path, json={"note": "当天我来了，扫码机没有反应。"}, headers=diner))
    for eaten in [one for one in await mine("registrations") if one["served"]][:1]:
        path = f"{_MENU}/registrations/{eaten['id']}/failures"
        body = {"kind": "not_as_registered", "note": "报了半份，只剩整份。"}
        _done(await menu.post(path, json=body, headers=diner))


async def _set_patterns(opened: Opened, place: str, people: Mapping[str, str]) -> None:
    wanted = dict.fromkeys(sorted(people)[1 : _REGULARS + 1], ("lunch", [1, 2, 3, 4, 5]))
    for number, (meal, weekdays) in {**wanted, DEMO_DINER: ("dinner", [3])}.items():
        path = f"{place}/people/{people[number]}/patterns/{meal}"
        _done(await opened.change("PUT", path, {"weekdays": weekdays}))


async def _invite(opened: Opened, office: str, hosts: Mapping[str, str], today: date) -> None:
    """Register guests and an official meal at two of the lunches ahead."""
    ahead = await opened.items(
        f"{_MENU}/meal-sessions",
        canteen_id=office,
        date_from=str(today + timedelta(days=1)),
        date_to=str(today + timedelta(days=DAYS_AHEAD)),
    )
    workdays = {one["date"] for one in ahead if one["meal"] == "dinner"}
    lunches = [one["id"] for one in ahead if one["meal"] == "lunch" and one["date"] in workdays]
    groups: list[dict[str, Any]] = [
        {"kind": "guest", "headcount": 3, "host_id": hosts[DEMO_DINER], "note": "外单位来访"},
        {
            "kind": "official",
            "headcount": 8,
            "host_id": hosts[_HOST],
            "standard_fen": _STANDARD_FEN,
            "note": "示例公函〔1〕号",
        },
    ]
    for lunch, group in zip(lunches, groups, strict=False):
        body = group | {"meal_session_id": lunch}
        _done(await opened.post(f"{_MENU}/group-registrations", body))


async def _people(opened: Opened, unit: str) -> dict[str, str]:
    """Return the ids of a unit's people by number."""
    return {one["number"]: one["id"] for one in await opened.items(f"{unit}/people")}


def _done(answer: httpx.Response) -> None:
    """Let pass what comes too late on the day that the demo is made; else it is our mistake."""
    if answer.status_code != httpx.codes.CONFLICT:
        answer.raise_for_status()
