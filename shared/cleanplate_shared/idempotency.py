"""The same request twice has one effect: `Idempotency-Key` on POSTs that create.

The first answer is stored in the transaction of its effect, so either both exist or neither. A
refusal is not stored: nothing happened, and the same key may try again.

Answers name people, and one-time passwords. What is stored opens only with the key, and of the key
only a digest is stored; who reads the database reads neither.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from cryptography.fernet import Fernet
from fastapi import Depends, Header, Request
from pydantic import BaseModel
from sqlalchemy import bindparam, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cleanplate_shared.clock import now
from cleanplate_shared.errors import ServiceError, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.tables import KernelTable

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="the same key and body answer the first answer again",
    ),
]


AnswerT = TypeVar("AnswerT", bound=BaseModel)
WantedT = TypeVar("WantedT")
_Place = tuple[UUID, str]  # who asked, and the digest of their key
_ANSWERED = KernelTable.metadata.tables["answered"]
_CLAIM = (
    insert(_ANSWERED)
    .on_conflict_do_nothing()  # SQLite reads it the same way
    .returning(_ANSWERED.c.person_id, _ANSWERED.c.key)
)
_ANSWERS = select(_ANSWERED).where(
    tuple_(_ANSWERED.c.person_id, _ANSWERED.c.key).in_(bindparam("places", expanding=True))
)
_MINE = (_ANSWERED.c.person_id == bindparam("a_person")) & (_ANSWERED.c.key == bindparam("a_key"))
_STORE = update(_ANSWERED).where(_MINE).values(answer=bindparam("answer"))
_GIVE_UP = delete(_ANSWERED).where(_MINE)


class IdempotencyKeyReused(
    Unprocessable, title=msg("This Idempotency-Key was used for another request")
):
    """The key came before, with another body."""


class Once:
    """Runs a creating action at most once per key."""

    def __init__(self, key: str | None, request_hash: str) -> None:
        self.key = key
        self.request_hash = request_hash

    def __call__(
        self,
        session: Session,
        caller: Identity,
        answer_type: type[AnswerT],
        action: Callable[[], AnswerT],
    ) -> AnswerT:
        """Return the action's answer, or the one it gave before.

        Raises:
            IdempotencyKeyReused: the key came before, with another body.
        """

        def act(_session: Session, acting: Sequence[Asked[None]]) -> list[AnswerT]:
            return [action() for _ in acting]

        (outcome,) = answer_each(session, [Asked(caller, None, self)], answer_type, act)
        if isinstance(outcome, ServiceError):
            raise outcome
        return outcome

    def place(self, caller: Identity) -> "_Place | None":
        """Return where the first answer is kept; None without a key."""
        return (caller.person_id, _digest("place", self.key).hex()) if self.key else None


@dataclass(frozen=True)
class Asked(Generic[WantedT]):
    """A change that somebody asks for, once."""

    caller: Identity
    wanted: WantedT
    once: Once


def answer_each(
    session: Session,
    asked: Sequence[Asked[WantedT]],
    answer_type: type[AnswerT],
    act: Callable[[Session, Sequence[Asked[WantedT]]], Sequence[AnswerT | ServiceError]],
) -> list[AnswerT | ServiceError]:
    """Return the answer to each request: the first one again where its key came before.

    Keys are claimed in a fixed order before anything is done; of requests with one key, only the
    first is done, here and in other replicas. A refusal is not kept.
    """
    places = [one.once.place(one.caller) for one in asked]
    wanted = sorted({place for place in places if place})
    if not wanted:
        return list(act(session, asked))
    first_asked = dict(zip(reversed(places), reversed(asked), strict=True))
    claimed = _claim(session, wanted, first_asked)
    earlier = _earlier(session, [place for place in wanted if place not in claimed])
    firsts = {place: n for n, place in reversed(list(enumerate(places))) if place in claimed}
    acting = [n for n, place in enumerate(places) if not place or firsts.get(place) == n]
    done = dict(zip(acting, act(session, [asked[n] for n in acting]), strict=True))
    _keep(session, {place: (asked[n], done[n]) for place, n in firsts.items()})

    def outcome(n: int) -> AnswerT | ServiceError:
        place, once = places[n], asked[n].once
        if n in done:
            return done[n]
        first = asked[firsts[place]].once.request_hash if place in firsts else earlier[place][0]
        if first != once.request_hash:
            return IdempotencyKeyReused(msg("Use a new key for a new request."))
        if place in firsts:
            return done[firsts[place]]
        return answer_type.model_validate_json(_lock(once.key).decrypt(earlier[place][1].encode()))

    return [outcome(n) for n in range(len(asked))]


def _claim(
    session: Session, places: Sequence[_Place], asked: Mapping[Any, Asked[Any]]
) -> set[_Place]:
    """Return which places nobody has answered; they are ours until the transaction ends."""
    rows = [
        {
            "person_id": person_id,
            "key": key,
            "request_hash": asked[person_id, key].once.request_hash,
            "answer": "",
            "at": now(),
        }
        for person_id, key in places
    ]
    done = session.connection().execute(_CLAIM, rows)
    return {(person_id, key) for person_id, key in done}


def _earlier(session: Session, places: Sequence[_Place]) -> dict[Any, tuple[str, str]]:
    if not places:
        return {}
    found = session.connection().execute(_ANSWERS, {"places": places})
    return {(row.person_id, row.key): (row.request_hash, row.answer) for row in found}


def _keep(
    session: Session, firsts: Mapping[Any, tuple[Asked[Any], BaseModel | ServiceError]]
) -> None:
    """Store the answers of claimed places, and give up those of refusals."""
    answers: list[dict[str, Any]] = []
    refusals: list[dict[str, Any]] = []
    for (person_id, key), (asked, answer) in firsts.items():
        place = {"a_person": person_id, "a_key": key}
        if isinstance(answer, ServiceError):
            refusals.append(place)
        else:
            locked = _lock(asked.once.key).encrypt(answer.model_dump_json().encode()).decode()
            answers.append(place | {"answer": locked})
    if answers:
        session.connection().execute(_STORE, answers)
    if refusals:
        session.connection().execute(_GIVE_UP, refusals)


def _lock(key: str | None) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_digest("lock", key)))


def _digest(purpose: str, key: str | None) -> bytes:
    return hashlib.sha256(f"{purpose}:{key}".encode()).digest()


async def once_of(request: Request, idempotency_key: IdempotencyKey = None) -> Once:
    """Return what runs a request at most once per key."""
    if idempotency_key is None:
        return Once(None, "")
    body = await request.body()
    what = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body
    return Once(idempotency_key, hashlib.sha256(what).hexdigest())


OnceDep = Annotated[Once, Depends(once_of)]
