"""A rush for the seats of one meal: through routes, identity, rules and events, and by hand."""

import asyncio
from datetime import timedelta
from time import perf_counter
from typing import Any

from bench import by_hand
from bench.installation import Measured, fresh
from cleanplate_shared.clock import now

_PEOPLE = 600
_AT_ONCE = 16


def measure() -> Any:  # noqa: ANN401
    """Return the time of a registration divided by that of its bare UPDATE and INSERT."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, dict[str, float]]:
    async with fresh() as made:
        people = await made.send_people(_PEOPLE)
        seconds, waits = await _rush(made, people)
        limit = by_hand.register(made.folder, people)
    waits.sort()
    return {
        "ratios": {"seconds per registration against the same UPDATE and INSERT": seconds / limit},
        "figures": {
            "registrations per second": _PEOPLE / seconds,
            "by hand per second": _PEOPLE / limit,
            "median ms": 1000 * waits[len(waits) // 2],
            "p99 ms": 1000 * waits[len(waits) * 99 // 100],
            "at once": _AT_ONCE,
        },
    }


async def _rush(made: Measured, people: list[str]) -> tuple[float, list[float]]:
    tomorrow = now() + timedelta(days=1)
    meal = await made.post(
        "/api/v1/menu/meal-sessions",
        {
            "canteen_id": made.canteen_id,
            "date": str(tomorrow.date()),
            "meal": "lunch",
            "cutoff_at": tomorrow.isoformat(),
            "capacity": len(people),
            "dishes": [],
        },
    )
    gate, waits = asyncio.Semaphore(_AT_ONCE), []

    async def register(person: str) -> None:
        body = {"meal_session_id": meal["id"], "person_id": person, "portion": "full"}
        async with gate:
            begun = perf_counter()
            await made.post("/api/v1/menu/registrations", body)
            waits.append(perf_counter() - begun)

    begun = perf_counter()
    await asyncio.gather(*(register(person) for person in people))
    return perf_counter() - begun, waits
