"""What is compared in the demo: sorted bins of eight weeks, and a month that does not add up."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import httpx
import numpy as np

from cleanplate_gateway.demo.truth import OFFICE
from cleanplate_gateway.installation import Opened

_WASTE = "/api/v1/waste"
_WEEKS = 8
_WAITING = timedelta(days=2)  # bins younger than this are still to be sorted
_DRAWS = {"plate": 4, "unserved": 4, "spoilage": 2}
# Shares by food, edible and inedible, of what is no paper; the rest is soup and liquid.
_HELD: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "plate": {
        "rice_noodles": (0.36, 0.0),
        "vegetables": (0.17, 0.03),
        "meat_poultry": (0.09, 0.09),
        "fish_seafood": (0.02, 0.03),
        "soya": (0.04, 0.0),
    },
    "unserved": {
        "rice_noodles": (0.41, 0.0),
        "vegetables": (0.3, 0.0),
        "meat_poultry": (0.12, 0.02),
        "egg": (0.05, 0.0),
    },
    "spoilage": {"vegetables": (0.48, 0.14), "fruit": (0.12, 0.04), "soya": (0.12, 0.0)},
}
_PAPER = {"plate": 0.015}
_BAD_MONTH_AFTER = timedelta(days=150)
_BAD_MONTH = timedelta(days=31)
_UNLOGGED_SHARE = 0.9  # of a day's weighed mass, taken away beside what manifests say


async def compare(opened: Opened, first_day: date, today: date) -> None:
    """Draw and sort bins of the office, and bring statements that its weighings do not explain."""
    canteens = await opened.items("/api/v1/directory/canteens")
    office = next(one["id"] for one in canteens if one["name"] == OFFICE)
    await _overlook(opened, office, first_day + _BAD_MONTH_AFTER)
    for back in range(_WEEKS):
        week = today - timedelta(weeks=back)
        draws = [{"stream": stream, "one_in": one_in} for stream, one_in in _DRAWS.items()]
        plan = {"canteen_id": office, "week": str(week), "seed": 100 + back, "streams": draws}
        (await opened.post(f"{_WASTE}/sorting/plans", plan)).raise_for_status()
    period = {"date_from": str(today - timedelta(weeks=_WEEKS)), "date_to": str(today)}
    drawn = await opened.items(f"{_WASTE}/sorting/bins", canteen_id=office, **period)
    for one in drawn:
        if date.fromisoformat(one["date"]) < today - _WAITING:
            path = f"{_WASTE}/sorting/bins/{one['weighing_id']}"
            answer: httpx.Response = await opened.change("PUT", path, _parts(one))
            answer.raise_for_status()


async def _overlook(opened: Opened, office: str, since: date) -> None:
    """Have a hauler take away, on days without a manifest, what nobody had weighed."""
    until = since + _BAD_MONTH
    period = {"date_from": str(since), "date_to": str(until), "by": "day"}
    for day in await opened.items(f"{_WASTE}/summary", canteen_id=office, **period):
        if date.fromisoformat(day["date"]).toordinal() % 2 and day["net_grams"]:
            line = {
                "canteen_id": office,
                "date": day["date"],
                "net_grams": round(day["net_grams"] * _UNLOGGED_SHARE),
                "hauler": "临时清运（示例）",
            }
            (await opened.post(f"{_WASTE}/collections", line)).raise_for_status()


def _parts(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a bin held, give or take what bins differ by."""
    grams = int(one["bin_grams"])
    rng = np.random.default_rng([11, grams, date.fromisoformat(one["date"]).toordinal()])
    shares = {
        food: [part * float(rng.gamma(8, 1 / 8)) for part in parts]
        for food, parts in _HELD[one["stream"]].items()
    }
    shares["soup_liquid"] = [0.13 * float(rng.gamma(6, 1 / 6)), 0.0]
    paper = _PAPER.get(one["stream"], 0.0) * float(rng.gamma(3, 1 / 3))
    whole = sum(map(sum, shares.values())) + paper
    parts = [
        {
            "food": food,
            "edible_grams": int(grams * edible / whole),
            "inedible_grams": int(grams * inedible / whole),
        }
        for food, (edible, inedible) in shares.items()
    ]
    return {"parts": parts, "nonfood_grams": int(grams * paper / whole)}
