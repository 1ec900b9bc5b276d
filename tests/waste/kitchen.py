"""A cook's tools for the tests of the waste service."""

import json
import uuid
from datetime import UTC, date, datetime

from sqlalchemy import func
from sqlmodel import select

from cleanplate_shared.contracts.menu import MealSessionsChanged, SessionFacts
from cleanplate_shared.tables import KnownCanteenRow, OutboxRow
from cleanplate_waste.models import WeighingRow
from support.identities import bearer
from support.services import CANTEEN, ORGANIZATION

BATCH = "/api/v1/waste/weighings:batch"
DAY = date(2026, 3, 2)
FOOD = ("spoilage", "prep_unavoidable", "prep_avoidable", "unserved", "plate")


def cook(canteen=CANTEEN):
    return bearer("cook", canteen) | {"Accept-Language": "en"}


def a_weighing(stream="plate", gross=1500, tare=500, day=DAY, **changes):
    return {
        "id": str(uuid.uuid4()), "canteen_id": str(CANTEEN), "stream": stream,
        "gross_grams": gross, "tare_grams": tare, "device_id": "tablet-1", "sequence": 1,
        "weighed_at": f"{day}T12:30:00+08:00", **changes,
    }  # fmt: skip


def all_food(day=DAY, net=1000, **changes):
    """One weighing of each food stream."""
    return [a_weighing(stream, net + 500, 500, day, **changes) for stream in FOOD]


def a_session(served=None, meal="lunch", day=DAY, version=1, registered=0, **changes):
    return SessionFacts(
        **{
            "meal_session_id": uuid.uuid4(), "canteen_id": CANTEEN, "date": day, "meal": meal,
            "cutoff_at": datetime(2026, 3, 1, tzinfo=UTC), "capacity": 500,
            "registered": registered, "portions": {}, "served": served, "no_shows": 0,
            "walk_ins": 0, "dishes": [], "version": version, **changes,
        }
    )  # fmt: skip


async def tell_sessions(service, *facts):
    assert await service.tell(MealSessionsChanged(sessions=list(facts))) == 1


async def send(service, *items, caller=None):
    """Send a batch; return its results."""
    answer = await service.client.post(BATCH, json={"items": list(items)}, headers=caller or cook())
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


async def outcomes(service, *items, caller=None):
    """Send a batch; return each outcome, or the type of its problem."""
    results = await send(service, *items, caller=caller)
    return [r["problem"]["type"] if r["problem"] else r["outcome"] for r in results]


async def summary(service, by="day", first=DAY, last=DAY, canteen=CANTEEN):
    answer = await service.client.get(
        "/api/v1/waste/summary",
        params={
            "canteen_id": str(canteen), "date_from": str(first), "date_to": str(last), "by": by,
        },
        headers=bearer("manager", canteen),
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def kept(service):
    """Return how many weighings there are, and their grams."""
    with service.db.reading() as session:
        sums = select(func.count(), func.sum(WeighingRow.net_grams)).select_from(WeighingRow)
        count, grams = session.exec(sums).one()
        return count, grams or 0


def told(service):
    """Return every day told so far, oldest first."""
    mine = select(OutboxRow.payload).where(OutboxRow.name == "waste.days_weighed.v1")
    with service.db.reading() as session:
        payloads = session.exec(mine.order_by(OutboxRow.position)).all()
    return [day for payload in payloads for day in json.loads(payload)["days"]]


def move_canteen(service, time_zone, canteen=CANTEEN):
    with service.db.transaction() as session:
        session.get(KnownCanteenRow, canteen).time_zone = time_zone


def manager(canteen=CANTEEN):
    return bearer("manager", canteen) | {"Accept-Language": "en"}


def manager_of_organization():
    return bearer("manager", organization_id=ORGANIZATION)
