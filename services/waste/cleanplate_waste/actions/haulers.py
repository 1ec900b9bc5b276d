"""Haulers (收运单位): whom an organisation's canteens hand their waste to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.waste_manifests import (
    Hauler,
    HaulerWrite,
    Licence,
)
from cleanplate_shared.errors import Conflict, Forbidden, NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, canteens_of, find_canteen
from cleanplate_shared.roles import ANYONE, MANAGEMENT, READERS, RoleSet
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.domain.manifests import licence_on
from cleanplate_waste.models import HaulerRow

_MOST = 200


class HaulerExists(Conflict, title=msg("There is a hauler of this name already")):
    """A name is one hauler of an organisation."""


class TooManyHaulers(Conflict, title=msg("There are too many haulers")):
    """An organisation has 200 at most."""


def list_haulers(
    session: Session, caller: Identity, canteen_id: UUID, now: datetime
) -> list[Hauler]:
    """Return the haulers of the organisation that a canteen belongs to, by name.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    found = session.exec(_of_organization(canteen.organization_id))
    return [_as_hauler(row, canteen, now) for row in found]


def add_hauler(
    session: Session, caller: Identity, canteen_id: UUID, wanted: HaulerWrite, now: datetime
) -> Hauler:
    """Add a hauler for all canteens of the organisation that a canteen belongs to.

    Raises:
        NotFound, Forbidden: not a canteen that the caller manages.
        HaulerExists: the name is taken.
        TooManyHaulers: the organisation has 200.
    """
    canteen = find_canteen(session, caller, MANAGEMENT, canteen_id)
    if len(session.exec(_of_organization(canteen.organization_id)).all()) >= _MOST:
        raise TooManyHaulers(msg("Change one that is not needed any more."))
    row = HaulerRow(organization_id=canteen.organization_id, **wanted.model_dump())
    session.add(row)
    _flush(session, wanted.name)
    return _as_hauler(row, canteen, now)


def change_hauler(
    session: Session, caller: Identity, hauler_id: UUID, wanted: HaulerWrite, now: datetime
) -> Hauler:
    """Change a hauler; manifests that were handed over keep what was true on their day.

    Raises:
        NotFound, Forbidden: not a hauler of an organisation that the caller manages a canteen of.
        HaulerExists: the name is taken.
    """
    row = session.get(HaulerRow, hauler_id, with_for_update=True)
    if row is None or _canteen_of(session, caller, ANYONE, row) is None:
        raise NotFound(msg("There is no such hauler."))
    canteen = _canteen_of(session, caller, MANAGEMENT, row)
    if canteen is None:
        raise Forbidden(msg("Haulers are changed by those who manage a canteen."))
    row.sqlmodel_update(wanted.model_dump())
    session.add(row)
    _flush(session, wanted.name)
    return _as_hauler(row, canteen, now)


def licence_of(row: HaulerRow | None, canteen: KnownCanteenRow, now: datetime) -> Licence:
    """Return what a hauler's licence is worth at a canteen's present day; none is unknown."""
    if row is None or not row.is_active or row.organization_id != canteen.organization_id:
        return Licence.UNKNOWN
    day = now.astimezone(zone(canteen.time_zone)).date()
    return licence_on(day, row.valid_from, row.valid_to)


def _of_organization(organization_id: UUID) -> SelectOfScalar[HaulerRow]:
    mine = select(HaulerRow).where(HaulerRow.organization_id == organization_id)
    return mine.order_by(col(HaulerRow.name)).limit(_MOST)


def _canteen_of(
    session: Session, caller: Identity, roles: RoleSet, row: HaulerRow
) -> KnownCanteenRow | None:
    mine = select(KnownCanteenRow).where(
        KnownCanteenRow.organization_id == row.organization_id, canteens_of(caller, roles)
    )
    return session.exec(mine.order_by(col(KnownCanteenRow.id)).limit(1)).first()


def _flush(session: Session, name: str) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise HaulerExists(msg("{name} is there already: change it.", name=name)) from error


def _as_hauler(row: HaulerRow, canteen: KnownCanteenRow, now: datetime) -> Hauler:
    return Hauler(**row.model_dump(), licence=licence_of(row, canteen, now))
