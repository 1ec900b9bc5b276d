"""A fresh installation of one canteen, to measure in: files on disk, all services in process."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cleanplate_gateway.embedded import Suite, local_administrator
from cleanplate_gateway.installation import OVERSIGHT, Installation


@dataclass
class Measured:
    """A running installation, where it lies, its canteen, and an administrator's header."""

    suite: Suite
    folder: Path
    canteen_id: str
    headers: dict[str, str]

    async def post(self, path: str, body: object) -> dict[str, Any]:
        """Send a body that must be accepted."""
        service = self.suite.peers[path.split("/")[3]]
        return _accepted(await service.post(path, json=body, headers=self.headers))

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        """Ask for something that must be there."""
        service = self.suite.peers[path.split("/")[3]]
        return _accepted(await service.get(path, params=query, headers=self.headers))

    async def send_people(self, count: int) -> list[str]:
        """Bring people by a sheet; return their ids."""
        await self._import("units", ["organization,unit", f"{OVERSIGHT},Office"])
        columns = "number,name,organization,unit,canteen,role"
        rows = [f"B{n:05},Diner {n},{OVERSIGHT},Office,Canteen,diner" for n in range(count)]
        await self._import("people", [columns, *rows])
        await self.suite.settle()
        found: list[str] = []
        query = {"q": "B", "limit": "200"}
        while len(found) < count:
            page = await self.get("/api/v1/directory/people", **query)
            found += [person["id"] for person in page["items"]]
            query["cursor"] = page["next"] or ""
        return found

    async def _import(self, kind: str, lines: list[str]) -> None:
        files = {"file": (f"{kind}.csv", "\n".join(lines).encode())}
        path = f"/api/v1/directory/imports/{kind}"
        directory = self.suite.peers["directory"]
        _accepted(await directory.post(path, files=files, headers=self.headers))


@asynccontextmanager
async def fresh() -> AsyncIterator[Measured]:
    """Start an installation with one canteen in a temporary folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with Installation(folder, from_environment=False).opened() as opened:
            yield await with_canteen(opened.suite, folder)


async def with_canteen(suite: Suite, folder: Path) -> Measured:
    """Bring a canteen into an installation that has only its administrator."""
    headers = {"Authorization": f"Bearer {local_administrator(suite)}"}
    made = Measured(suite, folder, "", headers)
    (root,) = (await made.get("/api/v1/directory/organizations"))["items"]
    canteen = {"name": "Canteen", "organization_id": root["id"]}
    made.canteen_id = (await made.post("/api/v1/directory/canteens", canteen))["id"]
    await suite.settle()
    return made


def _accepted(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        raise RuntimeError(answer.text)
    body: dict[str, Any] = answer.json()
    return body
