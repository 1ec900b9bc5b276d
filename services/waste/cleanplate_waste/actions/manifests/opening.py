"""The kitchen's side: what is to leave, and its confirmation."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.waste_manifests import (
    HandOver,
    Licence,
    Manifest,
    ManifestCreate,
    ManifestState,
    WasteKind,
)
from cleanplate_shared.db import instant
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.ids import new_ids
from cleanplate_shared.roles import KITCHEN
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.actions.collection_rules import rules_of
from cleanplate_waste.actions.days import lock_canteens
from cleanplate_waste.actions.haulers import licence_of
from cleanplate_waste.actions.manifests.refusals import (
    AlreadySigned,
    HaulerNotLicensed,
    ManifestMoved,
    MoreThanWeighed,
    NotTheWeight,
)
from cleanplate_waste.actions.manifests.rows import as_manifests, find_manifest, move, note
from cleanplate_waste.actions.manifests.stock import here_at
from cleanplate_waste.actions.treatment import open_lot
from cleanplate_waste.domain.manifests import is_licensed, is_more
from cleanplate_waste.models import HaulerRow, ManifestRow


def open_manifest(
    session: Session, caller: Identity, canteen_id: UUID, wanted: ManifestCreate
) -> Manifest:
    """Write down what is to leave; nothing has left yet.

    Raises:
        NotFound, Forbidden: not a kitchen of the caller, or no such hauler or lot there.
        LotClosed: the lot takes nothing more.
    """
    canteen = find_canteen(session, caller, KITCHEN, canteen_id)
    now = instant(session)
    hauler = _hauler(session, canteen, wanted.hauler_id)
    if wanted.lot_id is not None:
        open_lot(session, canteen, wanted.lot_id)
    row = ManifestRow(
        id=new_ids(1)[0],
        canteen_id=canteen.id,
        state=ManifestState.DRAFT.value,
        date=_day(canteen, now),
        hauler_name=hauler.name if hauler else wanted.hauler_name,
        licence_number=hauler.licence_number if hauler else None,
        licence=None if wanted.lot_id else licence_of(hauler, canteen, now).value,
        net_grams=sum(one.net_grams for one in wanted.containers),
        opened_at=now,
        **wanted.model_dump(mode="json", exclude={"hauler_name", "hauler_id", "lot_id"}),
        hauler_id=wanted.hauler_id,
        lot_id=wanted.lot_id,
    )
    session.add(row)
    note(session, row, now, caller, net_grams=row.net_grams)
    return as_manifests(session, caller, canteen, [row], now)[0]


def hand_over(session: Session, caller: Identity, manifest_id: UUID, wanted: HandOver) -> Manifest:
    """Confirm for the kitchen that a manifest's containers leave now; the same again is no harm.

    What goes into a lot on site is closed at once: there is no other side.

    Raises:
        NotFound, Forbidden: not a manifest of a kitchen of the caller.
        NotTheWeight: it is not the containers' weight that is signed for.
        HaulerNotLicensed: and no incident is recorded.
        MoreThanWeighed: and no reason is given.
        AlreadySigned: it was confirmed with other content.
        ManifestMoved: it was voided.
        LotClosed: the lot takes nothing more.
    """
    row, canteen = find_manifest(session, caller, KITCHEN, manifest_id)
    lock_canteens(session, [canteen.id])  # what is there leaves once
    session.refresh(row)
    now = instant(session)
    if row.state != ManifestState.DRAFT.value:
        _check_same(row, wanted)
        return as_manifests(session, caller, canteen, [row], now)[0]
    if wanted.net_grams != row.net_grams:
        raise NotTheWeight(msg("Look at the containers again, then confirm."))
    licence = _check_licence(session, row, canteen, wanted, now)
    here = here_at(session, canteen.id, WasteKind(row.kind), now).grams
    is_excess = _check_weighed(session, row, wanted, here)
    move(
        session,
        row,
        ManifestState.DRAFT.value,
        state=ManifestState.HANDED_OVER.value,
        date=_day(canteen, now),
        handed_over_at=now,
        weighed_grams=here,
        incident=None if licence is None or is_licensed(licence) else wanted.incident,
        excess_reason=wanted.excess_reason if is_excess else None,
        **_hauler_now(session, row, licence),
    )
    note(session, row, now, caller, net_grams=row.net_grams, reason=_reasons(row))
    if row.lot_id is not None:
        open_lot(session, canteen, row.lot_id)
        closed = {"state": ManifestState.CLOSED.value, "closed_at": now}
        move(session, row, ManifestState.HANDED_OVER.value, **closed)
        note(session, row, now, caller)
    return as_manifests(session, caller, canteen, [row], now)[0]


def _hauler(session: Session, canteen: KnownCanteenRow, hauler_id: UUID | None) -> HaulerRow | None:
    hauler = session.get(HaulerRow, hauler_id) if hauler_id else None
    if hauler_id and (hauler is None or hauler.organization_id != canteen.organization_id):
        raise NotFound(msg("There is no such hauler."))
    return hauler


def _check_same(row: ManifestRow, wanted: HandOver) -> None:
    if row.state == ManifestState.VOIDED.value:
        raise ManifestMoved(msg("It was voided. Write a new one."))
    is_same = (
        wanted.net_grams == row.net_grams
        and row.incident in {None, wanted.incident}
        and row.excess_reason in {None, wanted.excess_reason}
    )
    if not is_same:
        raise AlreadySigned(msg("The first confirmation holds. If it is wrong, void the manifest."))


def _check_licence(
    session: Session,
    row: ManifestRow,
    canteen: KnownCanteenRow,
    wanted: HandOver,
    now: datetime,
) -> Licence | None:
    if row.lot_id is not None:
        return None
    hauler = session.get(HaulerRow, row.hauler_id) if row.hauler_id else None
    licence = licence_of(hauler, canteen, now)
    if not is_licensed(licence) and wanted.incident is None:
        raise HaulerNotLicensed(
            msg(
                "Choose a hauler with a valid licence, or enter the new licence. If the waste has "
                "to leave all the same, record an incident with its reason."
            )
        )
    return licence


def _check_weighed(session: Session, row: ManifestRow, wanted: HandOver, here: int) -> bool:
    rules = rules_of(session, row.canteen_id)
    is_excess = is_more(row.net_grams, here, rules.excess_percent, rules.excess_grams)
    if is_excess and wanted.excess_reason is None:
        raise MoreThanWeighed(
            msg(
                "{weighed} kg were weighed since the last collection, and {net} kg would leave. "
                "Weigh what is missing, or give the reason.",
                weighed=f"{here / 1000:.1f}",
                net=f"{row.net_grams / 1000:.1f}",
            )
        )
    return is_excess


def _hauler_now(
    session: Session, row: ManifestRow, licence: Licence | None
) -> dict[str, str | None]:
    """Return the hauler as it is on the day, which the manifest keeps for good."""
    hauler = session.get(HaulerRow, row.hauler_id) if row.hauler_id else None
    if hauler is None:
        return {"licence": licence.value if licence else None}
    return {
        "licence": licence.value if licence else None,
        "hauler_name": hauler.name,
        "licence_number": hauler.licence_number,
    }


def _reasons(row: ManifestRow) -> str | None:
    return " · ".join(said for said in (row.incident, row.excess_reason) if said) or None


def _day(canteen: KnownCanteenRow, now: datetime) -> date:
    return now.astimezone(zone(canteen.time_zone)).date()
