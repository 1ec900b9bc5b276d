import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from structlog.testing import capture_logs

from cleanplate_shared.db import Database
from support.identities import bearer, sign
from support.services import CANTEEN
from support.toy import client_of, toy_app

COOK = bearer("cook", CANTEEN)
TOLD = "/api/v1/report/told"
RAW = "/api/v1/report/raw"
LIMIT = 2 << 20


@pytest.fixture
def toy(sqlite_files):
    return toy_app(sqlite_files.url("report"), body_limit_bytes=LIMIT)


@pytest.fixture
async def client(toy):
    async with client_of(toy) as client:
        yield client


JSON = {"Content-Type": "application/json"}
REFUSALS = [
    ("GET", "/nothing", {}, 404, "Http404"),
    ("PATCH", "/told", {}, 405, "Http405"),
    ("POST", "/told", {"json": {"name": "a"}}, 401, "Unauthorized"),
    ("POST", "/raw", {"content": "{", "headers": JSON}, 400, "BadRequest"),
    ("POST", "/raw", {"json": {}}, 422, "Unprocessable"),
    ("POST", "/raw", {"content": b"x" * (LIMIT + 1)}, 413, "TooLarge"),
    ("GET", "/bug", {}, 500, "InternalError"),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal[-1])
@pytest.mark.parametrize("locale", ["zh", "en"])
async def test_every_refusal_is_a_problem_in_both_languages(client, refusal, locale):
    method, path, body, status, code = refusal
    body = {**body, "headers": {"Accept-Language": locale} | body.get("headers", {})}
    answer = await client.request(method, f"/api/v1/report{path}", **body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert (said["type"], said["status"]) == (code, status)
    assert said["title"].isascii() == (locale == "en"), said


async def test_a_validation_problem_names_each_field_with_a_remedy(client):
    answer = await client.post(TOLD, json={"nam": "a"}, headers=COOK | {"Accept-Language": "en"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "name", "code": "missing", "message": "This is required."},
        {"field": "nam", "code": "extra_forbidden", "message": "This is not a known field."},
    ]


async def test_a_failure_says_nothing_of_what_happened_inside(client):
    answer = await client.get("/api/v1/report/bug")
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    assert answer.headers["X-Request-ID"]


async def test_a_database_that_does_not_answer_is_503_with_retry_after(client, toy, monkeypatch):
    def away(_):
        raise OperationalError("SELECT", {}, Exception("postgresql://user:secret@database"))

    monkeypatch.setattr(Database, "transaction", away)
    answer = await client.post(TOLD, json={"name": "a"}, headers=COOK)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "secret" not in answer.text


async def test_too_many_requests_say_when_to_come_back(sqlite_files):
    app = toy_app(sqlite_files.url("report"), requests_per_minute_address=1)
    async with client_of(app) as client:
        assert (await client.get("/api/v1/report/told/1")).status_code == 200
        answer = await client.get("/api/v1/report/told/1")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 61


async def test_a_refused_sign_in_says_which_kind_is_wanted(client):
    answer = await client.post(TOLD, json={"name": "a"}, headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


async def streamed(size):
    for _ in range(size >> 16):
        yield b" " * (1 << 16)
    yield b'["a"]'


@pytest.mark.parametrize("path", [RAW, TOLD])
async def test_a_streamed_body_over_the_limit_is_413(client, path):
    """One route reads the body as its argument, one in a dependency before it."""
    json = {"Content-Type": "application/json"}
    answer = await client.post(path, content=streamed(LIMIT * 2), headers=COOK | json)
    assert answer.status_code == 413
    assert answer.json()["type"] == "TooLarge"


async def test_a_streamed_body_under_the_limit_is_read(client):
    """The negative control."""
    json = {"Content-Type": "application/json"}
    answer = await client.post(RAW, content=streamed(LIMIT // 2), headers=json)
    assert (answer.status_code, answer.json()) == (200, 1)


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "²", str(LIMIT + 1), "9" * 400])
async def test_a_content_length_that_is_none_or_too_great_is_413(client, length):
    headers = [(b"content-length", length.encode()), (b"content-type", b"application/json")]
    answer = await client.post(RAW, content=streamed(0), headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize("claims", [{}, {"sub": "x"}, {"exp": "soon"}])
async def test_a_token_of_nonsense_is_401_not_500(client, claims):
    headers = {"Authorization": f"Bearer {sign(claims)}"}
    assert (await client.post(TOLD, json={"name": "a"}, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ("UNIQUE constraint failed: person.user_name", 409),
        ('violates unique constraint "u"\nDETAIL: Key (user_name)=(zhangsan) exists.', 409),
        ("FOREIGN KEY constraint failed", 409),
        ("NOT NULL constraint failed: person.name", 500),
    ],
)
async def test_who_was_overtaken_may_try_again_and_a_bug_is_a_failure(toy, client, found, status):
    @toy.get("/overtaken")
    def overtaken() -> None:
        raise IntegrityError("INSERT", {"name": "zhangsan"}, Exception(found))

    with capture_logs() as logs:
        answer = await client.get("/overtaken")
    assert answer.status_code == status
    assert "zhangsan" not in str(logs)


async def test_a_body_of_a_hundred_thousand_wrong_fields_gets_a_short_answer(client):
    answer = await client.post(TOLD, json={f"x{n}": 1 for n in range(100_000)}, headers=COOK)
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 100


@pytest.mark.parametrize("length", ["²", "-1", "1e3", "9" * 5000])
async def test_a_length_that_is_no_number_is_refused(client, length):
    headers = COOK | {"Content-Length": length.encode("latin-1")}
    answer = await client.request("POST", TOLD, headers=headers, content=b"{}")
    assert answer.status_code == 413
