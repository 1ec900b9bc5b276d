"""A tablet that was offline for long brings what it weighed: batches of 500, and by hand."""

import asyncio
from datetime import timedelta
from time import perf_counter
from typing import Any
from uuid import uuid4

from bench import by_hand
from bench.installation import fresh
from cleanplate_shared.clock import now

_BATCHES = 20
_BATCH = 500
_STREAMS = ("spoilage", "prep_unavoidable", "prep_avoidable", "unserved", "plate")


def measure() -> Any:  # noqa: ANN401
    """Return the time of a weighing divided by that of its bare INSERT."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, dict[str, float]]:
    async with fresh() as made:
        batches = [_batch(made.canteen_id, number) for number in range(_BATCHES)]
        begun = perf_counter()
        for batch in batches:
            answer = await made.post("/api/v1/waste/weighings:batch", {"items": batch})
            outcomes = {result["outcome"] for result in answer["results"]}
            if outcomes != {"created"}:
                raise RuntimeError(str(outcomes))
        seconds = perf_counter() - begun
        limit = by_hand.weigh(made.folder, batches)
    rows = _BATCHES * _BATCH
    return {
        "ratios": {"seconds per weighing against a raw executemany": seconds / limit},
        "figures": {
            "weighings per second": rows / seconds,
            "by hand per second": rows / limit,
            "ms per batch of 500": 1000 * seconds / _BATCHES,
        },
    }


def _batch(canteen_id: str, number: int) -> list[dict[str, object]]:
    at = (now() - timedelta(hours=2)).isoformat()
    return [
        {
            "id": str(uuid4()),
            "canteen_id": canteen_id,
            "stream": _STREAMS[place % len(_STREAMS)],
            "gross_grams": 1000 + place,
            "tare_grams": 200,
            "device_id": "bench",
            "sequence": number * _BATCH + place,
            "weighed_at": at,
        }
        for place in range(_BATCH)
    ]
