"""A relay that is killed a hundred times at each step: every event has its effect once."""

import random
from datetime import date, timedelta

import httpx
import pytest

from cleanplate_shared.events import EVENTS_PATH, PEER_KEY_HEADER, Relay, publish
from cleanplate_shared.service import local
from support.toy import PEER_KEY, DayTold, client_of, days_told, toy_app, waiting

KILLS = 100
DAYS = [date(2026, 1, 1) + timedelta(n) for n in range(KILLS)]


class Killed(Exception):  # noqa: N818
    """The relay is no more."""


class Wire(httpx.AsyncBaseTransport):
    """The way to the listener; keeps what went over it, and may be where the relay is killed."""

    def __init__(self, app, step: str) -> None:
        self._inner, self._step = httpx.ASGITransport(app=app), step
        self.sent: list[bytes] = []

    async def handle_async_request(self, request):
        if self._step == "sending":
            raise Killed
        self.sent.append(await request.aread())
        response = await self._inner.handle_async_request(request)
        if self._step == "answering":
            raise Killed
        return response


class DyingRelay(Relay):
    """A relay that is killed at one step."""

    step = ""

    def _waiting(self, subscriber):
        if self.step == "reading":
            raise Killed
        return super()._waiting(subscriber)

    def _forget(self, rows):
        if self.step == "forgetting":
            raise Killed
        super()._forget(rows)
        if self.step == "forgotten":
            raise Killed


@pytest.mark.parametrize("step", ["reading", "sending", "answering", "forgetting", "forgotten"])
async def test_a_hundred_kills_at_each_step_and_repeats_in_any_order_change_nothing(
    databases, step
):
    near, chance = toy_app(databases.url("report")), random.Random(step)  # noqa: S311
    teller = toy_app(databases.url("report"), {"near": local(near)})
    async with client_of(near) as listener, client_of(teller):
        wire = Wire(near, step)
        peer = httpx.AsyncClient(transport=wire, base_url="http://near")
        dying = DyingRelay(teller.state.db, {"near": peer}, PEER_KEY)
        dying.step = step
        for day in DAYS:
            with teller.state.db.transaction() as session:
                publish(session, DayTold(day=day))
            with pytest.raises(Killed):
                await dying._deliver_to("near")
            if chance.random() < 0.3:  # else what waits grows
                await teller.state.relay._deliver_to("near")
        while await teller.state.relay._deliver_to("near"):
            pass
        assert waiting(teller.state.db, "near") == 0
        assert days_told(near.state.db) == dict.fromkeys(DAYS, 1)
        chance.shuffle(wire.sent)
        headers = {PEER_KEY_HEADER: PEER_KEY, "Content-Type": "application/json"}
        for content in wire.sent[:20]:
            answer = await listener.post(EVENTS_PATH, content=content, headers=headers)
            assert answer.status_code == 200
        assert days_told(near.state.db) == dict.fromkeys(DAYS, 1)
        await peer.aclose()
