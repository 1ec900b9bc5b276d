import re
import uuid

import httpx
import pytest

from cleanplate_gateway.embedded import build
from cleanplate_shared.topology import SERVICES
from support.identities import bearer
from support.services import CANTEEN, running
from support.toy import client_of, toy_app

MOST = 3
_LIMITS = {"requests_per_minute_person": MOST, "requests_per_minute_address": MOST}
PATH = "/api/v1/report/told/1"


def routes():
    """Every route of every service, from its own OpenAPI document."""
    for name in SERVICES:
        paths = build(name, {}).openapi()["paths"]
        for path, methods in paths.items():
            for method in methods:
                yield name, method.upper(), re.sub(r"\{\w+\}", str(uuid.uuid4()), path)


async def _ask(app, number, method, path, *, signed_in) -> list[httpx.Response]:
    """Send a request once more than is allowed, as somebody or as nobody who never asked before."""
    headers = bearer("admin", CANTEEN) if signed_in else {}
    address = f"10.0.{number // 250}.{number % 250}"
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return [await client.request(method, path, headers=headers) for _ in range(MOST + 1)]


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("signed_in", [True, False])
async def test_every_route_is_limited(sqlite_files, name, signed_in):
    mine = [(method, path) for service, method, path in routes() if service == name]
    assert mine
    async with running(name, sqlite_files.url(name), **_LIMITS) as service:
        asked = [
            await _ask(service.app, number, method, path, signed_in=signed_in)
            for number, (method, path) in enumerate(mine)
        ]
    for (method, path), answers in zip(mine, asked, strict=True):
        assert 429 not in [answer.status_code for answer in answers[:MOST]], (method, path)
        assert answers[MOST].status_code == 429, (method, path, answers[MOST].text)
        assert int(answers[MOST].headers["Retry-After"]) > 0


async def test_two_processes_share_their_counts_when_told_to(databases):
    url = databases.url("report")
    settings = {"share_limits": True, "requests_per_minute_address": MOST}
    async with (
        client_of(toy_app(url, **settings)) as one,
        client_of(toy_app(url, **settings)) as other,
    ):
        seen = [(await client.get(PATH)).status_code for client in (one, other, one, other, one)]
    assert seen == [200, 200, 200, 429, 429]


async def test_without_sharing_each_counts_for_itself(databases):
    """The negative control."""
    url = databases.url("report")
    async with (
        client_of(toy_app(url, requests_per_minute_address=MOST)) as one,
        client_of(toy_app(url, requests_per_minute_address=MOST)) as other,
    ):
        seen = [(await client.get(PATH)).status_code for client in (one, other, one, other, one)]
    assert seen == [200] * 5


async def test_a_forwarding_header_changes_nothing(sqlite_files):
    app = toy_app(sqlite_files.url("report"), requests_per_minute_address=MOST)
    async with client_of(app) as client:
        seen = []
        for n in range(MOST + 2):
            spoofed = {
                "X-Forwarded-For": f"10.0.0.{n}",
                "Forwarded": f"for=10.0.0.{n}",
                "X-Real-IP": f"10.0.0.{n}",
            }
            seen.append((await client.get(PATH, headers=spoofed)).status_code)
    assert seen == [200] * MOST + [429] * 2


async def test_wrong_tokens_count_against_the_address(sqlite_files):
    app = toy_app(sqlite_files.url("report"), requests_per_minute_address=MOST)
    async with client_of(app) as client:
        wrong = {"Authorization": "Bearer x.y.z"}
        for _ in range(MOST):
            answer = await client.post("/api/v1/report/told", json={"name": "a"}, headers=wrong)
            assert answer.status_code == 401
        answer = await client.post("/api/v1/report/told", json={"name": "a"}, headers=wrong)
        assert answer.status_code == 429
        right = bearer("cook", CANTEEN)
        answer = await client.post("/api/v1/report/told", json={"name": "a"}, headers=right)
        assert answer.status_code == 201  # behind the same address, and known
