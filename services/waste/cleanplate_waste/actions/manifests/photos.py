"""Photos of what was handed over: one for each manifest."""

import hashlib
from uuid import UUID

from sqlmodel import Session

from cleanplate_shared.db import instant
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.newest import insert_into
from cleanplate_shared.roles import KITCHEN
from cleanplate_waste.actions.manifests.refusals import AlreadySigned
from cleanplate_waste.actions.manifests.rows import find_manifest
from cleanplate_waste.models import ManifestPhotoRow, Table

_PHOTOS = Table.metadata.tables["manifest_photo"]


def keep_photo(session: Session, caller: Identity, manifest_id: UUID, jpeg: bytes) -> None:
    """Keep the photo of a manifest; the same again changes nothing.

    Raises:
        NotFound, Forbidden: not a manifest of a kitchen of the caller.
        AlreadySigned: it has another photo.
    """
    row, _ = find_manifest(session, caller, KITCHEN, manifest_id)
    values = {
        "manifest_id": row.id,
        "sha256": hashlib.sha256(jpeg).hexdigest(),
        "content": jpeg,
        "at": instant(session),
        "taken_by": caller.person_id,
    }
    put = insert_into(session, _PHOTOS).on_conflict_do_nothing(index_elements=["manifest_id"])
    session.connection().execute(put, [values])
    if session.get_one(ManifestPhotoRow, row.id).sha256 != values["sha256"]:
        raise AlreadySigned(msg("The manifest has its photo; the first one stays."))


def show_photo(session: Session, caller: Identity, manifest_id: UUID) -> bytes:
    """Return the photo of a manifest, to its own kitchen: there may be people in it.

    Raises:
        NotFound: not a manifest of a kitchen of the caller, or it has no photo.
        Forbidden: the caller may not hand over there.
    """
    row, _ = find_manifest(session, caller, KITCHEN, manifest_id)
    photo = session.get(ManifestPhotoRow, row.id)
    if photo is None:
        raise NotFound(msg("This manifest has no photo."))
    return photo.content
