"""How a manifest ends: closed with the weight that counts, or voided with a reason."""

from uuid import UUID

from sqlmodel import Session

from cleanplate_shared.contracts.waste_manifests import (
    Closing,
    Manifest,
    ManifestState,
    Voiding,
)
from cleanplate_shared.db import instant
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import KITCHEN, MANAGEMENT
from cleanplate_waste.actions.collection_rules import rules_of
from cleanplate_waste.actions.days import lock_canteens
from cleanplate_waste.actions.manifests.refusals import ManifestMoved, ReasonMissing
from cleanplate_waste.actions.manifests.rows import as_manifests, find_manifest, move, note
from cleanplate_waste.actions.treatment import give_back
from cleanplate_waste.domain.manifests import differs
from cleanplate_waste.models import ManifestRow

_TO_CLOSE = {ManifestState.RECEIVED.value, ManifestState.DISPUTED.value}


def close(session: Session, caller: Identity, manifest_id: UUID, wanted: Closing) -> Manifest:
    """Close a manifest that the driver has confirmed, with the weight that counts.

    Raises:
        NotFound, Forbidden: not a manifest of a canteen that the caller manages.
        ManifestMoved: it is not waiting to be closed.
        ReasonMissing: it is disputed, or closed with another weight than the kitchen's.
    """
    row, canteen = find_manifest(session, caller, MANAGEMENT, manifest_id)
    seen = row.state
    if seen not in _TO_CLOSE:
        raise ManifestMoved(msg("It is closed after the driver has confirmed it, and once."))
    if wanted.reason is None and _needs_reason(session, row, wanted):
        raise ReasonMissing(msg("Say why this weight is to count."))
    now = instant(session)
    settled = row.net_grams if wanted.net_grams is None else wanted.net_grams
    ended = {"state": ManifestState.CLOSED.value, "settled_grams": settled, "closed_at": now}
    move(session, row, seen, **ended)
    note(session, row, now, caller, net_grams=settled, reason=wanted.reason)
    return as_manifests(session, caller, canteen, [row], now)[0]


def void(session: Session, caller: Identity, manifest_id: UUID, wanted: Voiding) -> Manifest:
    """Take a manifest out of all sums, with a reason; it stays to be seen.

    A draft is the kitchen's to void, anything later the management's.

    Raises:
        NotFound, Forbidden: not a manifest of a kitchen of the caller, or not theirs to void.
        ManifestMoved: it was voided before, or somebody was quicker.
        LotClosed, MoreThanWentIn: what a lot has taken in cannot be taken back any more.
    """
    row, canteen = find_manifest(session, caller, KITCHEN, manifest_id)
    seen = row.state
    if seen == ManifestState.VOIDED.value:
        raise ManifestMoved(msg("It was voided before."))
    if seen != ManifestState.DRAFT.value:
        find_canteen(session, caller, MANAGEMENT, canteen.id)
    lock_canteens(session, [canteen.id])
    if row.lot_id is not None and seen == ManifestState.CLOSED.value:
        give_back(session, canteen, row.lot_id, row.net_grams)
    move(session, row, seen, state=ManifestState.VOIDED.value)
    now = instant(session)
    note(session, row, now, caller, reason=wanted.reason)
    return as_manifests(session, caller, canteen, [row], now)[0]


def _needs_reason(session: Session, row: ManifestRow, wanted: Closing) -> bool:
    if row.state == ManifestState.DISPUTED.value:
        return True
    rules = rules_of(session, row.canteen_id)
    limits = (rules.dispute_percent, rules.dispute_grams)
    return wanted.net_grams is not None and differs(wanted.net_grams, row.net_grams, *limits)
