"""What a scale weighed, on disk before it is sent, numbered and chained.

Source: docs/decisions/0021-scales.md, 0022-numbered-and-chained.md.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID, uuid4

from cleanplate_gateway.scales import device_ids
from cleanplate_shared import chain
from cleanplate_shared.contracts.common import ItemResult, Outcome
from cleanplate_shared.contracts.waste import Method, Stream, WeighingItem
from cleanplate_shared.contracts.waste_trays import TrayItem

_TABLES = """
CREATE TABLE IF NOT EXISTS record (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    item TEXT NOT NULL, problem TEXT
);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS message (
    device TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, place INTEGER UNIQUE,
    PRIMARY KEY (device, key)
);
"""
_WAIT_SECONDS = 30.0


class Kind(StrEnum):
    """What a record is; also where it is sent."""

    WEIGHING = "weighings"
    TRAY = "trays"


@dataclass(frozen=True)
class Target:
    """To which canteen's ledger a scale's weights belong, and as what."""

    canteen_id: UUID
    stream: Stream
    tare_grams: int


class Outbox:
    """Records of this computer's scales that the ledger does not have yet; one per thread."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, timeout=_WAIT_SECONDS, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # what was told to be kept survives a crash
        self._db.executescript(_TABLES + device_ids.TABLE)
        with self.transaction() as db:
            device_ids.bring_over(db)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Keep all that is written in the block, or nothing of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def add_weighing(self, name: str, target: Target, grams: int, at: datetime) -> None:
        """Keep a weight as the next record of a scale; within a transaction.

        Args:
            name: which scale of the canteen.
            target: whose ledger.
            grams: what the scale showed.
            at: when, by this computer's clock or the scale's.
        """
        device = device_ids.device_id(self._db, target.canteen_id, name)
        sequence, previous = self._last(device)
        item = WeighingItem(
            id=uuid4(),
            canteen_id=target.canteen_id,
            stream=target.stream,
            gross_grams=grams,
            tare_grams=min(target.tare_grams, grams),
            device_id=device,
            sequence=sequence + 1,
            weighed_at=at,
            method=Method.SCALE,
            previous_hash=previous,
        )
        item.hash = chain.hash_of(item)
        self._advance(device, item.sequence, item.hash)
        self._add(Kind.WEIGHING, item)

    def add_tray(self, name: str, canteen_id: UUID, grams: int, at: datetime) -> None:
        """Keep the rest on one tray as the next record of a scale; within a transaction."""
        device = device_ids.device_id(self._db, canteen_id, name)
        sequence, previous = self._last(device)
        item = TrayItem(
            id=uuid4(),
            canteen_id=canteen_id,
            device_id=device,
            sequence=sequence + 1,
            grams=grams,
            at=at.replace(microsecond=0),
        )
        self._advance(device, item.sequence, previous)
        self._add(Kind.TRAY, item)

    def waiting(self, kind: Kind, most: int) -> list[dict[str, object]]:
        """Return what is to be sent, oldest first."""
        rows = self._db.execute(
            "SELECT item FROM record WHERE kind = ? AND problem IS NULL ORDER BY number LIMIT ?",
            (kind.value, most),
        )
        return [json.loads(item) for (item,) in rows]

    def settle(self, results: Iterable[ItemResult]) -> None:
        """Forget what the ledger has; keep what it rejected, with the reason."""
        with self.transaction() as db:
            for one in results:
                if one.outcome is Outcome.REJECTED:
                    why = one.problem.detail if one.problem else one.outcome.value
                    db.execute("UPDATE record SET problem = ? WHERE id = ?", (why, str(one.id)))
                else:
                    db.execute("DELETE FROM record WHERE id = ?", (str(one.id),))

    def rejected(self) -> list[tuple[str, str]]:
        """Return the records that the ledger rejected, as JSON, and why."""
        rows = self._db.execute(
            "SELECT item, problem FROM record WHERE problem IS NOT NULL ORDER BY number"
        )
        return [(str(item), str(problem)) for item, problem in rows]

    def fact(self, name: str) -> str | None:
        """Return what was remembered under a name."""
        found = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def remember(self, name: str, value: str) -> None:
        """Keep a fact that is needed when the server is away."""
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _last(self, device: str) -> tuple[int, str]:
        found = "SELECT sequence, hash FROM chain WHERE device_id = ?"
        sequence, hash_ = self._db.execute(found, (device,)).fetchone()
        return int(sequence), str(hash_)

    def _advance(self, device: str, sequence: int, hash_: str) -> None:
        self._db.execute(
            "UPDATE chain SET sequence = ?, hash = ? WHERE device_id = ?", (sequence, hash_, device)
        )

    def _add(self, kind: Kind, item: WeighingItem | TrayItem) -> None:
        self._db.execute(
            "INSERT INTO record (id, kind, item) VALUES (?, ?, ?)",
            (str(item.id), kind.value, item.model_dump_json()),
        )
