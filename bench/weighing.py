"""Tablets that were offline send what they weighed, and a province reads its month.

Ours is the whole stack of `cleanplate up` with its worker: token and hash of each record checked,
chain, sums of days and event kept, on disk before the answer. Beside it, in the same run: the
textbook's route (bench/textbook_weighing.py), and the physical limit: PostgreSQL's COPY, or
sqlite3's executemany, of the same rows with their indexes.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import create_engine, text

from bench import limits, province, textbook, textbook_weighing
from bench.installation import with_canteen
from bench.rush import postgres, world
from bench.rush.load import Load, Outcome
from bench.rush.servers import served
from bench.rush.world import Diner
from cleanplate_gateway.embedded import Suite, first_administrator
from cleanplate_gateway.installation import OVERSIGHT
from cleanplate_shared import chain
from cleanplate_shared.clock import now
from cleanplate_shared.contracts.waste import WeighingItem
from cleanplate_shared.roles import Role
from cleanplate_shared.topology import SERVICES

_TABLETS = 16
_BATCH = 100  # as many as a tablet sends at once
_BATCHES = 160
_SINGLES = 1600
_STREAMS = ("spoilage", "prep_unavoidable", "prep_avoidable", "unserved", "plate")
_PATH = "/api/v1/waste/weighings:batch"


@dataclass(frozen=True)
class _Place:
    """A database with our tables and the textbook's, and the tablets that weigh there."""

    name: str
    environment: dict[str, str]
    canteen_id: str
    tablets: list[Diner]


def measure() -> Any:  # noqa: ANN401
    """Return weighings per second on both databases, and the time of a province's month."""
    ratios: dict[str, float] = {}
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name, postgres.started() as server:
        folder = Path(name)
        for place in (
            _make("SQLite", lambda one: f"sqlite:///{folder / one}.sqlite3", folder),
            _make("PostgreSQL", server.url, folder),
        ):
            _compare(place, folder, ratios, figures)
        plans = province.measure(server.url("province"), folder, figures)
    return {"ratios": ratios, "figures": figures, "plans": plans}


def _compare(
    place: _Place, folder: Path, ratios: dict[str, float], figures: dict[str, float]
) -> None:
    rates: dict[str, float] = {}
    kept = 0
    for who, kind in (("textbook", "textbook_weighing"), ("ours", "ours")):
        with served(kind, 1, place.environment) as servers:
            warm = servers.answer(_load(_requests(place, f"warm {who}", 10, _BATCH)))
            kept += warm.answered * _BATCH if who == "ours" else 0
            for what, count, size in (
                (f"batches of {_BATCH}", _BATCHES, _BATCH),
                ("one at a time", _SINGLES, 1),
            ):
                outcome = servers.answer(_load(_requests(place, f"{who} {size}", count, size)))
                kept += outcome.answered * size if who == "ours" else 0
                rates[f"{who}, {what}"] = _note(
                    figures, f"{place.name}, {who}, {what}", outcome, size
                )
    database = place.environment["WASTE_DATABASE_URL"]
    _check(database, kept)
    what, limit = limits.insert_again(database, folder)
    figures[f"{place.name}, {what}: weighings per second"] = limit
    for how in (f"batches of {_BATCH}", "one at a time"):
        ours = rates[f"ours, {how}"]
        ratios[f"{place.name}, {how}: against the textbook"] = ours / rates[f"textbook, {how}"]
        ratios[f"{place.name}, {how}: against {what}"] = ours / limit


def _note(figures: dict[str, float], what: str, outcome: Outcome, size: int) -> float:
    rate = size * outcome.answered / outcome.seconds
    sys.stderr.write(f"{what}: {rate:.0f}/s\n")
    figures[f"{what}: weighings per second"] = rate
    figures[f"{what}: p99 ms of a request"] = outcome.p99_ms
    figures[f"{what}: application CPU us each"] = (
        1e6 * outcome.app_seconds / (size * outcome.answered)
    )
    return rate


def _check(database: str, kept: int) -> None:
    engine = create_engine(database)
    with engine.connect() as connection:
        rows = connection.scalar(text("SELECT count(*) FROM weighing"))
        summed = connection.scalar(text("SELECT sum(weighings) FROM day_stream"))
    engine.dispose()
    if not rows == summed == kept:
        raise RuntimeError(f"{kept} acknowledged, {rows} rows, {summed} in the sums of days")


def _load(requests: list[str]) -> Load:
    return Load([], requests, 200, _TABLETS, most_seconds=20)


def _make(name: str, url: Callable[[str], str], folder: Path) -> _Place:
    return asyncio.run(_filled(name, url, folder))


async def _filled(name: str, url: Callable[[str], str], folder: Path) -> _Place:
    urls = {service: url(service) for service in SERVICES}
    async with Suite(urls.__getitem__, jobs_on=False).running() as suite:
        first_administrator(suite.services["directory"], OVERSIGHT)
        canteen_id = (await with_canteen(suite, folder)).canteen_id
        with suite.services["directory"].state.db.transaction() as session:
            ids = [str(uuid4()) for _ in range(_TABLETS)]
            key, tablets = world.with_tokens(session, ids, UUID(canteen_id), Role.COOK)
    theirs = url("textbook")
    engine = textbook.connect(theirs)
    textbook_weighing.Table.metadata.create_all(engine)
    engine.dispose()
    environment = {f"{service.upper()}_DATABASE_URL": address for service, address in urls.items()}
    environment |= {"TEXTBOOK_URL": theirs, "TEXTBOOK_KEY": key}
    return _Place(name, environment, canteen_id, tablets)


def _requests(place: _Place, device: str, count: int, size: int) -> list[str]:
    """Return batches of chained weighings, from all tablets in turn."""
    heads = [chain.START] * _TABLETS
    wanted = []
    for number in range(count):
        tablet = number % _TABLETS
        items = []
        for place_in_batch in range(size):
            sequence = number // _TABLETS * size + place_in_batch + 1
            name = f"{device.replace(' ', '-')}-{tablet}"
            item = _item(place.canteen_id, name, sequence, heads[tablet])
            heads[tablet] = item["hash"]
            items.append(item)
        body = json.dumps({"items": items})
        wanted.append(world.request("POST", _PATH, place.tablets[tablet], body))
    return wanted


def _item(canteen_id: str, device: str, sequence: int, head: str) -> dict[str, Any]:
    item = {
        "id": str(uuid4()),
        "canteen_id": canteen_id,
        "stream": _STREAMS[sequence % len(_STREAMS)],
        "gross_grams": 1000 + sequence % 900,
        "tare_grams": 200,
        "device_id": device,
        "sequence": sequence,
        "weighed_at": now().isoformat(timespec="milliseconds"),
        "previous_hash": head,
    }
    return item | {"hash": chain.hash_of(WeighingItem.model_validate(item))}
