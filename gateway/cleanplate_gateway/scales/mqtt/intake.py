"""Messages of MQTT scales, kept before they are acknowledged, and the weights that they settle.

A batch is one transaction: its messages, their place in the order, and the weighings that follow
from them. After a crash the scales' latest readings are read again, and nothing is weighed twice.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cleanplate_gateway.scales import device_ids
from cleanplate_gateway.scales.findings import Finding, Outcome
from cleanplate_gateway.scales.mqtt.layout import Each, Heard, Layout
from cleanplate_gateway.scales.mqtt.ordering import Ordering
from cleanplate_gateway.scales.outbox import Outbox, Target
from cleanplate_gateway.scales.readings import Reading, Told
from cleanplate_gateway.scales.settling import Settling

_REMEMBERED = 1_000  # of each device
_PLACE = (
    "UPDATE message SET place = (SELECT coalesce(max(place), 0) + 1 FROM message)"
    " WHERE device = ? AND key = ?"
)
_MINE = "SELECT name, key, body FROM message JOIN chain ON device_id = device AND canteen_id = ?"


@dataclass(frozen=True)
class Time:
    """Now, by a clock that only goes forward, and by that of the wall."""

    seconds: float
    wall: datetime


class Intake:
    """All scales behind one subscription."""

    def __init__(self, outbox: Outbox, layout: Layout, target: Target, time: Time) -> None:
        self._outbox = outbox
        self._layout = layout
        self._target = target
        self._order: defaultdict[str, Ordering] = defaultdict(Ordering)
        self._settling: dict[str, Settling] = {}
        with outbox.transaction() as db:
            self._resume(db, time)

    def take(self, messages: Sequence[Heard], time: Time) -> list[tuple[str, Finding]]:
        """Keep messages, and tell what they add; on disk when it returns."""
        found: list[tuple[str, Finding]] = []
        with self._outbox.transaction() as db:
            for heard in messages:
                if _keep(db, self._id(db, heard.device), heard, time):
                    ready = self._order[heard.device].add(heard, time.seconds)
                    found += self._use(db, ready)
            for name in {heard.device for heard in messages}:
                _forget(db, self._id(db, name))
        return found

    def late(self, time: Time) -> list[tuple[str, Finding]]:
        """Go on without messages that were waited for long enough."""
        with self._outbox.transaction() as db:
            ready = [one for order in self._order.values() for one in order.late(time.seconds)]
            return list(self._use(db, ready))

    def be_patient(self, time: Time) -> None:
        """Begin to wait anew: the broker was away until now."""
        for order in self._order.values():
            order.be_patient(time.seconds)

    def _use(self, db: sqlite3.Connection, ready: Iterable[Heard]) -> Iterator[tuple[str, Finding]]:
        for heard in ready:
            where = (self._id(db, heard.device), heard.key)
            db.execute(_PLACE, where)
            body = db.execute(
                "SELECT body FROM message WHERE (device, key) = (?, ?)", where
            ).fetchone()
            at = datetime.fromisoformat(json.loads(body[0])["at"])
            finding = self._finding(heard, at)
            if finding is None:
                continue
            if finding.grams is not None:
                self._outbox.add_weighing(heard.device, self._target, finding.grams, at)
            yield heard.device, finding

    def _finding(self, heard: Heard, at: datetime) -> Finding | None:
        if self._layout.each is Each.WEIGHING:
            return _weighed(self._layout, heard.reading)
        settling = self._settling.setdefault(heard.device, Settling(self._layout))
        return settling.take(heard.reading, at.timestamp())

    def _id(self, db: sqlite3.Connection, name: str) -> str:
        return device_ids.device_id(db, self._target.canteen_id, name)

    def _resume(self, db: sqlite3.Connection, time: Time) -> None:
        """Read again what was taken, without weighing it; then go on with what still waits."""
        device_ids.claim(db, self._target.canteen_id)
        mine = (str(self._target.canteen_id),)
        taken = db.execute(f"{_MINE} WHERE place IS NOT NULL ORDER BY place", mine).fetchall()
        for device, key, body in taken:
            heard, at = _remembered(device, key, body)
            self._finding(heard, at)
            self._order[device].resume(heard)
        waiting = db.execute(f"{_MINE} WHERE place IS NULL", mine).fetchall()
        for device, key, body in waiting:
            heard, _at = _remembered(device, key, body)
            for _ in self._use(db, self._order[device].add(heard, time.seconds)):
                pass


def _weighed(layout: Layout, reading: Reading) -> Finding | None:
    if reading.told is Told.OVERLOAD:
        return Finding(Outcome.OVERLOAD)
    if reading.told is Told.UNSTABLE or reading.grams is None:
        return None
    if reading.grams < -layout.division_grams:
        return Finding(Outcome.NEGATIVE)
    return Finding(Outcome.WEIGHED, reading.grams) if reading.grams > 0 else None


def _keep(db: sqlite3.Connection, device: str, heard: Heard, time: Time) -> bool:
    """Keep a message; return False if it is there already."""
    said = {
        "sequence": heard.sequence,
        "told": heard.reading.told.value,
        "grams": heard.reading.grams,
        "at": (heard.at or time.wall).isoformat(),
        "has_clock": heard.at is not None,
    }
    kept = db.execute(
        "INSERT OR IGNORE INTO message (device, key, body) VALUES (?, ?, ?)",
        (device, heard.key, json.dumps(said)),
    )
    return kept.rowcount == 1


def _remembered(device: str, key: str, body: str) -> tuple[Heard, datetime]:
    said = json.loads(body)
    at = datetime.fromisoformat(said["at"])
    reading = Reading(Told(said["told"]), said["grams"])
    return Heard(device, key, said["sequence"], reading, at if said["has_clock"] else None), at


def _forget(db: sqlite3.Connection, device: str) -> None:
    db.execute(
        "DELETE FROM message WHERE device = ? AND place <= (SELECT place FROM message"
        " WHERE device = ? AND place IS NOT NULL ORDER BY place DESC LIMIT 1 OFFSET ?)",
        (device, device, _REMEMBERED),
    )
