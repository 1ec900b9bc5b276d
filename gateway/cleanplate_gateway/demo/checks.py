"""What the demo's scales showed of a test weight, once a week; one drifts until it is adjusted."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import numpy as np

from cleanplate_gateway.installation import Opened

_PATH = "/api/v1/waste/scale-checks"
_WEEKS = 26
_ADJUSTED = 15  # weeks after the first check
_TEST_GRAMS, _DIVISION_GRAMS = 10_000, 5
_DRIFT_GRAMS = {"scale-plates": 1.2, "scale-kitchen": 0.2}  # a week


async def check_scales(opened: Opened, today: date) -> None:
    """Check two scales of each canteen every Monday morning of half a year."""
    monday = today - timedelta(days=today.weekday())
    for canteen in await opened.items("/api/v1/directory/canteens"):
        for name, drift in _DRIFT_GRAMS.items():
            for check in _checks(canteen["id"], name, drift, monday):
                (await opened.post(_PATH, check)).raise_for_status()


def _checks(canteen_id: str, name: str, drift: float, monday: date) -> Iterator[dict[str, Any]]:
    rng = np.random.default_rng([27, *name.encode()])
    for week in range(_WEEKS):
        error = drift * (week % _ADJUSTED) + rng.normal(0, 1.5)
        day = monday - timedelta(weeks=_WEEKS - 1 - week)
        yield {
            "id": str(uuid5(NAMESPACE_OID, f"{canteen_id} {name} {day}")),
            "canteen_id": canteen_id,
            "device_id": name,
            "test_grams": _TEST_GRAMS,
            "shown_grams": _TEST_GRAMS + round(error / _DIVISION_GRAMS) * _DIVISION_GRAMS,
            "division_grams": _DIVISION_GRAMS,
            "at": datetime.combine(day, time(0, 40), UTC).isoformat(),
        }
