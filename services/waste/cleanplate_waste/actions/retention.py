"""Who signed and what photos show is kept for a while, weights for good.

Source: docs/decisions/0030-how-long-waste-keeps-people.md.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, select, update
from sqlmodel import Session

from cleanplate_shared.contracts.waste_manifests import OPEN_STATES
from cleanplate_waste.models import MANIFESTS, WEIGHING_KEYS, WEIGHING_PHOTOS, WEIGHINGS, Table

_MOST_AT_ONCE = 500
_ENTRIES = Table.metadata.tables["manifest_entry"]
_MANIFEST_PHOTOS = Table.metadata.tables["manifest_photo"]
_ENDED = select(MANIFESTS.c.id).where(
    MANIFESTS.c.state.not_in([state.value for state in OPEN_STATES])
)


def forget_weighing_photos(session: Session, before: datetime) -> int:
    """Delete up to 500 photos of weighings that came before; their records stay as they are.

    Returns:
        How many photos they were.
    """
    record = (WEIGHINGS.c.id == WEIGHING_KEYS.c.id) & (
        WEIGHINGS.c.weighed_at == WEIGHING_KEYS.c.weighed_at
    )
    photo = WEIGHING_PHOTOS.c.weighing_id
    old = (
        select(photo)
        .join(WEIGHING_KEYS, WEIGHING_KEYS.c.id == photo)
        .join(WEIGHINGS, record)
        .where(WEIGHINGS.c.received_at < before)
    )
    return _each(session, old, lambda ids: delete(WEIGHING_PHOTOS).where(photo.in_(ids)))


def forget_manifest_photos(session: Session, before: datetime) -> int:
    """Delete up to 500 photos of manifests that were taken before; open manifests keep theirs.

    Returns:
        How many photos they were.
    """
    photo = _MANIFEST_PHOTOS.c
    old = select(photo.manifest_id).where(photo.at < before, photo.manifest_id.in_(_ENDED))
    return _each(
        session, old, lambda ids: delete(_MANIFEST_PHOTOS).where(photo.manifest_id.in_(ids))
    )


def forget_signers(session: Session, before: datetime) -> int:
    """Take the names off up to 500 lines that were signed before; open manifests keep theirs.

    Returns:
        How many lines they were. That somebody signed, when and how stays.
    """
    line = _ENTRIES.c
    named = line.name.is_not(None) | line.person_id.is_not(None)
    old = select(line.id).where(line.at < before, named, line.manifest_id.in_(_ENDED))
    nobody = {"name": None, "person_id": None}
    return _each(session, old, lambda ids: update(_ENTRIES).where(line.id.in_(ids)).values(nobody))


def _each(session: Session, old: Select[Any], change: Any) -> int:  # noqa: ANN401
    connection = session.connection()
    ids = connection.execute(old.limit(_MOST_AT_ONCE)).scalars().all()
    if ids:
        connection.execute(change(ids))
    return len(ids)
