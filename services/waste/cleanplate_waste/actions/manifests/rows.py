"""Manifests as rows, as others see them, and moving them from state to state."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from cleanplate_shared.contracts.waste_manifests import (
    ContainerWeight,
    How,
    Manifest,
    ManifestEntry,
    ManifestState,
    Signature,
)
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import ANYONE, KITCHEN, RoleSet
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.actions.manifests.refusals import ManifestMoved
from cleanplate_waste.domain import manifests as rules
from cleanplate_waste.models import MANIFESTS, ManifestEntryRow, ManifestPhotoRow, ManifestRow


def find_manifest(
    session: Session, caller: Identity, roles: RoleSet, manifest_id: UUID
) -> tuple[ManifestRow, KnownCanteenRow]:
    """Return a manifest of a canteen at which the caller holds one of `roles`.

    Raises:
        NotFound: there is none, or the caller has nothing to do with its canteen.
        Forbidden: the caller is known there, in another role.
    """
    row = session.get(ManifestRow, manifest_id)
    canteen = session.get(KnownCanteenRow, row.canteen_id) if row else None
    if row is None or canteen is None or not caller.holds(ANYONE, canteen):
        raise NotFound(msg("There is no such manifest."))
    return row, find_canteen(session, caller, roles, canteen.id)


def move(session: Session, row: ManifestRow, seen: str, **values: Any) -> None:  # noqa: ANN401
    """Change a manifest that is still in the state it was seen in; exactly one of two wins.

    Raises:
        ManifestMoved: it is not.
    """
    session.flush()
    changed = session.connection().execute(
        update(MANIFESTS).where(MANIFESTS.c.id == row.id, MANIFESTS.c.state == seen).values(values)
    )
    if changed.rowcount != 1:
        raise ManifestMoved(msg("Look at it again: somebody else was quicker."))
    session.refresh(row)


def note(
    session: Session,
    row: ManifestRow,
    at: datetime,
    by: Identity | str | None,
    **said: Any,  # noqa: ANN401
) -> None:
    """Add a line to a manifest's history.

    Args:
        session: of the transaction.
        row: already in the state that is noted, unless `state` says another.
        at: when.
        by: who is signed in, or the name that a driver gave, or None for nobody in person.
        said: other columns of the line.
    """
    is_known = isinstance(by, Identity)
    line = {"state": row.state, "how": (How.SIGN_IN if is_known else How.LINK).value, **said}
    session.add(
        ManifestEntryRow(
            manifest_id=row.id,
            at=at,
            person_id=by.person_id if isinstance(by, Identity) else None,
            name=by.name if isinstance(by, Identity) else by,
            **line,
        )
    )
    session.flush()


def entries_of(session: Session, rows: Sequence[ManifestRow]) -> dict[UUID, list[ManifestEntryRow]]:
    """Return the histories of manifests, oldest line first."""
    found: defaultdict[UUID, list[ManifestEntryRow]] = defaultdict(list)
    wanted = select(ManifestEntryRow).where(
        col(ManifestEntryRow.manifest_id).in_([row.id for row in rows])
    )
    for line in session.exec(wanted.order_by(col(ManifestEntryRow.id))):
        found[line.manifest_id].append(line)
    return found


def signed(entries: Sequence[ManifestEntryRow], state: ManifestState) -> ManifestEntryRow | None:
    """Return the line with which one side confirmed: handed over, or received."""
    return next((line for line in entries if line.state == state.value), None)


def as_manifests(
    session: Session,
    caller: Identity,
    canteen: KnownCanteenRow,
    rows: Sequence[ManifestRow],
    now: datetime,
) -> list[Manifest]:
    """Return manifests of a canteen as the caller may see them: names are the kitchen's own."""
    histories, photos = entries_of(session, rows), _photos(session, rows)
    names = caller.holds(KITCHEN, canteen)
    return [
        _as_manifest(row, histories[row.id], now, names=names).model_copy(
            update={"photo_sha256": photos.get(row.id)}
        )
        for row in rows
    ]


def code_of(row: ManifestRow) -> str:
    """Return what people call a manifest."""
    return f"{row.date:%Y%m%d}-{row.id.hex[-4:].upper()}"


def _photos(session: Session, rows: Sequence[ManifestRow]) -> dict[UUID, str]:
    found = select(ManifestPhotoRow.manifest_id, ManifestPhotoRow.sha256)
    ids = [row.id for row in rows]
    return dict(session.exec(found.where(col(ManifestPhotoRow.manifest_id).in_(ids))).all())


def _as_manifest(
    row: ManifestRow, entries: Sequence[ManifestEntryRow], now: datetime, *, names: bool
) -> Manifest:
    state = ManifestState(row.state)
    said = row.model_dump(exclude={"containers", "settled_grams", "handed_over_at"})
    return Manifest.model_validate(
        {
            **said,
            "code": code_of(row),
            "photo_sha256": None,
            "containers": [ContainerWeight.model_validate(one) for one in row.containers],
            "counted_grams": rules.counted(row.net_grams, row.received_grams, row.settled_grams),
            "is_overdue": rules.is_overdue(state, row.handed_over_at, now),
            "kitchen": _signature(signed(entries, ManifestState.HANDED_OVER), names=names),
            "driver": _signature(signed(entries, ManifestState.RECEIVED), names=names),
            "history": [_entry(line, names=names) for line in entries],
        }
    )


def signer(line: ManifestEntryRow | None) -> str | None:
    """Return who confirmed; of what was taken from paper, nobody here knows."""
    return None if line is None or line.how == How.IMPORT.value else line.name


def _signature(line: ManifestEntryRow | None, *, names: bool) -> Signature | None:
    if line is None:
        return None
    return Signature(at=line.at, how=How(line.how), name=signer(line) if names else None)


def _entry(line: ManifestEntryRow, *, names: bool) -> ManifestEntry:
    return ManifestEntry(
        state=ManifestState(line.state),
        at=line.at,
        how=How(line.how),
        name=line.name if names else None,
        net_grams=line.net_grams,
        reason=line.reason,
    )
