"""Registration as a textbook writes it: a `def` route, one SQLModel session, read, check, insert.

Correct (the meal's row is locked while it is looked at), and otherwise without any haste.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import Engine, UniqueConstraint, event
from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel, create_engine, select

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=60000")


class Table(SQLModel, registry=registry()):
    """Base of the textbook's tables."""


class MealSession(Table, table=True):
    """A meal with its seats."""

    __tablename__ = "meal_session"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    cutoff_at: datetime
    capacity: int
    registered: int = 0


class Registration(Table, table=True):
    """One person's seat."""

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("meal_session_id", "person_id"),
        UniqueConstraint("meal_session_id", "pickup_code"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    meal_session_id: UUID = Field(foreign_key="meal_session.id")
    person_id: UUID
    portion: str
    status: str
    pickup_code: str
    registered_at: datetime


class Outbox(Table, table=True):
    """An event on its way."""

    __tablename__ = "outbox"

    position: int | None = Field(default=None, primary_key=True)
    event_id: UUID = Field(default_factory=uuid4, unique=True)
    name: str
    payload: str
    at: datetime


class RegistrationCreate(SQLModel):
    """What a diner asks for."""

    meal_session_id: UUID
    portion: Literal["full", "half", "small"]


class RegistrationAnswer(SQLModel):
    """What a diner is told."""

    id: UUID
    meal_session_id: UUID
    person_id: UUID
    portion: str
    status: str
    pickup_code: str
    registered_at: datetime


def connect(url: str) -> Engine:
    """Return an engine as careful as the services': every commit survives a power cut."""
    if not url.startswith("sqlite"):
        return create_engine(url)
    engine = create_engine(url, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def tune(connection: Any, _: object) -> None:  # noqa: ANN401
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:  # noqa: ANN401
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def signed_in_with(public_key: str) -> Callable[[str], UUID]:
    """Return what reads who asks from a token that this key's private half signed."""
    key = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).prepare_key(public_key)
    bearer = OAuth2PasswordBearer("/token")

    def signed_in(token: Annotated[str, Depends(bearer)]) -> UUID:
        try:
            claims = jwt.decode(token, key, ["ES256"], issuer="cleanplate", audience="cleanplate")
        except jwt.PyJWTError as error:
            raise HTTPException(401) from error
        return UUID(claims["sub"])

    return signed_in


def create_app(url: str, public_key: str) -> FastAPI:
    """Build the textbook's application.

    Args:
        url: a database that has the tables.
        public_key: PEM; whoever signs with its private half is believed.
    """
    app = FastAPI(openapi_url=None)
    engine, signed_in = connect(url), signed_in_with(public_key)

    def open_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    @app.post("/api/v1/menu/registrations", status_code=201)
    def register(
        wanted: RegistrationCreate,
        person_id: Annotated[UUID, Depends(signed_in)],
        session: Annotated[Session, Depends(open_session)],
    ) -> RegistrationAnswer:
        answer = RegistrationAnswer.model_validate(_register(session, person_id, wanted))
        session.commit()
        return answer

    return app


def _register(session: Session, person_id: UUID, wanted: RegistrationCreate) -> Registration:
    at = datetime.now(UTC)
    this = select(MealSession).where(MealSession.id == wanted.meal_session_id)
    meal = session.exec(this.with_for_update()).first()
    if meal is None:
        raise HTTPException(404)
    standing = select(Registration).where(
        Registration.meal_session_id == meal.id, Registration.person_id == person_id
    )
    if meal.cutoff_at <= at or meal.registered >= meal.capacity or session.exec(standing).first():
        raise HTTPException(409)
    meal.registered += 1
    row = Registration(
        meal_session_id=meal.id,
        person_id=person_id,
        portion=wanted.portion,
        status="registered",
        pickup_code=f"{secrets.randbelow(10**8):08}",
        registered_at=at,
    )
    told = {"registration_id": str(row.id), "meal_session_id": str(meal.id)}
    session.add(row)
    session.add(Outbox(name="menu.registered.v1", payload=json.dumps(told), at=at))
    return row
