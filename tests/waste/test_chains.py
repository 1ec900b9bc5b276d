"""What a device numbered and chained is checked; what is missing or changed is shown."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, event, update

from cleanplate_gateway.cli.checkup import _of_service
from cleanplate_waste.models import WEIGHINGS
from waste.devices import Device, chains, hashed
from waste.kitchen import kept, outcomes


def faults(service):
    """Return what `cleanplate doctor` finds wrong with the records."""
    return {check.check for check in _of_service("waste", service.app) if not check.ok}


ALTERED = "weighings are what their devices sent"
BROKEN = "weighings follow one another, none lost"
MISSING = "no number of a device missing for a week"
SUMS = "sums of days = their weighings"


async def test_a_whole_chain_in_any_order_has_no_fault(service):
    device = Device()
    items = [device.weighs(gross=1000 + n) for n in range(40)]
    random.Random(3).shuffle(items)  # noqa: S311
    assert set(await outcomes(service, *items)) == {"created"}
    (found,) = await chains(service)
    assert (found["records"], found["chained"]) == (40, 40)
    assert (found["first_sequence"], found["last_sequence"]) == (1, 40)
    assert (found["gaps"], found["breaks"], found["altered"], found["lost"]) == ([], [], [], None)
    assert faults(service) == set()


async def test_a_gap_is_shown_until_the_missing_records_come(service):
    device = Device()
    one, two, three, four = (device.weighs() for _ in range(4))
    await outcomes(service, one, four)
    (found,) = await chains(service)
    assert (found["gaps"], found["breaks"]) == ([[2, 3]], [])
    await outcomes(service, three, two)
    (found,) = await chains(service)
    assert found["gaps"] == []


async def test_the_beginning_of_a_chain_is_missed_too(service):
    device = Device()
    device.weighs()
    await outcomes(service, device.weighs())
    (found,) = await chains(service)
    assert found["gaps"] == [[1, 1]]


async def test_a_gap_is_the_doctors_business_after_a_week(service):
    device = Device()
    device.weighs()
    await outcomes(service, device.weighs())
    for days, found in ((6.9, set()), (7.1, {MISSING})):
        with service.db.transaction() as session:
            known_since = service.clock.at - timedelta(days=days)
            session.execute(update(WEIGHINGS).values(received_at=known_since))
        assert faults(service) == found


@pytest.mark.parametrize(
    "change",
    [
        {"gross_grams": 900, "tare_grams": 0},
        {"stream": "oil"},
        {"sequence": 7},
        {"weighed_at": "2026-03-02T12:31:00+08:00"},
        {"food": "rice"},
        {"previous_hash": "1" * 64},
    ],
)
async def test_a_record_changed_on_its_way_is_refused(service, change):
    item = Device().weighs()
    assert await outcomes(service, item | change) == ["ChangedOnTheWay"]
    assert await outcomes(service, item) == ["created"]


async def test_the_same_hash_does_not_excuse_other_content(service):
    item = Device().weighs()
    await outcomes(service, item)
    assert await outcomes(service, item | {"gross_grams": 1400}) == ["ChangedOnTheWay"]
    altered = item | {"gross_grams": 1400}
    assert await outcomes(service, altered | {"hash": hashed(altered)}) == ["IdempotencyKeyReused"]


async def test_half_a_chain_is_refused(service):
    item = Device().weighs()
    del item["previous_hash"]
    assert await outcomes(service, item) == ["Unprocessable"]


async def test_a_rewritten_record_and_a_number_used_twice_are_shown(service):
    device = Device()
    device.weighs()
    second = device.weighs()
    forged = Device(items=device.items[:1]).weighs(gross=600)
    await outcomes(service, *device.items, device.weighs(), forged)
    (found,) = await chains(service)
    assert found["breaks"] == [2]
    assert kept(service)[0] == 4  # a true weight is not thrown away
    assert second["sequence"] == forged["sequence"]
    assert faults(service) == {BROKEN}


async def test_a_record_that_follows_another_one_is_shown(service):
    device, other = Device(), Device()
    other.weighs(gross=700)
    await outcomes(service, device.weighs(), other.weighs())
    (found,) = await chains(service)
    assert found["breaks"] == [2]


@pytest.mark.parametrize(
    "change",
    [
        {"gross_grams": 1400, "net_grams": 900},
        {"stream": "oil"},
        {"reason": "taste"},
        {"food": "rice"},
        {"corrects": None, "withdraws": True},
        {"sequence": 77},
    ],
)
async def test_a_row_changed_in_the_database_is_found(service, change):
    device = Device()
    items = [device.weighs() for _ in range(3)]
    await outcomes(service, *items)
    with service.db.transaction() as session:
        mine = WEIGHINGS.c.sequence == 2
        session.execute(update(WEIGHINGS).where(mine).values(**change))
    (found,) = await chains(service)
    assert found["altered"] == [change.get("sequence", 2)]
    assert ALTERED in faults(service)


async def test_an_unchained_row_changed_in_the_database_is_found(service):
    item = Device().weighs()
    del item["hash"], item["previous_hash"]
    await outcomes(service, item)
    assert faults(service) == set()
    with service.db.transaction() as session:
        session.execute(update(WEIGHINGS).values(gross_grams=600, net_grams=100))
    assert faults(service) == {ALTERED, SUMS}


async def test_a_row_taken_out_of_the_database_is_found(service):
    device = Device()
    await outcomes(service, *[device.weighs() for _ in range(3)])
    with service.db.transaction() as session:
        session.execute(delete(WEIGHINGS).where(WEIGHINGS.c.sequence == 2))
    (found,) = await chains(service)
    assert found["gaps"] == [[2, 2]]
    assert faults(service) == {SUMS}


async def test_the_newest_row_taken_out_of_the_database_is_found(service):
    device = Device()
    await outcomes(service, *[device.weighs() for _ in range(3)])
    with service.db.transaction() as session:
        session.execute(delete(WEIGHINGS).where(WEIGHINGS.c.sequence == 3))
    (found,) = await chains(service)
    assert found["lost"] == 3
    assert BROKEN in faults(service)


async def test_a_device_of_which_nothing_is_left_is_found(service):
    await outcomes(service, Device().weighs())
    with service.db.transaction() as session:
        session.execute(delete(WEIGHINGS))
    assert BROKEN in faults(service)


async def _statements_to_list(service):
    """Return how many statements a list of the devices takes, and the devices."""
    seen = []

    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        found = await chains(service)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(seen), found


async def test_more_devices_take_no_more_statements_and_each_has_its_newest_skew(service):
    await outcomes(service, Device("tablet-1").weighs())
    few, _ = await _statements_to_list(service)
    for number in (2, 3, 4):
        device = Device(f"tablet-{number}")
        await outcomes(service, device.weighs(), device.weighs())
        with service.db.transaction() as session:
            for sequence in (1, 2):  # the later number is the newest: both came at once
                mine = (WEIGHINGS.c.device_id == device.name) & (WEIGHINGS.c.sequence == sequence)
                said = {"clock_skew_seconds": number * 10 + sequence}
                session.execute(update(WEIGHINGS).where(mine).values(said))
    many, found = await _statements_to_list(service)
    assert [one["device_id"] for one in found] == [f"tablet-{n}" for n in (1, 2, 3, 4)]
    assert [one["clock_skew_seconds"] for one in found] == [None, 22, 32, 42]
    assert many == few
