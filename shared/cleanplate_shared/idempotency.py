"""The same request twice has one effect: `Idempotency-Key` on POSTs that create.

The first answer is stored in the transaction of its effect, so either both exist or neither. A
refusal is not stored: nothing happened, and the same key may try again.

Answers name people, and one-time passwords. What is stored opens only with the key, and of the key
only a digest is stored; who reads the database reads neither.
"""

import base64
import hashlib
from collections.abc import Callable
from typing import Annotated, TypeVar

from cryptography.fernet import Fernet
from fastapi import Depends, Header, Request
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cleanplate_shared.clock import now
from cleanplate_shared.errors import Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.tables import AnsweredRow

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


class IdempotencyKeyReused(
    Unprocessable, title=msg("This Idempotency-Key was used for another request")
):
    """The key came before, with another body."""


class Once:
    """Runs a creating action at most once per key."""

    def __init__(self, key: str | None, request_hash: str) -> None:
        self._key = key
        self._request_hash = request_hash

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
        if self._key is None:
            return action()
        place = (caller.person_id, _digest("place", self._key).hex())
        if earlier := session.get(AnsweredRow, place):
            return self._again(earlier, answer_type, self._key)
        row = AnsweredRow(
            person_id=place[0], key=place[1], request_hash=self._request_hash, answer="", at=now()
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            session.expire_all()
            return self._again(session.get_one(AnsweredRow, place), answer_type, self._key)
        answer = action()
        row.answer = _lock(self._key).encrypt(answer.model_dump_json().encode()).decode()
        return answer

    def _again(self, earlier: AnsweredRow, answer_type: type[AnswerT], key: str) -> AnswerT:
        if earlier.request_hash != self._request_hash:
            raise IdempotencyKeyReused(msg("Use a new key for a new request."))
        return answer_type.model_validate_json(_lock(key).decrypt(earlier.answer.encode()))


def _lock(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_digest("lock", key)))


def _digest(purpose: str, key: str) -> bytes:
    return hashlib.sha256(f"{purpose}:{key}".encode()).digest()


async def _once(request: Request, idempotency_key: IdempotencyKey = None) -> Once:
    body = await request.body()
    what = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body
    return Once(idempotency_key, hashlib.sha256(what).hexdigest())


OnceDep = Annotated[Once, Depends(_once)]
