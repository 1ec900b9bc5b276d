"""How often one person or one address may ask. Every route is limited, through its caller."""

import time
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from cleanplate_shared.errors import TooMany
from cleanplate_shared.i18n import msg
from cleanplate_shared.limit_storage import ProcessStorage


class Limiter:
    """Counts requests per minute, by person once verified, else by network address.

    The address is that of the connection; a forwarding header counts only where the server was
    told to trust the proxy in front (`--trusted-proxy`).
    """

    def __init__(self, storage: Storage | None, per_person: int, per_address: int) -> None:
        self._window = FixedWindowRateLimiter(storage or ProcessStorage())
        self._per_person = RateLimitItemPerMinute(per_person)
        self._per_address = RateLimitItemPerMinute(per_address)

    def hit_person(self, person_id: UUID) -> None:
        """Count a request of a verified person; raises TooMany."""
        self._hit(self._per_person, f"person:{person_id}")

    def hit_address(self, request: Request) -> None:
        """Count a request of somebody unknown; raises TooMany."""
        host = request.client.host if request.client else "unknown"
        self._hit(self._per_address, f"address:{host}")

    def _hit(self, item: RateLimitItem, who: str) -> None:
        if not self._window.hit(item, who):
            stats = self._window.get_window_stats(item, who)
            wait = max(1, round(stats.reset_time - time.time()))
            raise TooMany(
                msg("Please try again in {seconds} {seconds:second|seconds}.", seconds=wait),
                retry_after=wait,
            )


async def _by_address(request: Request) -> None:
    limiter: Limiter = request.app.state.limiter
    limiter.hit_address(request)


# For routes that anybody may call; all others are limited by who the caller is.
PublicDep = Annotated[None, Depends(_by_address)]
