"""Notices that wait: sent once when all is well, twice at most after a crash, never lost."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest

from cleanplate_shared.errors import Conflict
from cleanplate_shared.i18n import Message, msg
from cleanplate_shared.notices import Channel, Delivered, NotDelivered, Notice, Notifier, Waiting
from cleanplate_shared.notices.delivery import deliver_due
from support.outside import web
from support.services import SettableClock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Row:
    waiting: Waiting
    due: datetime
    sent_at: datetime | None = None
    given_up: bool = False
    reason: Message | None = None


@dataclass
class Table:
    """An outbox in memory, as one process sees it."""

    rows: dict[UUID, Row] = field(default_factory=dict)

    def add(self, title: str, due: datetime = NOON, sealed: str = "sealed") -> Row:
        waiting = Waiting(uuid4(), sealed, Notice(title, ""), tries=0)
        self.rows[waiting.id] = row = Row(waiting, due)
        return row

    def claim(self, now: datetime, until: datetime, most: int) -> Sequence[Waiting]:
        open_ = (row for row in self.rows.values() if not (row.sent_at or row.given_up))
        taken = [row for row in open_ if row.due <= now][:most]
        for row in taken:
            row.waiting, row.due = replace(row.waiting, tries=row.waiting.tries + 1), until
        return [row.waiting for row in taken]

    def sent(self, notice_id: UUID, at: datetime) -> None:
        self.rows[notice_id].sent_at = at

    def failed(self, notice_id: UUID, retry_at: datetime | None, reason: Message) -> None:
        row = self.rows[notice_id]
        row.reason, row.given_up = reason, retry_at is None
        row.due = retry_at or row.due


class Dies(Table):
    """A process that dies between sending and marking."""

    def sent(self, *_: object) -> None:
        raise SystemExit


@pytest.fixture
def clock():
    return SettableClock(NOON)


def refuse(_sealed: str, _notice: Notice) -> None:
    raise NotDelivered(msg("It does not answer in time."))


def test_what_is_due_is_sent_once_and_the_rest_waits(clock):
    table, told = Table(), Counter()
    table.add("now")
    later = table.add("later", NOON + MINUTE)

    def send(_sealed: str, notice: Notice) -> None:
        told[notice.title] += 1

    assert deliver_due(table, send, clock) == Delivered(sent=1)
    assert deliver_due(table, send, clock) == Delivered()
    clock.at = later.due
    assert deliver_due(table, send, clock) == Delivered(sent=1)
    assert told == {"now": 1, "later": 1}


def test_a_crash_before_the_mark_sends_twice_and_loses_nothing(clock):
    told: Counter[str] = Counter()
    table = Dies()
    for title in ("one", "two", "three"):
        table.add(title)

    def send(_sealed: str, notice: Notice) -> None:
        told[notice.title] += 1

    with pytest.raises(SystemExit):
        deliver_due(table, send, clock)
    alive = Table(table.rows)
    assert deliver_due(alive, send, clock) == Delivered()
    clock.at += 10 * MINUTE
    assert deliver_due(alive, send, clock) == Delivered(sent=3)
    assert set(told) == {"one", "two", "three"}
    assert max(told.values()) == 2


def test_what_does_not_arrive_is_tried_again_later_and_later_and_given_up(clock):
    table = Table()
    row, pauses = table.add("never"), []
    while not row.given_up:
        before = clock.at
        found = deliver_due(table, refuse, clock)
        assert found in (Delivered(failed=1), Delivered(given_up=1))
        clock.at = row.due
        pauses += [(row.due - before) // MINUTE] * (not row.given_up)
    assert pauses == [1, 5, 15, 60]
    assert row.waiting.tries == 5
    clock.at += timedelta(days=9)
    assert deliver_due(table, refuse, clock) == Delivered()
    assert row.reason.in_("zh") == "对方未在规定时间内应答。"


def test_one_that_fails_in_whatever_way_does_not_hold_up_the_others(clock):
    table = Table()
    for title in ("fine", "refused", "bug"):
        table.add(title)

    def send(_sealed: str, notice: Notice) -> None:
        if notice.title == "refused":
            raise Conflict
        if notice.title == "bug":
            raise ZeroDivisionError("https://secret")

    assert deliver_due(table, send, clock) == Delivered(sent=1, failed=2)
    assert "secret" not in str([row.reason for row in table.rows.values()])


def test_eight_are_on_their_way_at_a_time_so_that_a_slow_one_is_not_alone(clock):
    table, together = Table(), Barrier(8, timeout=120)
    for number in range(8):
        table.add(str(number))
    assert deliver_due(table, lambda *_: together.wait() and None, clock) == Delivered(sent=8)


def test_a_sealed_channel_is_opened_to_send_and_a_wrong_key_is_a_reason(clock):
    with web() as service:
        service.answers(b'{"event":"message"}')
        here = Notifier("k" * 32, [], clock)
        sealed = here.seal(Channel.of(f"ntfy://127.0.0.1:{service.port}/canteen"))
        table = Table()
        row = table.add("午餐", sealed=sealed)
        assert here.deliver_due(table) == Delivered(failed=1)
        assert "internal network" in str(row.reason)
    assert Notifier("o" * 32, [], clock).deliver_due(table) == Delivered()
    clock.at = row.due
    assert Notifier("o" * 32, [], clock).deliver_due(table) == Delivered(failed=1)
    assert "another key" in str(row.reason)
