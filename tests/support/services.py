"""One service under test: its application, a client, and a clock that the test sets."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import httpx
from fastapi import FastAPI

from cleanplate_gateway.embedded import build
from cleanplate_shared.db import Database
from cleanplate_shared.events import EVENTS_PATH, PEER_KEY_HEADER, Event
from cleanplate_shared.service import local
from cleanplate_shared.tables import KnownCanteenRow
from support.identities import fake_directory

PEER_KEY = "test-peer-key"
SHANGHAI = ZoneInfo("Asia/Shanghai")
ORGANIZATION = uuid.UUID("00000000-0000-4000-8000-0000000000a0")
CANTEEN = uuid.UUID("00000000-0000-4000-8000-0000000000c1")
OTHER_ORGANIZATION = uuid.UUID("00000000-0000-4000-8000-0000000000b0")
OTHER_CANTEEN = uuid.UUID("00000000-0000-4000-8000-0000000000c2")


@dataclass
class SettableClock:
    """A clock that stands still until it is set."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.at

    @property
    def day(self) -> date:
        """The day that it is in the tests' canteens."""
        return self.at.astimezone(SHANGHAI).date()


@dataclass
class ServiceUnderTest:
    """A running service with two canteens of two organisations known to it."""

    app: FastAPI
    client: httpx.AsyncClient
    clock: SettableClock
    db: Database

    async def tell(self, *events: Event) -> int:
        """Deliver events from other services; return how many were handled."""
        body = {"events": [{"name": e.name, "payload": e.model_dump(mode="json")} for e in events]}
        answer = await self.client.post(EVENTS_PATH, json=body, headers={PEER_KEY_HEADER: PEER_KEY})
        answer.raise_for_status()
        return answer.json()["handled"]

    def run_jobs(self) -> None:
        """Run what runs by the clock, once."""
        for jobs in self.app.state.service.jobs.values():
            for job in jobs:
                job(self.db, self.clock)


def built(name: str, url: str, clock: SettableClock, **settings: object) -> FastAPI:
    """Build one service on its database, beside a directory that only publishes the test key."""
    wanted = {
        "database_url": url,
        "peer_key": PEER_KEY,
        "migrate_on_start": False,
        "jobs_on": False,
    }
    peers = {"directory": local(fake_directory())}
    return build(name, peers, clock, **wanted | settings)


@asynccontextmanager
async def running(name: str, url: str, **settings: object) -> AsyncIterator[ServiceUnderTest]:
    """Start one service, with two canteens of two organisations known to it."""
    clock = SettableClock()
    app = built(name, url, clock, **settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        know_canteens(app.state.db)
        yield ServiceUnderTest(app, client, clock, app.state.db)


def know_canteens(db: Database) -> None:
    """Make the two canteens known, as the directory's events would."""
    with db.transaction() as session:
        for canteen, organization, name in (
            (CANTEEN, ORGANIZATION, "机关第一食堂"),
            (OTHER_CANTEEN, OTHER_ORGANIZATION, "别处的食堂"),
        ):
            session.merge(
                KnownCanteenRow(
                    id=canteen,
                    name=name,
                    organization_id=organization,
                    path=f"/{organization}/",
                    time_zone="Asia/Shanghai",
                    version=1,
                )
            )
