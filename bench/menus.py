"""Everybody looks at the menu: ten days of three meals of twelve dishes, read by many at once.

The whole stack of `cleanplate up` in one process on SQLite, 64 kept connections, every request with
a token that is verified, by 400 diners in turn; 9,000 ratings lie behind the stars. Beside it the
same stack that remembers nothing and shares no reading (of 8 connections), and a hello of the same
server that answers as many bytes and looks at nothing.
"""

import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, insert, select

from bench.rush import world
from bench.rush.load import Load, Outcome
from bench.rush.servers import Servers, served
from bench.rush.world import Diner, World
from cleanplate_menu.models import DISHES, RATINGS
from cleanplate_shared.clock import now
from cleanplate_shared.etag import tagged

_DINERS, _MEALS, _DISHES, _RATINGS = 400, 30, 12, 9_000
_REQUESTS, _WARMING = 4_000, 400
_MOST_SECONDS = 4.0
_AT_ONCE = 64
_CPU = "application CPU us each"


def measure() -> Any:  # noqa: ANN401
    """Return how many may look at a menu, beside no memory and a hello."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = world.make(
            lambda one: f"sqlite:///{folder / one}.sqlite3", _DINERS, _MEALS, folder, _DISHES
        )
        _rate(made)
        said: dict[str, int] = {}
        for kind, who, at_once in (
            ("ours", "remembered", _AT_ONCE),
            ("forgetful", "read each time", _AT_ONCE // 8),  # slow: it hangs up on who waits
        ):
            with served(kind, 1, made.environment) as servers:
                for what, path in _paths(made).items():
                    said[what] = _read(figures, made, f"{what}, {who}", path, servers, at_once)
    _hello(figures, said)
    return {"ratios": _ratios(figures, list(said)), "figures": figures}


def _paths(made: World) -> dict[str, str]:
    first, last = (now().date() + timedelta(days) for days in (1, 14))
    meals = "/api/v1/menu/meal-sessions"
    return {
        "30 meals": f"{meals}?canteen_id={made.canteen_id}&date_from={first}&date_to={last}",
        "one meal": f"{meals}/{made.sessions[0]}",
    }


def _rate(made: World) -> None:
    """Write ratings of the last weeks."""
    engine = create_engine(made.environment["MENU_DATABASE_URL"])
    with engine.begin() as connection:
        dishes = connection.execute(select(DISHES.c.id)).scalars().all()
        rows = [
            {
                "canteen_id": UUID(made.canteen_id),
                "dish_id": dishes[number % len(dishes)],
                "day": now().date() - timedelta(number % 50),
                "stars": 1 + number % 5,
                "tags": "",
                "id": UUID(int=random.getrandbits(128)),
            }
            for number in range(_RATINGS)
        ]
        connection.execute(insert(RATINGS), rows)
    engine.dispose()


def _read(
    figures: dict[str, float],
    made: World,
    what: str,
    path: str,
    servers: Servers,
    at_once: int,
) -> int:
    """Measure an answer, sent and not sent again; return its bytes."""
    (body,) = servers.answer(_load(made.diners[:1], path, 200, keep_bodies=True)).bodies
    header = f"If-None-Match: {tagged(body.encode()).tag}\r\n"
    _measure(figures, what, servers, _load(_many(made), path, 200, at_once=at_once))
    known = _load(_many(made), path, 304, header, at_once=at_once)
    _measure(figures, f"{what}, 304", servers, known)
    return len(body.encode())


def _hello(figures: dict[str, float], said: dict[str, int]) -> None:
    nobody = [Diner("", "")] * _REQUESTS
    with served("hello", 1, {}) as servers:
        for what, count in [*said.items(), ("304", 0)]:
            load = _load(nobody, f"/bytes/{count}", 200)
            figures[f"{what}: bytes"] = count
            _measure(figures, f"{what}, hello", servers, load)


def _measure(figures: dict[str, float], what: str, servers: Servers, load: Load) -> None:
    servers.answer(replace(load, requests=load.requests[:_WARMING], most_seconds=1.0))
    outcome: Outcome = servers.answer(load)
    rate = outcome.answered / outcome.seconds
    sys.stderr.write(f"{what}: {rate:.0f}/s\n")
    figures |= {
        f"{what}: per second": rate,
        f"{what}: p99 ms": outcome.p99_ms,
        f"{what}: {_CPU}": outcome.app_seconds * 1e6 / outcome.answered,
        f"{what}: cores taken by others": outcome.others_seconds / outcome.seconds,
    }


def _ratios(figures: dict[str, float], answers: Sequence[str]) -> dict[str, float]:
    """Return ours divided by the others: per second, and the processor's time for each answer."""
    ratios = {}
    for what in answers:
        for end, hello in (("", f"{what}, hello"), (", 304", "304, hello")):
            ours = f"{what}, remembered{end}"
            for other in (f"{what}, read each time{end}", hello):
                for of in ("per second", _CPU):
                    ratio = figures[f"{ours}: {of}"] / figures[f"{other}: {of}"]
                    ratios[f"{ours}: {of}, against {other}"] = ratio
    return ratios


def _many(made: World) -> list[Diner]:
    return list(islice(cycle(made.diners), _REQUESTS))


def _load(
    diners: Sequence[Diner],
    path: str,
    status: int,
    header: str = "",
    *,
    keep_bodies: bool = False,
    at_once: int = _AT_ONCE,
) -> Load:
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: canteen\r\nAuthorization: Bearer {diner.token}\r\n"
        f"Accept-Language: zh-CN\r\n{header}\r\n"
        for diner in diners
    ]
    return Load(
        [],
        requests,
        status,
        min(at_once, len(requests)),
        most_seconds=_MOST_SECONDS,
        keep_bodies=keep_bodies,
    )
