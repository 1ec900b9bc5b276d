"""The time, in one place, so that a test can set it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the current time, always in UTC and never naive."""
    return datetime.now(UTC)


def zone(name: str) -> ZoneInfo:
    """Return a canteen's time zone."""
    return ZoneInfo(name)


async def _now(request: Request) -> datetime:
    instant: datetime = request.app.state.clock()
    return instant


NowDep = Annotated[datetime, Depends(_now)]
