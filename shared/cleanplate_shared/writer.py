"""Many small changes, one commit: the writer of a service's rushed paths.

What callers submit while a transaction commits is gathered and becomes the next transaction, of
set-based statements. Under a rush a commit's cost is shared by hundreds; alone, a caller waits for
nobody. Each caller gets the outcome of its own change, never before the commit.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import structlog
from fastapi import Depends, Request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from cleanplate_shared.db import Database
from cleanplate_shared.errors import ServiceError, TooMany, Unavailable
from cleanplate_shared.i18n import msg

log = structlog.get_logger(__name__)

ChangeT = TypeVar("ChangeT")
DoneT = TypeVar("DoneT")
Apply = Callable[[Session, Sequence[ChangeT]], Sequence[DoneT | ServiceError]]

_MOST_AT_ONCE = 500
_LONGEST_GATHER = 0.02  # seconds
_RESTS_ON_SQLITE = 4
_LONGEST_WAIT = 2.0  # seconds; who would wait longer is asked to come again
_MOST_TRIES = 3
_DEADLOCK_FOUND = "40P01"  # PostgreSQL's; it has undone the whole transaction
_DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)


@dataclass(frozen=True)
class _Waiting(Generic[ChangeT]):
    change: ChangeT
    weight: int
    done: "asyncio.Future[Any]"


class Writer:
    """Commits what one process's callers submit, in groups, one after the other.

    A group holds changes of one kind, so that its locks are taken in one order. A change that the
    group's transaction cannot bear (a bug, a constraint met) is found by applying each change
    alone; the others are kept.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: dict[Apply[Any, Any], deque[_Waiting[Any]]] = {}
        self._backlog = 0
        self._working: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "writer")
        self._group_seconds = 0.0
        self._is_sqlite = db.is_sqlite
        self._is_closed = False

    async def submit(self, change: ChangeT, apply: Apply[ChangeT, DoneT], weight: int = 1) -> DoneT:
        """Return what became of `change`, after its transaction was committed.

        Args:
            change: what the caller wants.
            apply: does many such changes in one transaction, with one outcome each, in their order.
                Changes are gathered by this function; it must be the same one each time.
            weight: how many rows the change is about.

        Raises:
            ServiceError: the change was refused.
            TooMany: more full groups are waiting than two seconds' work.
            Unavailable: the service is stopping.
        """
        if self._is_closed:
            raise Unavailable
        if self._backlog // _MOST_AT_ONCE * self._group_seconds > _LONGEST_WAIT:
            raise TooMany(msg("Very many are asking just now; please try again."), retry_after=2)
        done: asyncio.Future[DoneT] = asyncio.get_running_loop().create_future()
        one = _Waiting(change, max(weight, 1), done)
        self._waiting.setdefault(apply, deque()).append(one)
        self._backlog += one.weight
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await done

    def close(self) -> None:
        """Let the transaction under way end, refuse what waits, and take nothing more."""
        self._is_closed = True
        self._thread.shutdown()
        for queue in self._waiting.values():
            while queue:
                _tell(queue.popleft().done, Unavailable())
        self._backlog = 0

    async def _work(self) -> None:
        await asyncio.sleep(0)  # who is ready as well joins the first group
        try:
            while self._backlog:
                for apply in list(self._waiting):
                    if group := self._next_group(apply):
                        await self._work_on(apply, group)
                        await self._gather(len(group))
        finally:
            self._working = None

    def _next_group(self, apply: Apply[Any, Any]) -> list[_Waiting[Any]]:
        queue, weight = self._waiting[apply], 0
        group: list[_Waiting[Any]] = []
        while queue and (not group or weight + queue[0].weight <= _MOST_AT_ONCE):
            group.append(queue.popleft())
            weight += group[-1].weight
        self._backlog -= weight
        return group

    async def _work_on(self, apply: Apply[Any, Any], group: Sequence[_Waiting[Any]]) -> None:
        begun = time.perf_counter()
        changes = [one.change for one in group]
        loop = asyncio.get_running_loop()
        outcomes = await loop.run_in_executor(self._thread, self._commit, apply, changes)
        self._group_seconds = time.perf_counter() - begun
        for one, outcome in zip(group, outcomes, strict=True):
            _tell(one.done, outcome)

    async def _gather(self, before: int) -> None:
        """Under a rush, let time pass, so that the next group is larger; who is alone never waits.

        As long as the last group took, which keeps the database's share of the machine at half.
        SQLite works in this process, where a group of nine costs nearly what one of twenty does:
        there, four times as long.
        """
        if before > 1:
            rest = self._group_seconds * (_RESTS_ON_SQLITE if self._is_sqlite else 1)
            await asyncio.sleep(min(rest, _LONGEST_GATHER))

    def _commit(self, apply: Apply[Any, Any], changes: Sequence[Any]) -> Sequence[Any]:
        """Return the outcome of each change, or the exception it met; never raises."""
        try:
            return self._try(apply, changes)
        except _DATABASE_AWAY as error:
            return [error] * len(changes)
        except Exception as error:  # noqa: BLE001
            if len(changes) == 1:
                return [error]
            log.warning("group_not_committed", changes=len(changes), error=type(error).__name__)
            return [self._commit(apply, [one])[0] for one in changes]

    def _try(self, apply: Apply[Any, Any], changes: Sequence[Any]) -> Sequence[Any]:
        """Commit the changes; again if the database chose this transaction to end a deadlock."""
        for more in reversed(range(_MOST_TRIES)):
            try:
                with self._db.transaction() as session:
                    return _one_each(apply(session, changes), changes)
            except OperationalError as error:
                if not (more and _is_deadlock(error)):
                    raise
        raise AssertionError


def _is_deadlock(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlstate", None) == _DEADLOCK_FOUND


def _one_each(outcomes: Sequence[Any], changes: Sequence[Any]) -> Sequence[Any]:
    if len(outcomes) != len(changes):
        raise ValueError("not one outcome for each change")
    return outcomes


def _tell(done: "asyncio.Future[Any]", outcome: Any) -> None:  # noqa: ANN401
    if done.done():  # the caller went away
        return
    if isinstance(outcome, BaseException):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)


async def _writer(request: Request) -> Writer:
    writer: Writer = request.app.state.writer
    return writer


WriterDep = Annotated[Writer, Depends(_writer)]
