"""Devices and their chains: what is missing, and what is not as it was sent."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true
from sqlmodel import Session

from cleanplate_shared import chain
from cleanplate_shared.clock import now
from cleanplate_shared.contracts.waste import DeviceChain, WeighingItem
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import KITCHEN
from cleanplate_waste.actions.imports import LEDGER
from cleanplate_waste.actions.recording import content_hash
from cleanplate_waste.actions.sums import sums_where
from cleanplate_waste.domain.chains import Chain, Link, follow
from cleanplate_waste.models import DAY_STREAMS, DEVICES, WEIGHING_KEYS, WEIGHINGS

_W = WEIGHINGS.c
_AT_ONCE = 2_000
_PATIENCE = timedelta(days=7)  # a tablet that was offline brings what is missing
_Device = tuple[UUID, str]


def list_devices(
    session: Session, caller: Identity, canteen_id: UUID, period: Period
) -> list[DeviceChain]:
    """Return the devices that weigh in a canteen, in the order of their first records.

    Whether records are as they were sent is looked at for those of the period; their numbers and
    links from the first record on.

    Raises:
        NotFound, Forbidden: not a kitchen of the caller.
    """
    find_canteen(session, caller, KITCHEN, canteen_id)
    here = (_W.canteen_id == canteen_id) & (_W.device_id != LEDGER)
    chains = {device: found for (_, device), found in _chains(session, here)}
    heads = _heads(session, canteen_id)
    altered: dict[str, list[int]] = {}
    for row in _altered(session, here & _W.date.between(period.first, period.last)):
        altered.setdefault(row["device_id"], []).append(row["sequence"])
    return [
        _told(row, chains.get(row["device_id"], Chain()), heads, altered)
        for row in _totals(session, here)
    ]


def count_altered(session: Session) -> int:
    """Return how many records are not what their device sent."""
    return sum(1 for _ in _altered(session, true()))


def count_breaks(session: Session) -> int:
    """Return how many chained records do not follow the record before them, or are lost."""
    heads = {(row.canteen_id, row.device_id): row for row in _head_rows(session, true())}
    found = 0
    for device, links in _chains(session, true()):
        found += len(links.breaks) + _is_lost(links, heads.pop(device, None))
    return found + len(heads)


def count_gaps(session: Session) -> int:
    """Return how many gaps in the numbers of devices have been known for more than a week."""
    since = now() - _PATIENCE
    chains = _chains(session, true())
    return sum(gap.known_since < since for _, found in chains for gap in found.gaps)


def count_wrong_sums(session: Session) -> int:
    """Return how many sums of a day differ from the records."""
    table = DAY_STREAMS.c
    kept = session.connection().execute(
        select(DAY_STREAMS).where((table.net_grams != 0) | (table.weighings != 0))
    )
    sums = {
        (row.canteen_id, row.date, row.meal, row.stream, row.is_pending): (
            row.net_grams,
            row.weighings,
        )
        for row in kept
    }
    return len(sums.items() ^ sums_where(session, true()).items())


def _told(
    row: Mapping[str, Any],
    found: Chain,
    heads: Mapping[str, tuple[int, str]],
    altered: Mapping[str, list[int]],
) -> DeviceChain:
    head = heads.get(row["device_id"])
    return DeviceChain(
        **row,
        gaps=[(gap.first, gap.last) for gap in found.gaps],
        breaks=found.breaks,
        altered=altered.get(row["device_id"], []),
        lost=head[0] if head and _is_lost(found, head) else None,
    )


def _is_lost(found: Chain, head: Any) -> bool:  # noqa: ANN401
    """Say whether the newest record of a device was here once and is not any more."""
    if head is None:
        return False
    *_, sequence, newest = head
    if sequence == found.last_sequence:
        return newest not in found.last
    return bool(sequence > found.last_sequence)


def _heads(session: Session, canteen_id: UUID) -> dict[str, tuple[int, str]]:
    rows = _head_rows(session, DEVICES.c.canteen_id == canteen_id)
    return {row.device_id: (row.last_sequence, row.last_hash) for row in rows}


def _head_rows(session: Session, wanted: ColumnElement[bool]) -> Any:  # noqa: ANN401
    return session.connection().execute(select(DEVICES).where(wanted)).all()


def _totals(session: Session, wanted: ColumnElement[bool]) -> list[dict[str, Any]]:
    of_device = WEIGHINGS.alias()
    newest_skew = (
        select(of_device.c.clock_skew_seconds)
        .where(of_device.c.canteen_id == _W.canteen_id, of_device.c.device_id == _W.device_id)
        .order_by(of_device.c.received_at.desc(), of_device.c.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )
    first_at = func.min(_W.received_at).label("first_at")
    totals = (
        select(
            _W.device_id,
            func.count().label("records"),
            func.count(_W.hash).label("chained"),
            func.min(_W.sequence).label("first_sequence"),
            func.max(_W.sequence).label("last_sequence"),
            first_at,
            func.max(_W.received_at).label("last_at"),
            newest_skew.label("clock_skew_seconds"),
        )
        .where(wanted)
        .group_by(_W.canteen_id, _W.device_id)
        .order_by(first_at, _W.device_id)
    )
    return [dict(row) for row in session.connection().execute(totals).mappings()]


def _chains(session: Session, wanted: ColumnElement[bool]) -> Iterator[tuple[_Device, Chain]]:
    links = (
        select(_W.canteen_id, _W.device_id, _W.sequence, _W.previous_hash, _W.hash, _W.received_at)
        .where(wanted, _W.hash.is_not(None))
        .order_by(_W.canteen_id, _W.device_id, _W.sequence)
    )
    rows = session.connection().execute(links, execution_options={"yield_per": _AT_ONCE})
    for device, of_device in groupby(rows, key=lambda row: (row.canteen_id, row.device_id)):
        yield device, follow(Link(*row[2:]) for row in of_device)


def _altered(session: Session, wanted: ColumnElement[bool]) -> Iterator[Mapping[str, Any]]:
    """Yield the records that are not what was sent; rows of an imported ledger were not."""
    mine = (_W.id == WEIGHING_KEYS.c.id) & (_W.weighed_at == WEIGHING_KEYS.c.weighed_at)
    rows = (
        select(WEIGHINGS, WEIGHING_KEYS.c.content_hash)
        .outerjoin(WEIGHING_KEYS, mine)
        .where(wanted, _W.device_id != LEDGER)
        .order_by(_W.canteen_id, _W.device_id, _W.sequence)
    )
    found = session.connection().execute(rows, execution_options={"yield_per": _AT_ONCE})
    return (dict(row) for row in found.mappings() if not _is_as_sent({**row}))


def _is_as_sent(row: Mapping[str, Any]) -> bool:
    entered = {name: row[f"entered_{name}"] for name in ("quantity", "unit", "grams_per_unit")}
    said = {**row, "entered": entered if entered["unit"] else None}
    try:
        item = WeighingItem.model_validate(said)
    except ValueError:
        return False
    if item.hash and item.hash != chain.hash_of(item):
        return False
    return bool(content_hash(item) == row["content_hash"])
