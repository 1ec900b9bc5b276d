"""Passwords: argon2id in threads of its own, so that no other request waits for a hash."""

import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cleanplate_shared.errors import Unavailable
from cleanplate_shared.i18n import msg

_WORKERS = 2
_WAITING = 200  # about three seconds of work on two cores
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread on paper
# What is checked where there is no password, so that an unknown name costs the same work.
_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$+AfV8n2R0GU3n5GCdJqcxw$VPs0lJ"
    "Gy1OszLQ1rJA984e2JbgV1oJm/sR7CWDHV8n8"
)

ResultT = TypeVar("ResultT")


class SignInBusy(Unavailable, title=msg("Too many people are signing in just now")):
    """More passwords wait to be checked than can be in a few seconds."""


@dataclass(frozen=True)
class OneTimePassword:
    """A password to be shown once, and what is stored of it."""

    plain: str
    stored: str


class Passwords:
    """Checks and hashes passwords (argon2id, 2 passes over 19 MiB) in a bounded pool.

    Attributes:
        checks: how many passwords were checked since the start.
    """

    hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

    def __init__(self, workers: int = _WORKERS, waiting: int = _WAITING) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="password")
        self._room = BoundedSemaphore(workers + waiting)
        self._counting = Lock()
        self.checks = 0

    def check(self, stored: str | None, password: str) -> Future[bool]:
        """Say, later, whether a password is right; `None` is never, after the same work.

        Raises:
            SignInBusy: too many wait already.
        """
        return self._submit(lambda: self._check(stored, password))

    def hash(self, password: str) -> Future[str]:
        """Return, later, what to store of a password.

        Raises:
            SignInBusy: too many wait already.
        """
        return self._submit(lambda: self.hasher.hash(password))

    def one_time(self) -> OneTimePassword:
        """Make a password to be shown once; waits for its hash.

        Raises:
            SignInBusy: too many wait already.
        """
        plain = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
        return OneTimePassword(plain, self.hash(plain).result())

    def _check(self, stored: str | None, password: str) -> bool:
        with self._counting:
            self.checks += 1
        try:
            self.hasher.verify(stored or _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def _submit(self, work: Callable[[], ResultT]) -> Future[ResultT]:
        if not self._room.acquire(blocking=False):
            raise SignInBusy
        try:
            future = self._pool.submit(work)
        except RuntimeError:
            self._room.release()
            raise
        future.add_done_callback(lambda _: self._room.release())
        return future
