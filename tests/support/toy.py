"""A service of nothing but the kernel, to test the kernel with. Its data are days set by hand."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID, uuid4

import httpx
from fastapi import APIRouter, FastAPI, Header
from pydantic import BaseModel
from sqlmodel import Session, select

from cleanplate_shared.contracts.common import Body, Name
from cleanplate_shared.db import Database, DatabaseDep
from cleanplate_shared.errors import Conflict
from cleanplate_shared.events import Event, Handlers, publish
from cleanplate_shared.i18n import msg
from cleanplate_shared.idempotency import OnceDep
from cleanplate_shared.identity import AnyoneDep
from cleanplate_shared.limits import PublicDep
from cleanplate_shared.middleware import request_id
from cleanplate_shared.service import Service, local, service_app
from cleanplate_shared.settings import ServiceSettings
from cleanplate_shared.tables import KernelTable, OutboxRow, SetDayRow
from support.identities import fake_directory

PEER_KEY = "test-peer-key"


class DayTold(Event):
    """Somebody said something of a day."""

    name: ClassVar[str] = "toy.day_told.v1"
    day: date
    poison: bool = False


class Refused(Conflict, title=msg("Not possible now")):
    """The toy refuses."""


class TellBody(Body):
    """A day to be told of."""

    name: Name
    refuse: bool = False


class Told(BaseModel):
    """What was told."""

    id: UUID
    request_id: str | None


router = APIRouter()


@router.post("/told", status_code=201)
def tell(wanted: TellBody, db: DatabaseDep, caller: AnyoneDep, once: OnceDep) -> Told:
    with db.transaction() as session:
        return once(session, caller, Told, lambda: told(session, wanted))


def told(session: Session, wanted: TellBody) -> Told:
    event = DayTold(day=date(2026, 1, 1))
    publish(session, event)
    if wanted.refuse:
        session.flush()
        raise Refused
    return Told(id=uuid4(), request_id=request_id())


@router.get("/told/{count}")
def count(_: PublicDep, count: int, x_note: Annotated[str, Header(max_length=3)] = "") -> int:
    return count


@router.get("/bug")
def bug(_: PublicDep) -> int:
    raise RuntimeError("postgresql://user:secret@database")


@router.post("/raw")
def raw(_: PublicDep, wanted: list[str]) -> int:
    return len(wanted)


def learn(session: Session, event: DayTold) -> None:
    """Count how often each day was told, so that a repeat shows."""
    if event.poison:
        raise RuntimeError("poison")
    row = session.get(SetDayRow, event.day)
    session.merge(
        SetDayRow(day=event.day, is_workday=True, version=(row.version if row else 0) + 1)
    )


HANDLERS: Handlers = {DayTold.name: (DayTold, learn)}


def toy_app(
    url: str, peers: Mapping[str, httpx.AsyncClient] | None = None, **settings: object
) -> FastAPI:
    """Build the toy on a database of the report service (any has the kernel's tables)."""
    wanted = {"database_url": url, "peer_key": PEER_KEY, "migrate_on_start": False}
    return service_app(
        Service("report", KernelTable.metadata, [router], HANDLERS),
        ServiceSettings(**wanted | {"jobs_on": False} | settings),
        {"directory": local(fake_directory())} if peers is None else peers,
        {DayTold.name: ("near", "far")},
    )


@asynccontextmanager
async def client_of(app: FastAPI, **options: object) -> AsyncIterator[httpx.AsyncClient]:
    """Start an application and return a client of it."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, **options)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


def days_told(db: Database) -> dict[date, int]:
    """Return how often each day was handled."""
    with db.reading() as session:
        return {row.day: row.version for row in session.exec(select(SetDayRow))}


def waiting(db: Database, subscriber: str) -> int:
    """Return how many events wait for a subscriber."""
    with db.reading() as session:
        return len(session.exec(select(OutboxRow).where(OutboxRow.subscriber == subscriber)).all())
