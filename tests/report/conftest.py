from collections.abc import Awaitable, Callable

import pytest

from support.facts import NOW
from support.identities import bearer
from support.services import CANTEEN, ServiceUnderTest

Monthly = Callable[..., Awaitable[dict]]


@pytest.fixture
def monthly(service: ServiceUnderTest) -> Monthly:
    """Return how to ask for June 2026 of the canteen as its manager; changes may be named."""
    service.clock.at = NOW

    async def ask(signed_in: dict[str, str] | None = None, **query: object) -> dict:
        if "organization_id" not in query:
            query = {"canteen_id": CANTEEN} | query
        answer = await service.client.get(
            "/api/v1/report/monthly",
            params={"month": "2026-06"} | query,
            headers=signed_in or bearer("manager", CANTEEN, iat=0, exp=2**33),
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask
