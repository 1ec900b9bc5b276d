"""Under which id a scale's records are in the ledger: one for each canteen and name.

A file keeps a chain for each id. The first canteen that uses a name has it as its id; another one
has the name and a digest, so that neither misses the numbers of the other.

Source: docs/decisions/0021-scales.md.
"""

import hashlib
import sqlite3
from uuid import UUID

from cleanplate_shared import chain

TABLE = """
CREATE TABLE IF NOT EXISTS chain (
    device_id TEXT PRIMARY KEY, canteen_id TEXT, name TEXT NOT NULL,
    sequence INTEGER NOT NULL, hash TEXT NOT NULL, UNIQUE (canteen_id, name)
);
"""
_LONGEST_NAME, _DIGEST = 55, 8  # with the dot between them: the 64 that the ledger takes


def bring_over(db: sqlite3.Connection) -> None:
    """Keep the chains of a file from before names were told apart by canteen; in a transaction.

    They belong to the only canteen that the file knows, else to the first that uses the name.
    """
    tables = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'device'").fetchone()
    if tables is None:
        return
    known = {
        str(one)
        for (one,) in db.execute(
            "SELECT value FROM fact WHERE name LIKE 'canteen %'"
            " UNION SELECT json_extract(item, '$.canteen_id') FROM record"
        )
    }
    owner = known.pop() if len(known) == 1 else None
    db.execute("INSERT INTO chain SELECT name, ?, name, sequence, hash FROM device", (owner,))
    db.execute(
        "INSERT OR IGNORE INTO chain SELECT DISTINCT device, ?, device, 0, ? FROM message",
        (owner, chain.START),
    )
    db.execute("DROP TABLE device")


def claim(db: sqlite3.Connection, canteen_id: UUID) -> None:
    """Let a canteen have the names whose messages wait and that belong to nobody yet."""
    db.execute(
        "UPDATE OR IGNORE chain SET canteen_id = ? WHERE canteen_id IS NULL"
        " AND device_id IN (SELECT device FROM message)",
        (str(canteen_id),),
    )


def device_id(db: sqlite3.Connection, canteen_id: UUID, name: str) -> str:
    """Return the id of a canteen's scale, the same each time; within a transaction."""
    mine = (str(canteen_id), name)
    found = "SELECT device_id FROM chain WHERE canteen_id = ? AND name = ?"
    if row := db.execute(found, mine).fetchone():
        return str(row[0])
    from_before = "UPDATE chain SET canteen_id = ? WHERE device_id = ? AND canteen_id IS NULL"
    if db.execute(from_before, mine).rowcount:
        return name
    is_taken = db.execute("SELECT 1 FROM chain WHERE device_id = ?", (name,)).fetchone()
    made = _apart(canteen_id, name) if is_taken else name
    db.execute("INSERT INTO chain VALUES (?, ?, ?, 0, ?)", (made, *mine, chain.START))
    return made


def _apart(canteen_id: UUID, name: str) -> str:
    digest = hashlib.sha256(f"{canteen_id} {name}".encode()).hexdigest()
    return f"{name[:_LONGEST_NAME]}.{digest[:_DIGEST]}"
