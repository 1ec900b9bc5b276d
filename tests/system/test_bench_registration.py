"""The benchmark of registration counts what it says: its figures are only as good as this."""

import pytest
from bench.rush import world
from bench.rush.load import Load
from bench.rush.servers import served

DINERS = 24


def test_a_rush_is_acknowledged_once_each_and_the_rows_are_counted(tmp_path):
    made = world.make(lambda name: f"sqlite:///{tmp_path / name}.sqlite3", DINERS, 2, tmp_path)
    everybody = Load([], world.registrations(made.diners, made.sessions), 201, 4, keep_bodies=True)
    with served("ours", 1, made.environment) as servers:
        outcome = servers.answer(everybody)
        assert (outcome.answered, outcome.statuses) == (DINERS, {"201": DINERS})
        assert outcome.app_seconds > 0
        made.check_count(DINERS)
        for wrong in (DINERS - 1, DINERS + 1):
            with pytest.raises(RuntimeError, match="acknowledged"):
                made.check_count(wrong)
        with pytest.raises(RuntimeError, match="AlreadyRegistered"):
            servers.answer(everybody)
        undone = Load([], world.cancellations(made.diners, outcome.bodies[:10]), 204, 4)
        assert servers.answer(undone).answered == 10
    made.check_count(DINERS - 10)


def test_waiting_counts_from_when_a_request_was_due():
    requests = ["POST / HTTP/1.1\r\nHost: bench\r\nContent-Length: 0\r\n\r\n"] * 400
    with served("raw", 1, {}) as servers:
        patient = servers.answer(Load([], requests, 201, 1))
        due_at_once = servers.answer(Load([], requests, 201, 1, per_second=1e6))
    assert patient.answered == due_at_once.answered == 400
    assert patient.p50_ms < 1000 * patient.seconds / 20
    assert due_at_once.p99_ms > 1000 * due_at_once.seconds / 2
