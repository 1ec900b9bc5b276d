"""How fast this server says hello: what is left when nothing is checked, written or kept."""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID, uuid4

from fastapi import FastAPI, Response
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

_RAW = b'{"status":"registered"}'


class Wanted(BaseModel):
    """The body of a registration."""

    meal_session_id: UUID
    portion: Literal["full", "half", "small"]


class Answer(BaseModel):
    """What a registration answers."""

    id: UUID
    meal_session_id: UUID
    portion: str
    status: str
    pickup_code: str
    registered_at: datetime


def create_app() -> FastAPI:
    """Return a route that validates a body and answers a model, and one that answers bytes."""
    app = FastAPI(openapi_url=None)

    @app.post("/api/v1/menu/registrations", status_code=201)
    async def register(wanted: Wanted) -> Answer:
        return Answer(
            id=uuid4(),
            meal_session_id=wanted.meal_session_id,
            portion=wanted.portion,
            status="registered",
            pickup_code="123456",
            registered_at=datetime.now(UTC),
        )

    @app.get("/bytes/{count}")
    async def say(count: int) -> Response:
        return Response(bytes(count))

    return app


async def raw(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer without any framework."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_RAW))]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": _RAW})
