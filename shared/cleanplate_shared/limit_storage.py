"""Where rate counts are kept: in this process, or in the database where processes share them."""

import time

from limits.storage import Storage
from sqlalchemy import case, delete, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from cleanplate_shared.db import Database
from cleanplate_shared.tables import RateCountRow


class ProcessStorage(Storage):
    """The storage interface of `limits` over two dictionaries, for use on one event loop.

    A count costs the same however many people are known: those of the minute before the last one
    are dropped together. (`limits.storage.MemoryStorage` walks all keys every 10 ms.)
    """

    _GENERATION_SECONDS = 60.0

    def __init__(self) -> None:
        super().__init__()
        self._young: dict[str, tuple[int, float]] = {}
        self._old: dict[str, tuple[int, float]] = {}
        self._until = time.time() + self._GENERATION_SECONDS

    @property
    def base_exceptions(self) -> type[Exception]:
        """Return what a failing storage raises."""
        return Exception

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count `amount` more for `key` in its window of at most a minute; return the count."""
        now = time.time()
        if now >= self._until:
            self._old, self._young = self._young, {}
            self._until = now + self._GENERATION_SECONDS
        hits, expires_at = self._found(key, now) or (0, now + expiry)
        self._young[key] = hits + amount, expires_at
        return hits + amount

    def get(self, key: str) -> int:
        """Return the count of `key` in its current window."""
        return (self._found(key, time.time()) or (0, 0.0))[0]

    def get_expiry(self, key: str) -> float:
        """Return when the window of `key` ends, in seconds of the epoch."""
        now = time.time()
        return (self._found(key, now) or (0, now))[1]

    def check(self) -> bool:
        """Say whether the storage works."""
        return True

    def reset(self) -> int:
        """Forget all counts; return how many there were."""
        known = len(self._young.keys() | self._old.keys())
        self._young, self._old = {}, {}
        return known

    def clear(self, key: str) -> None:
        """Forget the count of `key`."""
        self._young.pop(key, None)
        self._old.pop(key, None)

    def _found(self, key: str, now: float) -> tuple[int, float] | None:
        found = self._young.get(key) or self._old.get(key)
        return found if found and found[1] > now else None


class DatabaseStorage(Storage):
    """The storage interface of `limits` over one table; counts are shared by all processes."""

    def __init__(self, db: Database) -> None:
        super().__init__()
        self._db = db
        self._insert = sqlite.insert if db.is_sqlite else postgresql.insert

    @property
    def base_exceptions(self) -> type[Exception]:
        """Return what a failing storage raises."""
        return Exception

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count `amount` more for `key` in its window of `expiry` seconds; return the count."""
        now = time.time()
        insert = self._insert(RateCountRow).values(key=key, hits=amount, expires_at=now + expiry)
        over = col(RateCountRow.expires_at) <= literal(now)
        upsert = insert.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "hits": case((over, amount), else_=col(RateCountRow.hits) + amount),
                "expires_at": case((over, now + expiry), else_=col(RateCountRow.expires_at)),
            },
        ).returning(col(RateCountRow.hits))
        with self._db.transaction() as session:
            return int(session.execute(upsert).scalar_one())

    def get(self, key: str) -> int:
        """Return the count of `key` in its current window."""
        row = self._row(key)
        return row.hits if row and row.expires_at > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window of `key` ends, in seconds of the epoch."""
        row = self._row(key)
        return row.expires_at if row else time.time()

    def check(self) -> bool:
        """Say whether the storage works."""
        self._row("")
        return True

    def reset(self) -> int:
        """Forget all counts; return how many there were."""
        with self._db.transaction() as session:
            return int(session.execute(delete(RateCountRow)).rowcount)  # type: ignore[attr-defined]

    def clear(self, key: str) -> None:
        """Forget the count of `key`."""
        with self._db.transaction() as session:
            session.execute(delete(RateCountRow).where(col(RateCountRow.key) == key))

    def _row(self, key: str) -> RateCountRow | None:
        with self._db.reading() as session:
            return _find(session, key)


def _find(session: Session, key: str) -> RateCountRow | None:
    return session.exec(select(RateCountRow).where(RateCountRow.key == key)).first()
