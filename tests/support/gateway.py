"""The whole house for tests of the gateway: all services, the gateway, and a small town."""

import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from sqlmodel import col, select
from starlette.types import ASGIApp

from cleanplate_directory.actions import bootstrap, places
from cleanplate_directory.models import PersonRow
from cleanplate_gateway.app import create_app
from cleanplate_gateway.embedded import Suite, files_in, first_administrator
from support.passwords import CHEAP
from support.services import SettableClock

ZONE = ZoneInfo("Asia/Shanghai")
_BEGAN = datetime.now(ZONE)
PASSWORD = "cleanplate-demo"
PEOPLE = ("diner", "cook", "manager", "overseer", "admin")


@dataclass
class Town:
    """Two canteens, five people with passwords, and ten days of menus.

    Attributes:
        meals: meal session ids by (day offset, meal).
    """

    canteen_id: str
    other_canteen_id: str
    organization_id: str
    meals: Mapping[tuple[int, str], str] = field(default_factory=dict)


@dataclass
class House:
    """A running gateway with its services."""

    app: ASGIApp
    suite: Suite
    clock: SettableClock
    town: Town

    def browser(self, client: tuple[str, int] = ("127.0.0.1", 123)) -> httpx.AsyncClient:
        """Return a client with a cookie jar that talks to the gateway as a browser does."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=client)
        return httpx.AsyncClient(transport=transport, base_url="http://test")

    @asynccontextmanager
    async def signed_in(self, user_name: str) -> AsyncIterator[httpx.AsyncClient]:
        """Yield a browser in which somebody has signed in through the form."""
        async with self.browser() as browser:
            answer = await post(browser, "/sign-in", username=user_name, password=PASSWORD)
            assert answer.status_code == 303, answer.text
            yield browser


@dataclass
class Bare:
    """A running gateway with services in which nobody but the first administrator is known."""

    app: ASGIApp
    suite: Suite
    clock: SettableClock
    one_time_password: str
    organization: str = "示例市机关事务管理局"

    def browser(self) -> httpx.AsyncClient:
        """Return a client with a cookie jar that talks to the gateway as a browser does."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://test")


@asynccontextmanager
async def bare_house(folder: Path) -> AsyncIterator[Bare]:
    """Start everything on empty databases, as the first start of an installation does."""
    clock = SettableClock(today_at(8))
    suite = Suite(files_in(folder), clock, jobs_on=False)
    async with suite.running():
        first = first_administrator(suite.services["directory"], Bare.organization)
        assert first is not None
        app = create_app(suite.peers, suite.services, clock=clock)
        yield Bare(app, suite, clock, first.password)


def hidden(page: str) -> str:
    """Return the CSRF token of a page's forms."""
    return page.split('name="csrf-token" content="')[1].split('"', maxsplit=1)[0]


async def post(
    browser: httpx.AsyncClient, path: str, headers: Mapping[str, str] | None = None, **data: str
) -> httpx.Response:
    """Send a form as the sign-in page's own form would."""
    page = await browser.get("/sign-in")
    return await browser.post(path, data={"csrf": hidden(page.text), **data}, headers=headers)


def today_at(hour: int) -> datetime:
    """Return an hour of the day at the canteen on which the tests began."""
    return _BEGAN.replace(hour=hour, minute=0, second=0, microsecond=0)


class Towns:
    """Makes houses whose town was settled once and is copied, file by file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "template").mkdir()
        self._opened_at = today_at(8)
        self._settled: Town | None = None

    @asynccontextmanager
    async def house(self, *, demo: bool = False) -> AsyncIterator[House]:
        """Start everything on a copy; the clock stands at eight in the morning."""
        copy, town = await self.copy()
        clock = SettableClock(self._opened_at)
        suite = Suite(files_in(copy), clock, jobs_on=False)
        async with suite.running():
            app = create_app(suite.peers, suite.services, demo=demo, clock=clock)
            yield House(app, suite, clock, town)

    async def copy(self) -> tuple[Path, Town]:
        """Return a folder with the databases of a settled town, and the town."""
        template = self._folder / "template"
        if self._settled is None:
            self._settled = await _settle(template, self._opened_at)
        copy = self._folder / uuid.uuid4().hex
        shutil.copytree(template, copy)
        return copy, self._settled


async def _settle(folder: Path, at: datetime) -> Town:
    clock = SettableClock(at)
    suite = Suite(files_in(folder), clock, jobs_on=False)
    async with suite.running():
        return await _settled(suite, clock)


async def _settled(suite: Suite, clock: SettableClock) -> Town:
    database = suite.services["directory"].state.db
    with database.transaction() as session:
        root = places.add_root(session, "示例市机关事务管理局")
        root_id = str(root.id)
    with database.transaction() as session:
        token = bootstrap.local_admin_token(session, clock())
    bearer = {"Authorization": f"Bearer {token}"}

    async def make(service: str, path: str, **body: object) -> dict:
        made = await suite.peers[service].post(
            f"/api/v1/{service}{path}", json=body, headers=bearer
        )
        assert made.status_code == 201, made.text
        return made.json()

    organization = await make(
        "directory", "/organizations",
        name="示例市直机关", kind="organization", parent_id=root_id,
    )  # fmt: skip
    first = await make(
        "directory", "/canteens", name="机关第一食堂", organization_id=organization["id"]
    )
    second = await make(
        "directory", "/canteens", name="市民中心食堂", organization_id=organization["id"]
    )
    unit = await make("directory", "/units", name="办公室", organization_id=organization["id"])
    await _people(make, first["id"], second["id"], root_id, unit["id"])
    stored = CHEAP.hash(PASSWORD)
    with database.transaction() as session:
        for person in session.exec(select(PersonRow).where(col(PersonRow.user_name).is_not(None))):
            person.password_hash, person.must_change_password = stored, False
    await suite.settle()
    meals = await _menu(make, first["id"], clock)
    await suite.settle()
    return Town(first["id"], second["id"], organization["id"], meals)


async def _people(make: Callable, canteen: str, other: str, root: str, unit: str) -> None:
    for user_name in PEOPLE:
        everything = user_name in {"overseer", "admin"}
        scope = {"organization_id": root} if everything else {"canteen_id": canteen}
        grants = [{"role": user_name, **scope}]
        if user_name == "diner":
            grants.append({"role": "diner", "canteen_id": other})
        await make(
            "directory", "/people",
            name=f"示例{user_name}", number=f"N-{user_name}", user_name=user_name, grants=grants,
            unit_id=unit,
        )  # fmt: skip


async def _menu(make: Callable, canteen_id: str, clock: SettableClock) -> dict:
    dishes = [
        await make(
            "menu", "/dishes",
            canteen_id=canteen_id, name=name, kind=kind, allergens=allergens, portion_grams=180,
        )
        for name, kind, allergens in (
            ("红烧茄子", "vegetable", ["soy"]),
            ("清蒸鲈鱼", "meat", ["fish", "soy"]),
            ("番茄蛋花汤", "soup", ["eggs"]),
            ("米饭", "staple", []),
        )
    ]  # fmt: skip
    today = clock().astimezone(ZONE)
    meals = {}
    for offset in (0, 1, 2):
        for meal, hour, capacity in (
            ("breakfast", 7, 100), ("lunch", 10, 100), ("dinner", 15, 0 if offset == 1 else 100),
        ):  # fmt: skip
            day = today + timedelta(days=offset)
            cutoff = day.replace(hour=hour, minute=30, second=0, microsecond=0)
            made = await make(
                "menu", "/meal-sessions",
                canteen_id=canteen_id, date=str(day.date()), meal=meal,
                cutoff_at=cutoff.isoformat(), capacity=capacity,
                dishes=[dish["id"] for dish in dishes],
            )  # fmt: skip
            meals[offset, meal] = made["id"]
    return meals


def fresh_id() -> str:
    """Return an id that nothing has."""
    return str(uuid.uuid4())
