"""Weeks of weighings and collected weights, for tests of what compares them."""

import json
from datetime import date, timedelta

from sqlmodel import select

from cleanplate_shared.contracts.waste_tiers import TiersJudged
from cleanplate_shared.tables import OutboxRow
from support.services import CANTEEN
from waste.kitchen import FOOD, a_session, a_weighing, manager, send, tell_sessions

MONDAY = date(2026, 3, 2)
BASE = "/api/v1/waste"


async def a_week(service, number=0, net=1000, days=5, streams=FOOD, served=100):
    """Weigh each stream once on each of a week's days, and count the diners."""
    first = MONDAY + timedelta(weeks=number)
    for shift in range(days):
        day = first + timedelta(days=shift)
        await tell_sessions(service, a_session(served=served, day=day))
        await send(service, *(a_weighing(stream, net + 500, 500, day) for stream in streams))


async def collect(service, grams, number=0, weekday=4, **changes):
    """Say what a hauler weighed in a week; return the answer."""
    day = MONDAY + timedelta(weeks=number, days=weekday)
    body = {
        "canteen_id": str(CANTEEN), "date": str(day), "net_grams": grams, "hauler": "城洁收运",
        **changes,
    }  # fmt: skip
    return await service.client.post(f"{BASE}/collections", json=body, headers=manager())


async def ask(service, path, first=MONDAY, last=MONDAY + timedelta(days=27), caller=None, **params):
    """Return what a route says of a period; refuse anything but 200."""
    answer = await service.client.get(
        f"{BASE}/{path}",
        params={
            "canteen_id": str(CANTEEN), "date_from": str(first), "date_to": str(last), **params,
        },
        headers=caller or manager(),
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer if path.endswith("export") else answer.json()


def told_tiers(service):
    """Return every judged month told so far, oldest first: month, tier, version."""
    mine = select(OutboxRow.payload).where(OutboxRow.name == TiersJudged.name)
    with service.db.reading() as session:
        payloads = session.exec(mine.order_by(OutboxRow.position)).all()
    return [
        (one["month"], one["tier"], one["version"])
        for payload in payloads
        for one in json.loads(payload)["tiers"]
    ]
