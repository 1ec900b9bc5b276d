"""A whole house for system tests: what people do over HTTP, by name."""

from dataclasses import dataclass, field

import httpx

from cleanplate_gateway.embedded import Suite
from support.services import SettableClock

PASSWORD = "a-password-of-my-own"


@dataclass
class House:
    """The gateway with all services behind it, and who is signed in."""

    suite: Suite
    client: httpx.AsyncClient
    clock: SettableClock
    tokens: dict[str, str] = field(default_factory=dict)

    async def settle(self) -> None:
        """Let every job run and every event arrive."""
        await self.suite.settle()

    async def sign_in(self, user_name: str, password: str) -> None:
        """Sign in with a one-time password and change it, as everybody does at first."""
        form = {"username": user_name, "password": password}
        answer = await self.client.post("/api/v1/directory/token", data=form)
        assert answer.status_code == 200, answer.text
        change = {"old_password": password, "new_password": PASSWORD}
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        answer = await self.client.post(
            "/api/v1/directory/me/password", json=change, headers=headers
        )
        assert answer.status_code == 200, answer.text
        self.tokens[user_name] = answer.json()["access_token"]

    async def again(self, *names: str) -> None:
        """Sign people in again, after the clock has moved."""
        for name in names:
            form = {"username": name, "password": PASSWORD}
            answer = await self.client.post("/api/v1/directory/token", data=form)
            assert answer.status_code == 200, answer.text
            self.tokens[name] = answer.json()["access_token"]

    async def get(self, who: str, path: str, **query: object) -> dict:
        """Return what somebody reads."""
        answer = await self.client.get(f"/api/v1/{path}", params=query, headers=self._as(who))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, who: str, path: str, body: dict, status: int = 201) -> dict:
        """Return the answer to what somebody sends."""
        answer = await self.client.post(f"/api/v1/{path}", json=body, headers=self._as(who))
        assert answer.status_code == status, answer.text
        return answer.json()

    async def delete(self, who: str, path: str) -> None:
        """Take something away, as somebody."""
        answer = await self.client.delete(f"/api/v1/{path}", headers=self._as(who))
        assert answer.status_code == 204, answer.text

    async def import_table(self, who: str, path: str, text: str) -> dict:
        """Import a table, as somebody."""
        file = {"file": ("table.csv", text.encode())}
        answer = await self.client.post(f"/api/v1/{path}", files=file, headers=self._as(who))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def add_canteen(
        self, name: str = "机关第一食堂", organization: str = "示例市直机关"
    ) -> str:
        """Add an organisation with one canteen below the highest; return the canteen's id."""
        root = (await self.get("admin", "directory/organizations"))["items"][0]["id"]
        body = {"name": organization, "kind": "organization", "parent_id": root}
        made = await self.post("admin", "directory/organizations", body)
        canteen = {"name": name, "organization_id": made["id"]}
        return (await self.post("admin", "directory/canteens", canteen))["id"]

    async def add_person(self, user_name: str, role: str, canteen: str) -> str:
        """Add a person with one role at a canteen, and sign them in; return their id."""
        body = {
            "name": user_name,
            "number": user_name,
            "user_name": user_name,
            "grants": [{"role": role, "canteen_id": canteen}],
        }
        made = await self.post("admin", "directory/people", body)
        await self.sign_in(user_name, made["one_time_password"])
        return made["id"]

    def _as(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}
