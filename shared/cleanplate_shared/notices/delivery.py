"""Notices that wait in a service's database: sent when due, retried, given up in the end."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from cleanplate_shared.clock import Clock
from cleanplate_shared.errors import ServiceError
from cleanplate_shared.i18n import Message, msg
from cleanplate_shared.notices.notice import Notice

log = structlog.get_logger(__name__)

_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
_LEASE = timedelta(minutes=10)  # longer than a batch can take
_BATCH = 40
_AT_ONCE = 8


@dataclass(frozen=True)
class Waiting:
    """A notice that is due.

    Attributes:
        id: of its row.
        sealed: the channel, as `Notifier.seal` returned it.
        notice: what to say.
        tries: how often it was claimed, this time included; from 1.
    """

    id: UUID
    sealed: str
    notice: Notice
    tries: int


class Outbox(Protocol):
    """A service's table of notices; each method is one transaction, committed when it returns."""

    def claim(self, now: datetime, until: datetime, most: int) -> Sequence[Waiting]:
        """Take at most `most` unsent rows with due <= `now`: add a try, and set due to `until`.

        The update is guarded by the due that was read, so that two processes never take one row.
        """

    def sent(self, notice_id: UUID, at: datetime) -> None:
        """Mark a notice as sent."""

    def failed(self, notice_id: UUID, retry_at: datetime | None, reason: Message) -> None:
        """Set when a notice is due again; None gives it up."""


@dataclass(frozen=True)
class Delivered:
    """How many notices of one batch were sent, failed for now, and were given up."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0


def deliver_due(outbox: Outbox, send: Callable[[str, Notice], None], clock: Clock) -> Delivered:
    """Send one batch of the notices that are due, eight at a time.

    A row is claimed for ten minutes before it is sent, and marked after. A process that dies in
    between sends its notice once more; none is lost. The fifth try is the last.

    Args:
        outbox: the table.
        send: sends to a sealed channel; raises ServiceError if the notice did not arrive.
        clock: the time.
    """
    now = clock()
    done = Delivered()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sending = {
            pool.submit(send, one.sealed, one.notice): one
            for one in outbox.claim(now, now + _LEASE, _BATCH)
        }
        for future in as_completed(sending):
            done = _mark(outbox, sending[future], _failure(future), clock(), done)
    return done


def _failure(future: Future[None]) -> Message | None:
    error = future.exception()
    if error is None:
        return None
    if isinstance(error, ServiceError):
        return error.detail or error.title
    log.error("notice_failed", kind=type(error).__name__)  # its text may hold the address
    return msg("Something unexpected went wrong.")


def _mark(
    outbox: Outbox, one: Waiting, reason: Message | None, at: datetime, done: Delivered
) -> Delivered:
    if reason is None:
        outbox.sent(one.id, at)
        return Delivered(done.sent + 1, done.failed, done.given_up)
    if one.tries > len(_PAUSES):
        outbox.failed(one.id, None, reason)
        return Delivered(done.sent, done.failed, done.given_up + 1)
    outbox.failed(one.id, at + _PAUSES[one.tries - 1], reason)
    return Delivered(done.sent, done.failed + 1, done.given_up)
