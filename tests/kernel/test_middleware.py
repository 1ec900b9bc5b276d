import httpx
import pytest
from fastapi import FastAPI, Request
from sqlalchemy import text
from structlog.contextvars import bound_contextvars

from cleanplate_shared.service import local, remote
from support.identities import bearer
from support.services import CANTEEN
from support.toy import client_of, toy_app

COOK = bearer("cook", CANTEEN)
TOLD = "/api/v1/report/told"


@pytest.fixture
def toy(databases):
    return toy_app(databases.url("report"))


@pytest.fixture
async def client(toy):
    async with client_of(toy) as client:
        yield client


async def test_each_request_gets_an_id_of_its_own(client):
    first, second = [await client.get(f"{TOLD}/{n}") for n in (1, 2)]
    assert len(first.headers["X-Request-ID"]) == 32
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]


@pytest.mark.parametrize("given", ["abc-1", "00000000-0000-4000-8000-0000000000a0", "x" * 64])
async def test_an_id_that_came_is_kept_and_known_inside(client, given):
    headers = COOK | {"X-Request-ID": given}
    answer = await client.post(TOLD, json={"name": "a"}, headers=headers)
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"] == given


@pytest.mark.parametrize(
    "given", ["", "a b", "x" * 65, 'a"b', "a\tb", "é".encode(), b"a\x1b[31m", "a;b", "a\\nb"]
)
async def test_an_id_that_could_forge_a_log_line_is_replaced(client, given):
    answer = await client.get(f"{TOLD}/1", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"].isalnum()
    assert len(answer.headers["X-Request-ID"]) == 32


@pytest.fixture
def peer():
    app = FastAPI()

    @app.get("/")
    def seen(request: Request) -> str:
        return request.headers.get("X-Request-ID", "")

    return app


async def test_the_id_crosses_to_a_peer(peer):
    async with local(peer) as client:
        assert (await client.get("/")).json() == ""
        with bound_contextvars(request_id="abc"):
            assert (await client.get("/")).json() == "abc"


async def test_a_client_of_another_process_sends_it_too():
    async with remote("http://127.0.0.1:1") as client:
        request = client.build_request("GET", "/")
        with bound_contextvars(request_id="abc"):
            for hook in client.event_hooks["request"]:
                await hook(request)
    assert request.headers["X-Request-ID"] == "abc"


async def test_requests_are_counted_by_route_and_never_by_raw_path(client):
    for n in range(3):
        await client.get(f"{TOLD}/{n}")
    await client.get("/nothing/here")
    await client.get("/api/v1/report/bug")
    await client.request("BREW", f"{TOLD}/1")
    metrics = (await client.get("/metrics")).text
    route = '{method="GET",route="/api/v1/report/told/{count}",service="report",status="200"}'
    assert f"http_requests_total{route} 3.0" in metrics
    assert 'route="unknown",service="report",status="404"' in metrics
    assert 'route="/api/v1/report/bug",service="report",status="500"' in metrics
    assert 'method="other"' in metrics
    assert "told/2" not in metrics
    assert "nothing" not in metrics
    assert "BREW" not in metrics


async def test_healthz_and_readyz_answer(client):
    assert (await client.get("/healthz")).json() == {"service": "report", "status": "ok"}
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["events_waiting"]) == (200, 0)


async def test_a_waiting_outbox_is_told_and_does_not_make_unready(client):
    await client.post(TOLD, json={"name": "a"}, headers=COOK)
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["events_waiting"]) == (200, 2)
    assert answer.json()["oldest_event_at"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE alembic_version SET version_num = 'older' || version_num",
        "DELETE FROM alembic_version WHERE version_num ="
        " (SELECT max(version_num) FROM alembic_version)",  # one branch of two is behind
        "DROP TABLE alembic_version",
    ],
)
async def test_an_old_schema_is_not_ready(client, toy, change):
    with toy.state.db.transaction() as session:
        session.execute(text(change))
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "schema is old")


@pytest.mark.parametrize("url", ["sqlite:////nowhere/x.sqlite3", "postgresql://u@127.0.0.1:1/x"])
async def test_without_its_database_a_service_lives_and_is_not_ready(url):
    async with client_of(toy_app(url)) as client:
        assert (await client.get("/healthz")).status_code == 200
        answer: httpx.Response = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
