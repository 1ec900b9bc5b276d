"""The hauler's side: a code shown to the driver, who confirms without an account."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from cleanplate_shared.contracts.waste_manifests import (
    ContainerWeight,
    DriverLink,
    DriverManifest,
    ManifestState,
    Receipt,
)
from cleanplate_shared.db import instant
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.newest import insert_into
from cleanplate_shared.roles import KITCHEN
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.actions.collection_rules import rules_of
from cleanplate_waste.actions.manifests.refusals import AlreadySigned, LinkGone, ManifestMoved
from cleanplate_waste.actions.manifests.rows import (
    code_of,
    entries_of,
    find_manifest,
    move,
    note,
    signed,
)
from cleanplate_waste.domain.manifests import LINK_LIVES, differs
from cleanplate_waste.models import DriverLinkRow, ManifestRow, Table

_LINKS = Table.metadata.tables["driver_link"]


@dataclass(frozen=True)
class _Shown:
    """The manifest that a code opens."""

    row: ManifestRow
    canteen: KnownCanteenRow
    expires_at: datetime


def make_link(session: Session, caller: Identity, manifest_id: UUID) -> DriverLink:
    """Make the code for the driver of a manifest that was handed over; any before it is void.

    Raises:
        NotFound, Forbidden: not a manifest of a kitchen of the caller.
        ManifestMoved: it is not waiting for the driver.
    """
    row, _ = find_manifest(session, caller, KITCHEN, manifest_id)
    if row.state != ManifestState.HANDED_OVER.value:
        raise ManifestMoved(msg("There is nothing for the driver to confirm."))
    secret = secrets.token_urlsafe(24)
    expires_at = instant(session) + LINK_LIVES
    values = {"digest": _digest(secret), "expires_at": expires_at}
    put = insert_into(session, _LINKS).values(manifest_id=row.id, **values)
    session.connection().execute(
        put.on_conflict_do_update(index_elements=["manifest_id"], set_=values)
    )
    return DriverLink(secret=secret, expires_at=expires_at)


def show_to_driver(session: Session, secret: str) -> DriverManifest:
    """Return what a code opens.

    Raises:
        LinkGone: the code is unknown, replaced or too old.
    """
    return _as_shown(session, _opened(session, secret))


def receive(session: Session, secret: str, wanted: Receipt) -> DriverManifest:
    """Confirm for the hauler; the same again is no harm.

    With a weight of the hauler's own that is the kitchen's, within the canteen's tolerance, the
    manifest is closed, and disputed with another. Without one it waits to be closed.

    Raises:
        LinkGone: the code is unknown, replaced or too old.
        AlreadySigned: it was confirmed with other content.
        ManifestMoved: it was voided.
    """
    shown = _opened(session, secret)
    row = shown.row
    now = instant(session)
    try:
        state = _state_after(session, row, wanted)
        done_at = now if state is ManifestState.CLOSED else None
        moved = {"state": state.value, "closed_at": done_at, "received_grams": wanted.net_grams}
        move(session, row, ManifestState.HANDED_OVER.value, **moved)
    except ManifestMoved:
        session.refresh(row)
        _check_same(session, row, wanted)
        return _as_shown(session, shown)
    received = ManifestState.RECEIVED
    note(session, row, now, wanted.driver, state=received.value, net_grams=wanted.net_grams)
    if state is not received:
        note(session, row, now, None)
    return _as_shown(session, shown)


def _opened(session: Session, secret: str) -> _Shown:
    link = session.exec(
        select(DriverLinkRow).where(DriverLinkRow.digest == _digest(secret))
    ).first()
    if link is None or link.expires_at <= instant(session):
        raise LinkGone(msg("Ask the kitchen to show a new code."))
    row = session.get_one(ManifestRow, link.manifest_id)
    canteen = session.get_one(KnownCanteenRow, row.canteen_id)
    return _Shown(row, canteen, link.expires_at)


def _state_after(session: Session, row: ManifestRow, wanted: Receipt) -> ManifestState:
    if wanted.net_grams is None:
        return ManifestState.RECEIVED
    rules = rules_of(session, row.canteen_id)
    limits = (rules.dispute_percent, rules.dispute_grams)
    is_other = differs(wanted.net_grams, row.net_grams, *limits)
    return ManifestState.DISPUTED if is_other else ManifestState.CLOSED


def _check_same(session: Session, row: ManifestRow, wanted: Receipt) -> None:
    line = signed(entries_of(session, [row])[row.id], ManifestState.RECEIVED)
    if line is None:
        raise ManifestMoved(msg("It was voided by the kitchen. Ask there."))
    if (line.name, line.net_grams) != (wanted.driver, wanted.net_grams):
        raise AlreadySigned(msg("The first confirmation holds. If it is wrong, tell the kitchen."))


def _as_shown(session: Session, shown: _Shown) -> DriverManifest:
    row = shown.row
    line = signed(entries_of(session, [row])[row.id], ManifestState.RECEIVED)
    return DriverManifest.model_validate(
        {
            **row.model_dump(),
            "code": code_of(row),
            "canteen": shown.canteen.name,
            "time_zone": shown.canteen.time_zone,
            "containers": [ContainerWeight.model_validate(one) for one in row.containers],
            "driver": line.name if line else None,
            "expires_at": shown.expires_at,
        }
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(f"driver:{secret}".encode()).hexdigest()
