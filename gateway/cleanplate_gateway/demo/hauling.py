"""Who takes the demo's kitchen waste away: haulers, a year of collections, and what is open now."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import numpy as np

from cleanplate_gateway.demo import town
from cleanplate_gateway.demo.truth import HALL, LOGGED_SHARE
from cleanplate_gateway.demo.year import MealDay
from cleanplate_gateway.installation import Opened

_WASTE = "/api/v1/waste"
FOOD_HAULER, OIL_HAULER = "城洁环保收运（示例）", "绿源油脂回收（示例）"
_PLATES = {FOOD_HAULER: ["示A·D3021", "示A·D3187"], OIL_HAULER: ["示A·Y0618"]}
_CONTAINER_GRAMS = 90_000
_TARE_GRAMS = 11_500
_NOT_YET = timedelta(days=3)  # what was weighed since is collected by hand, below


def collections(
    meals: Iterable[MealDay], first_day: date, today: date
) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the manifests import: every second day, by the hauler's own scale."""
    weighed: defaultdict[tuple[str, date], int] = defaultdict(int)
    for meal in meals:
        grams = sum(found.net_grams for found in meal.weighed(first_day))
        weighed[meal.canteen.name, meal.day] += grams
    for (canteen, day), grams in sorted(weighed.items()):
        if day.toordinal() % 2 == 0 and day < today - _NOT_YET:
            both = grams + weighed.get((canteen, day - timedelta(days=1)), 0)
            yield _row(canteen, day, both)


def _row(canteen: str, day: date, weighed: int) -> tuple[object, ...]:
    rng = np.random.default_rng([9, day.toordinal(), len(canteen)])
    hauled = round(weighed / LOGGED_SHARE[canteen] * float(rng.normal(1, 0.03)) / 100) * 100
    own = round(hauled * float(rng.normal(1, 0.004)) / 100) * 100
    plate = _PLATES[FOOD_HAULER][int(rng.integers(2))]
    time = f"20:{10 + int(rng.integers(40))}"
    containers = min(40, -(-hauled // _CONTAINER_GRAMS) or 1)
    return (day, time, canteen, "food", FOOD_HAULER, plate, containers, own, hauled, "codigestion")


async def add_haulers(opened: Opened, today: date) -> None:
    """Enter two haulers for each organisation; one licence is about to expire."""
    for canteen in await opened.items("/api/v1/directory/canteens"):
        for number, (name, ends) in enumerate(
            ((FOOD_HAULER, today + timedelta(days=400)), (OIL_HAULER, today + timedelta(days=18)))
        ):
            hauler = {
                "name": name,
                "licence_number": f"示城管收运〔2024〕{number + 1}号",
                "valid_from": str(today - timedelta(days=700)),
                "valid_to": str(ends),
                "contact": "调度室（示例）",
                "plates": _PLATES[name],
            }
            await _made(opened, f"{_WASTE}/canteens/{canteen['id']}/haulers", hauler)


async def leave(opened: Opened) -> None:
    """Hand over what is there: to a hauler nobody knows, to a known one, and into a machine."""
    for canteen in await opened.items("/api/v1/directory/canteens"):
        place = f"{_WASTE}/canteens/{canteen['id']}"
        there = (await opened.get(f"{place}/out")).raise_for_status().json()["here"]
        grams = next(one["grams"] for one in there if one["kind"] == "food")
        if not grams:
            continue
        if canteen["name"] == HALL:
            await _treat(opened, place, grams // 3)
            grams -= grams // 3
        if canteen["name"] == town.CANTEENS[0].name:
            stranger = {"hauler_name": "过路收运车（示例）", "plate": "示B·77777"}
            incident = {"incident": "城洁车辆故障，当晚必须清运"}
            left = await _hand_over(opened, place, grams // 5, stranger, incident)
            await _sign(opened, left, grams // 5)
            grams -= grams // 5
        haulers = await opened.items(f"{place}/haulers")
        known = next(one for one in haulers if one["name"] == FOOD_HAULER)
        truck = {"hauler_id": known["id"], "plate": known["plates"][0]}
        await _hand_over(opened, place, grams, truck, {})


async def _hand_over(
    opened: Opened, place: str, grams: int, truck: dict[str, str], said: dict[str, str]
) -> str:
    way = {"destination": "codigestion", **truck}
    body = {"kind": "food", "containers": _containers(grams), **way}
    manifest = await _made(opened, f"{place}/manifests", body)
    return await _confirm(opened, manifest, said)


async def _treat(opened: Opened, place: str, grams: int) -> None:
    lot = await _made(opened, f"{place}/treatment-lots", {"machine": "一号生化处理机（示例）"})
    body = {"lot_id": lot["id"], "containers": _containers(grams)}
    await _confirm(opened, await _made(opened, f"{place}/manifests", body), {})
    out = {"kind": "product", "grams": grams * 12 // 100, "destination": "land_application"}
    await _made(opened, f"{_WASTE}/treatment-lots/{lot['id']}/outputs", out)


async def _confirm(opened: Opened, manifest: dict[str, Any], said: dict[str, str]) -> str:
    path = f"{_WASTE}/manifests/{manifest['id']}:hand-over"
    confirmed = {"net_grams": manifest["net_grams"], "excess_reason": "示例", **said}
    return str((await _made(opened, path, confirmed))["id"])


async def _sign(opened: Opened, manifest_id: str, grams: int) -> None:
    link = await _made(opened, f"{_WASTE}/manifests/{manifest_id}:link", {})
    receipt = {"driver": "示例司机", "net_grams": grams}
    await _made(opened, f"{_WASTE}/hand-overs/{link['secret']}", receipt)


def _containers(grams: int) -> list[dict[str, int]]:
    full, rest = divmod(grams, _CONTAINER_GRAMS)
    nets = [_CONTAINER_GRAMS] * full + ([rest] if rest or not full else [])
    return [{"gross_grams": net + _TARE_GRAMS, "tare_grams": _TARE_GRAMS} for net in nets]


async def _made(opened: Opened, path: str, body: object) -> dict[str, Any]:
    answer: httpx.Response = (await opened.post(path, body)).raise_for_status()
    made: dict[str, Any] = answer.json()
    return made
