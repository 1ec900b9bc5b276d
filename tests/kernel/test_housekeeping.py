import json
from datetime import timedelta
from uuid import uuid4

import pytest
import structlog
from sqlmodel import select

from cleanplate_gateway.embedded import build
from cleanplate_shared import logs
from cleanplate_shared.clock import now
from cleanplate_shared.db import Database
from cleanplate_shared.housekeeping import forget_old
from cleanplate_shared.tables import AnsweredRow, InboxRow, RateCountRow
from cleanplate_shared.topology import SERVICES


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_forgets_by_the_clock(name):
    jobs = build(name, {}).state.service.jobs
    assert [job for group in jobs.values() for job in group].count(forget_old) == 1


def test_what_nobody_will_ask_for_again_is_forgotten_and_the_rest_is_kept(databases):
    db, at = Database(databases.url("report"), {}), now()
    days = timedelta(days=1)
    with db.transaction() as session:
        for age in (29, 31):
            session.add(InboxRow(event_id=uuid4(), at=at - age * days))
        for age in (2, 4):
            asked = at - age * days
            session.add(
                AnsweredRow(person_id=uuid4(), key="k", request_hash="", answer="", at=asked)
            )
        for seconds in (-1, 60):
            expires = at.timestamp() + seconds
            session.add(RateCountRow(key=str(seconds), hits=1, expires_at=expires))
    forget_old(db, lambda: at)
    with db.reading() as session:
        assert [at - row.at for row in session.exec(select(InboxRow))] == [29 * days]
        assert [at - row.at for row in session.exec(select(AnsweredRow))] == [2 * days]
        assert [row.key for row in session.exec(select(RateCountRow))] == ["60"]
    db.engine.dispose()


@pytest.fixture
def _configured_as_before():
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("_configured_as_before")
def test_a_log_line_is_one_json_object_with_the_request_id(capsys):
    logs.configure()
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        structlog.get_logger().info("told", canteen="机关第一食堂")
        structlog.get_logger().debug("not this")
    try:
        int("why")
    except ValueError:
        structlog.get_logger().exception("failed")
    first, second = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (first["event"], first["request_id"], first["level"]) == ("told", "abc", "info")
    assert first["canteen"] == "机关第一食堂"
    assert first["timestamp"].endswith("Z")
    assert "ValueError: invalid literal" in second["exception"]
