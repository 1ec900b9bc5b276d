"""A directory that verifies its own tokens, with a small administration in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import httpx

from cleanplate_directory.actions.signing import Subject, sign
from cleanplate_directory.app import first_admin, mint_admin_token
from cleanplate_gateway.embedded import build
from cleanplate_shared.roles import Grant, Role
from cleanplate_shared.service import local
from support.services import PEER_KEY, ServiceUnderTest, SettableClock

API = "/api/v1/directory"


@dataclass
class Home:
    """主管部门 > 市直机关 (机关第一食堂, 办公室) and > 别的单位 (别处的食堂, 别的处室)."""

    service: ServiceUnderTest
    ids: dict[str, str] = field(default_factory=dict)
    admin: dict[str, str] = field(default_factory=dict)

    def bearer(self, role: str, place: str, person_id: UUID | None = None) -> dict[str, str]:
        """Return the header of somebody with one role, at a place named as in `ids`."""
        at = "canteen_id" if "食堂" in place else "organization_id"
        return self.token_of(
            [Grant(role=Role(role), **{at: self.ids[place]})], person_id or uuid4()
        )

    def token_of(self, grants: list[Grant], person_id: UUID) -> dict[str, str]:
        subject = Subject(person_id=person_id, sign_in_id=uuid4(), name="Test", unit_id=None,
                          must_change_password=False, grants=grants)  # fmt: skip
        with self.service.db.transaction() as session:
            return {"Authorization": f"Bearer {sign(session, subject, self.service.clock())}"}

    async def get(self, path: str, headers: dict | None = None, **params: object) -> httpx.Response:
        headers = self.admin if headers is None else headers
        return await self.service.client.get(API + path, headers=headers, params=params)

    async def post(self, path: str, body: dict, headers: dict | None = None) -> httpx.Response:
        headers = self.admin if headers is None else headers
        return await self.service.client.post(API + path, headers=headers, json=body)

    async def made(self, path: str, body: dict) -> dict:
        answer = await self.post(path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def person(self, number: str, *grants: tuple[str, str], **changes: object) -> dict:
        """Add a person of 办公室 with roles at places."""
        return await self.made("/people", self.person_body(number, *grants, **changes))

    def person_body(self, number: str, *grants: tuple[str, str], **changes: object) -> dict:
        given = [
            {"role": role, "canteen_id" if "食堂" in at else "organization_id": self.ids[at]}
            for role, at in grants
        ]
        return {"name": f"人{number}", "number": number, "unit_id": self.ids["办公室"],
                "grants": given} | changes  # fmt: skip

    async def sign_in(self, user_name: str, password: str) -> httpx.Response:
        form = {"username": user_name, "password": password}
        return await self.service.client.post(f"{API}/token", data=form)

    async def refresh(self, token: str) -> httpx.Response:
        return await self.post("/token/refresh", {"refresh_token": token}, {})

    @property
    def checks(self) -> int:
        """Return how many passwords were really checked."""
        return self.service.app.state.passwords.checks


def header(answer: httpx.Response) -> dict[str, str]:
    """Return the request header of a token answer."""
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@asynccontextmanager
async def directory(
    url: str, clock: SettableClock | None = None
) -> AsyncIterator[ServiceUnderTest]:
    """Start a directory that is asked for its own keys, as in an installation."""
    clock = clock or SettableClock()
    peers: dict[str, httpx.AsyncClient] = {}
    settings = {"database_url": url, "peer_key": PEER_KEY, "migrate_on_start": False}
    app = build("directory", peers, clock, jobs_on=False, **settings)
    peers["directory"] = local(app)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield ServiceUnderTest(app, client, clock, app.state.db)


@asynccontextmanager
async def furnished(url: str) -> AsyncIterator[Home]:
    """Start a directory and make the small administration over HTTP."""
    async with directory(url) as service:
        first_admin(service.app)
        home = Home(service)
        home.admin = {"Authorization": f"Bearer {mint_admin_token(service.app)}"}
        home.ids["主管部门"] = (await home.get("/organizations")).json()["items"][0]["id"]
        for organization, canteen, unit in (
            ("市直机关", "机关第一食堂", "办公室"), ("别的单位", "别处的食堂", "别的处室"),
        ):  # fmt: skip
            body = {"name": organization, "kind": "organization", "parent_id": home.ids["主管部门"]}
            home.ids[organization] = (await home.made("/organizations", body))["id"]
            below = {"organization_id": home.ids[organization]}
            home.ids[canteen] = (await home.made("/canteens", {"name": canteen} | below))["id"]
            home.ids[unit] = (await home.made("/units", {"name": unit} | below))["id"]
        yield home
