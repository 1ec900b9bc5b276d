"""One reading for all who ask the same at the same time."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class Together(Generic[KeyT, ValueT]):
    """Answers callers of an event loop by readings that they share.

    Whoever asks is answered by a reading that begins after they asked, so nobody misses what was
    committed before. Who comes while one runs waits for the next, together with all others who do:
    a thousand callers at once cost two readings.
    """

    def __init__(self) -> None:
        self._gathering: dict[KeyT, asyncio.Task[ValueT]] = {}
        self._running: dict[KeyT, asyncio.Task[ValueT]] = {}

    async def ask(self, key: KeyT, read: Callable[[], ValueT]) -> ValueT:
        """Return what `read` returns or raises; it runs in a thread.

        Args:
            key: names the question; whoever gives the same key gets the same answer.
            read: reads the answer.
        """
        task = self._gathering.get(key)
        if task is None:
            task = asyncio.create_task(self._read(key, self._running.get(key), read))
            task.add_done_callback(_note)
            self._gathering[key] = task
        return await asyncio.shield(task)  # the others still wait where one caller went away

    async def _read(
        self, key: KeyT, before: "asyncio.Task[ValueT] | None", read: Callable[[], ValueT]
    ) -> ValueT:
        if before is not None:
            await asyncio.wait([before])
        self._running[key] = self._gathering.pop(key)
        try:
            return await run_in_threadpool(read)
        finally:
            del self._running[key]


def _note(task: "asyncio.Task[ValueT]") -> None:
    """Take note of an error that no caller is left to be told."""
    if not task.cancelled():
        task.exception()
