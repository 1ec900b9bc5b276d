"""Everybody there is, at two canteens of two organisations, through all services."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

import httpx

from cleanplate_directory.actions import bootstrap, places
from cleanplate_gateway.embedded import Suite
from cleanplate_menu.models import CanteenFailureRow, NoShowRow
from support.collecting import collect
from support.comparing import compare
from support.photos import a_jpeg, digest
from support.services import SettableClock

HERE = ("diner", "other_diner", "cook", "manager", "supervisor", "overseer", "admin")
ELSEWHERE = (
    "foreign_diner",
    "foreign_cook",
    "foreign_manager",
    "foreign_overseer",
    "foreign_admin",
)
NEW = ("newcomer",)  # still has the one-time password
NOTICE_KEY = "a key for tests, and for nothing else"
OVER_ALL = {"overseer", "admin", "supervisor"}

# A PNG of one black pixel.
A_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080000000"
    "03a7e9b550000000a49444154789c636000000002000148afa4710000000049454e44ae426082"
)


@dataclass
class World:
    """A running suite with its people and things.

    Attributes:
        ids: names in the rules' templates -> ids of things that belong to the canteen `here`.
        tokens: access token of each actor.
    """

    suite: Suite
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    async def send(self, actor: str, method: str, path: str, **request: object) -> httpx.Response:
        """Send a request as somebody (or as nobody)."""
        headers = {"Authorization": f"Bearer {self.tokens[actor]}"} if actor in self.tokens else {}
        service = path.split("/")[3]
        peer = self.suite.peers[service]
        return await peer.request(method, path, headers=headers, **request)

    async def make(self, actor: str, path: str, **body: object) -> dict:
        """Create something that is needed before the test."""
        made = await self.send(actor, "POST", path, json=body)
        assert made.status_code in {200, 201}, (path, made.text)
        return made.json()


@asynccontextmanager
async def world(database_url: Callable[[str], str]) -> AsyncIterator[World]:
    """Start all services and fill them through their own routes."""
    clock = SettableClock()
    services = Suite(database_url, clock, jobs_on=False, notice_key=NOTICE_KEY)
    async with services.running() as suite:
        made = World(suite)
        database = suite.services["directory"].state.db
        with database.transaction() as session:
            root = str(places.add_root(session, "主管部门").id)
        with database.transaction() as session:
            made.tokens["root"] = bootstrap.local_admin_token(session, clock())
        await _places(made, root)
        await _people(made)
        await suite.settle()
        await _things(made, clock)
        await _groups(made)
        await _plans(made)
        await _history(made, clock)
        await collect(made)
        await compare(made)
        await suite.settle()
        yield made


async def _places(made: World, root: str) -> None:
    for prefix in ("", "foreign_"):
        organization = await made.make(
            "root", "/api/v1/directory/organizations",
            name=f"{prefix}单位", kind="organization", parent_id=root,
        )  # fmt: skip
        made.ids[f"{prefix}organization_id"] = organization["id"]
        for path, kind in (("canteens", "canteen"), ("units", "unit")):
            place = await made.make(
                "root", f"/api/v1/directory/{path}",
                name=f"{prefix}{kind}", organization_id=organization["id"],
            )  # fmt: skip
            made.ids[f"{prefix}{kind}_id"] = place["id"]


async def _people(made: World) -> None:
    for actor in (*HERE, *ELSEWHERE, *NEW):
        prefix = "foreign_" if actor in ELSEWHERE else ""
        role = {"other_diner": "diner", "newcomer": "admin"}.get(actor, actor.removeprefix(prefix))
        scope = "organization_id" if role in OVER_ALL else "canteen_id"
        person = await made.make(
            "root", "/api/v1/directory/people",
            name=actor, number=f"N-{actor}", user_name=actor, unit_id=made.ids[f"{prefix}unit_id"],
            grants=[{"role": role, scope: made.ids[prefix + scope]}],
        )  # fmt: skip
        made.ids[f"{actor}_id"] = person["id"]
        made.tokens[actor] = await _sign_in(made, actor, person["one_time_password"])


async def _sign_in(made: World, actor: str, first_password: str) -> str:
    form = {"username": actor, "password": first_password}
    directory = made.suite.peers["directory"]
    signed_in = await directory.post("/api/v1/directory/token", data=form)
    assert signed_in.status_code == 200, signed_in.text
    if actor in NEW:
        return signed_in.json()["access_token"]
    made.tokens[actor] = signed_in.json()["access_token"]
    changed = await made.make(
        actor, "/api/v1/directory/me/password",
        old_password=first_password, new_password="long enough to keep",
    )  # fmt: skip
    return changed["access_token"]


async def _things(made: World, clock: SettableClock) -> None:
    ids = made.ids
    tomorrow = clock.day + timedelta(days=1)
    ids |= {"today": clock.day.isoformat(), "tomorrow": tomorrow.isoformat(),
            "month": f"{clock.day:%Y-%m}", "now": clock.at.isoformat(),
            "cutoff": (clock.at + timedelta(hours=2)).isoformat()}  # fmt: skip
    for prefix, manager in (("", "manager"), ("foreign_", "foreign_manager")):
        canteen = {"canteen_id": ids[f"{prefix}canteen_id"]}
        dish = await made.make(
            manager, "/api/v1/menu/dishes", **canteen, name="汤", kind="soup", portion_grams=300
        )
        meal = await made.make(
            manager, "/api/v1/menu/meal-sessions", **canteen, date=ids["tomorrow"], meal="lunch",
            cutoff_at=ids["cutoff"], capacity=50, dishes=[dish["id"]],
        )  # fmt: skip
        template = await made.make(
            manager, "/api/v1/menu/menu-templates", **canteen, name="周", week=ids["tomorrow"]
        )
        shown = await made.send(
            manager, "PUT", f"/api/v1/menu/dishes/{dish['id']}/photo",
            files={"file": ("dish.png", A_PICTURE, "image/png")},
        )  # fmt: skip
        assert shown.status_code == 200, shown.text
        ids |= {f"{prefix}dish_id": dish["id"], f"{prefix}meal_session_id": meal["id"],
                f"{prefix}template_id": template["id"]}  # fmt: skip
    mine = await made.make(
        "diner", "/api/v1/menu/registrations", meal_session_id=ids["meal_session_id"]
    )
    ids |= {"registration_id": mine["id"], "pickup_code": mine["pickup_code"]}
    await _door(made)
    await _feeds(made)
    await _later_meal(made, clock)
    await _weighing(made)


async def _weighing(made: World) -> None:
    """A weighing with its photo."""
    ids, jpeg = made.ids, a_jpeg()
    weighing = a_weighing(ids["canteen_id"], ids["now"]) | {"photo_sha256": digest(jpeg)}
    ids["weighing_id"] = weighing["id"]
    await made.make("cook", "/api/v1/waste/weighings:batch", items=[weighing])
    path = f"/api/v1/waste/weighings/{weighing['id']}/photo"
    kept = await made.send("cook", "PUT", path, files={"file": ("p.jpg", jpeg, "image/jpeg")})
    assert kept.status_code == 204, kept.text


async def _feeds(made: World) -> None:
    """A public menu, and the supervisor's calendar."""
    decided = {"is_menu_public": True, "no_show_grace": 2, "remind_minutes": 0}
    path = f"/api/v1/menu/canteens/{made.ids['canteen_id']}/settings"
    kept = await made.send("manager", "PUT", path, json=decided)
    assert kept.status_code == 200, kept.text
    address = (await made.make("supervisor", "/api/v1/menu/feeds/mine"))["path"]
    made.ids["secret"] = address.split("/")[-1].removesuffix(".ics")


async def _later_meal(made: World, clock: SettableClock) -> None:
    """A dinner that the diner keeps a seat at, whatever is done to the lunch."""
    meal = await made.make(
        "manager", "/api/v1/menu/meal-sessions", canteen_id=made.ids["canteen_id"],
        date=(clock.day + timedelta(days=2)).isoformat(), meal="dinner",
        cutoff_at=made.ids["cutoff"], capacity=50, dishes=[made.ids["dish_id"]],
    )  # fmt: skip
    kept = await made.make("diner", "/api/v1/menu/registrations", meal_session_id=meal["id"])
    made.ids["kept_registration_id"] = kept["id"]


async def _groups(made: World) -> None:
    """An official meal, and a channel that leads nowhere."""
    ids = made.ids
    group = await made.make(
        "manager", "/api/v1/menu/group-registrations", meal_session_id=ids["meal_session_id"],
        kind="official", headcount=2, host_id=ids["other_diner_id"], standard_fen=4000,
        note="公函 2026-16",
    )  # fmt: skip
    channel = await made.make(
        "manager", "/api/v1/menu/channels",
        canteen_id=ids["canteen_id"], url="ntfy://127.0.0.1/notices",
    )  # fmt: skip
    ids |= {"group_id": group["id"], "channel_id": channel["id"]}


async def _plans(made: World) -> None:
    """The diner will be away."""
    away = await made.make(
        "diner", "/api/v1/menu/absences",
        first_day="2030-01-01", last_day="2030-01-02", kind="leave",
    )  # fmt: skip
    made.ids |= {"absence_id": away["id"]}


async def _door(made: World) -> None:
    """Check an uncounted walk-in in; the diner stayed away, and was failed."""
    ids = made.ids
    here = {"meal_session_id": ids["meal_session_id"]}
    ids |= {"check_in_id": str(uuid.uuid4()), "failure_id": str(uuid.uuid4())}
    walk_in = {"id": ids["check_in_id"], "at": ids["now"], **here}
    await made.make("cook", "/api/v1/menu/check-ins:batch", items=[walk_in])
    mine = {
        "registration_id": uuid.UUID(ids["registration_id"]),
        "meal_session_id": uuid.UUID(ids["meal_session_id"]),
        "canteen_id": uuid.UUID(ids["canteen_id"]),
        "day": date.fromisoformat(ids["tomorrow"]),
    }
    with made.suite.services["menu"].state.db.transaction() as session:
        person_id = uuid.UUID(ids["diner_id"])
        session.add(NoShowRow(**mine, person_id=person_id, state="counted"))
        session.add(CanteenFailureRow(**mine, id=uuid.UUID(ids["failure_id"]), kind="sold_out"))


async def _history(made: World, clock: SettableClock) -> None:
    """Seventy past lunches of the canteen, so that there is something to forecast from."""
    days = [clock.day - timedelta(days=n) for n in range(1, 71)]
    rows = "".join(f"{day},canteen,lunch,{80 + day.day},{90 + day.day}\n" for day in days)
    sheet = ("history.csv", f"date,canteen,meal,served,registered\n{rows}".encode(), "text/csv")
    kept = await made.send("manager", "POST", "/api/v1/menu/imports/history", files={"file": sheet})
    assert kept.status_code == 200, kept.text
    await made.suite.settle()
    await _given(made)


async def _given(made: World) -> None:
    """Rain of the canteen's tomorrow, and wind, which was deleted again."""
    row = f"date,canteen,x_rain,x_wind\n{made.ids['tomorrow']},canteen,1,2\n"
    sheet = {"file": ("given.csv", row.encode(), "text/csv")}
    kept = await made.send("manager", "POST", "/api/v1/forecast/imports/columns", files=sheet)
    assert kept.status_code == 200, kept.text
    path = f"/api/v1/forecast/canteens/{made.ids['canteen_id']}/given-removals"
    made.ids["removal_id"] = (await made.make("manager", path, name="x_wind"))["id"]


def a_weighing(canteen_id: str, at: str) -> dict:
    """A weighing of plate waste."""
    return {
        "id": str(uuid.uuid4()),
        "canteen_id": canteen_id,
        "stream": "plate",
        "gross_grams": 5000,
        "tare_grams": 1200,
        "device_id": "tablet-1",
        "sequence": 1,
        "weighed_at": at,
    }
