"""A filled installation for the rush: diners with their own tokens, and meals to register for."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import cycle
from pathlib import Path
from time import monotonic, sleep
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import create_engine, text
from sqlmodel import Session, select

from bench.installation import with_canteen
from cleanplate_directory.actions import signing
from cleanplate_directory.models import SigningKeyRow
from cleanplate_gateway.embedded import Suite, first_administrator
from cleanplate_gateway.installation import OVERSIGHT
from cleanplate_shared.clock import now
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import DishKind
from cleanplate_shared.roles import Grant, Role
from cleanplate_shared.topology import SERVICES

_CAPACITY = 100_000
_TAKEN = "SELECT coalesce(sum(registered), 0) FROM meal_session"
_UNTOLD = "SELECT count(*) FROM meal_session WHERE version > told_version"
_LONGEST_START = 60.0  # seconds
_REGISTRATIONS = "/api/v1/menu/registrations"
_ROWS = "SELECT count(*) FROM registration WHERE status = 'registered'"


@dataclass(frozen=True)
class Diner:
    """Somebody with a token."""

    person_id: str
    token: str


@dataclass(frozen=True)
class World:
    """An installation to be served.

    Attributes:
        environment: where its databases are, as `cleanplate up` reads it.
        public_key: PEM; its private half signed the tokens.
        invariants: the menu service's own: SQL that counts the breaches of a fact.
    """

    environment: dict[str, str]
    diners: list[Diner]
    sessions: list[str]
    public_key: str
    invariants: dict[str, str]
    canteen_id: str

    def wait_until_told(self) -> None:
        """Wait for the worker beside the server: it has begun when it has told of every meal.

        Raises:
            RuntimeError: it has not after a minute.
        """
        engine, begun = create_engine(self.environment["MENU_DATABASE_URL"]), monotonic()
        with engine.connect() as connection:
            while connection.scalar(text(_UNTOLD)):
                connection.rollback()  # each look is a new one
                if monotonic() - begun > _LONGEST_START:
                    raise RuntimeError("the worker did not start")
                sleep(0.1)
        engine.dispose()

    def check_count(self, standing: int) -> None:
        """Make sure that exactly the acknowledged registrations are there.

        Raises:
            RuntimeError: a row or a seat too many or too few, or a broken invariant.
        """
        engine = create_engine(self.environment["MENU_DATABASE_URL"])
        with engine.connect() as connection:
            seats, rows = (connection.scalar(text(sql)) for sql in (_TAKEN, _ROWS))
            broken = [fact for fact, sql in self.invariants.items() if connection.scalar(text(sql))]
        engine.dispose()
        if broken or not seats == rows == standing:
            raise RuntimeError(f"{standing} acknowledged, {rows} rows, {seats} seats; {broken}")


def make(
    url: Callable[[str], str], people: int, meals: int, folder: Path, dishes: int = 0
) -> World:
    """Fill new databases with one canteen, its diners and its meals.

    Args:
        url: the address of a service's new database.
        people: how many diners.
        meals: how many meal sessions, three a day.
        folder: where files may be put.
        dishes: how many each meal has; the same for all.
    """
    return asyncio.run(_make(url, people, meals, folder, dishes))


async def _make(
    url: Callable[[str], str], people: int, meals: int, folder: Path, dishes: int
) -> World:
    urls = {name: url(name) for name in SERVICES}
    async with Suite(urls.__getitem__, jobs_on=False).running() as suite:
        first_administrator(suite.services["directory"], OVERSIGHT)
        made = await with_canteen(suite, folder)
        ids = await made.send_people(people)
        menu = [
            (await made.post("/api/v1/menu/dishes", _dish(made.canteen_id, number)))["id"]
            for number in range(dishes)
        ]
        sessions = [
            await made.post("/api/v1/menu/meal-sessions", _meal(made.canteen_id, number, menu))
            for number in range(meals)
        ]
        await suite.settle()
        with suite.services["directory"].state.db.transaction() as session:
            key, diners = with_tokens(session, ids, UUID(made.canteen_id))
        facts = suite.services["menu"].state.service.invariants
        invariants = {fact: sql for fact, sql in facts.items() if isinstance(sql, str)}
    environment = {f"{name.upper()}_DATABASE_URL": address for name, address in urls.items()}
    return World(
        environment, diners, [one["id"] for one in sessions], key, invariants, made.canteen_id
    )


def _dish(canteen_id: str, number: int) -> dict[str, object]:
    return {
        "canteen_id": canteen_id,
        "name": f"第 {number + 1} 道菜",
        "kind": list(DishKind)[number % len(DishKind)].value,
        "allergens": ["soy", "gluten"],
        "portion_grams": 180,
    }


def _meal(canteen_id: str, number: int, menu: list[str]) -> dict[str, object]:
    day = now().date() + timedelta(2 + number // len(Meal))
    return {
        "canteen_id": canteen_id,
        "date": str(day),
        "meal": list(Meal)[number % len(Meal)].value,
        "cutoff_at": datetime.combine(day, time(1), UTC).isoformat(),
        "capacity": _CAPACITY,
        "dishes": menu,
    }


def with_tokens(
    session: Session, ids: Sequence[str], canteen: UUID, role: Role = Role.DINER
) -> tuple[str, list[Diner]]:
    """Return the public key and a token for everybody, as signing in would have given them."""
    subject = signing.Subject(
        person_id=UUID(ids[0]),
        sign_in_id=uuid4(),
        name="Diner",
        unit_id=uuid4(),
        must_change_password=False,
        grants=[Grant(role=role, canteen_id=canteen)],
    )
    sample = signing.sign(session, subject, now())
    claims = jwt.decode(sample, options={"verify_signature": False})
    headers = {"kid": jwt.get_unverified_header(sample)["kid"]}
    row = session.exec(select(SigningKeyRow)).one()
    key = serialization.load_pem_private_key(row.private_pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(key)
    diners = [
        Diner(
            one,
            jwt.encode(
                claims | {"sub": one, "sid": str(uuid4()), "jti": str(uuid4())},
                key,
                "ES256",
                headers=headers,
            ),
        )
        for one in ids
    ]
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return public.decode(), diners


def registrations(diners: Sequence[Diner], sessions: Sequence[str]) -> list[str]:
    """Return one request for each diner, over all the meals in turn."""
    return [
        request(
            "POST", _REGISTRATIONS, diner, json.dumps({"meal_session_id": meal, "portion": "full"})
        )
        for diner, meal in zip(diners, cycle(sessions), strict=False)
    ]


def cancellations(diners: Sequence[Diner], bodies: Sequence[str]) -> list[str]:
    """Return a request for each registration that was answered, from whoever made it."""
    by_person = {diner.person_id: diner for diner in diners}
    made = [json.loads(body) for body in bodies]
    return [
        request("DELETE", f"{_REGISTRATIONS}/{one['id']}", by_person[one["person_id"]], "")
        for one in made
    ]


def request(method: str, path: str, diner: Diner, body: str) -> str:
    """Return a whole HTTP request."""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: canteen\r\n"
        f"Authorization: Bearer {diner.token}\r\nAccept-Language: zh-CN\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
