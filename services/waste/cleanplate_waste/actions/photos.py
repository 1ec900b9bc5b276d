"""The photos of weighings: taken as they are, if they are what the record says."""

import hashlib
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_shared.errors import Conflict, NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.newest import insert_into
from cleanplate_shared.roles import KITCHEN
from cleanplate_waste.models import WEIGHING_PHOTOS, WeighingPhotoRow, WeighingRow


class OtherPhoto(Conflict, title=msg("The weighing has another photo")):
    """The digest is not the one that the record names."""


def keep_photo(session: Session, caller: Identity, weighing_id: UUID, jpeg: bytes) -> None:
    """Keep the photo of a weighing; a second time changes nothing.

    Raises:
        NotFound, Forbidden: not a weighing of the caller's kitchen.
        OtherPhoto: the record names another photo, or none.
    """
    weighing = _find(session, caller, weighing_id)
    if weighing.photo_sha256 != hashlib.sha256(jpeg).hexdigest():
        raise OtherPhoto(msg("Its record names another photo, or none: weigh again."))
    insert = insert_into(session, WEIGHING_PHOTOS).on_conflict_do_nothing(
        index_elements=["weighing_id"]
    )
    session.connection().execute(insert, [{"weighing_id": weighing_id, "content": jpeg}])


def show_photo(session: Session, caller: Identity, weighing_id: UUID) -> bytes:
    """Return the photo of a weighing.

    Raises:
        NotFound: not a weighing of the caller's kitchen, or it has no photo (yet).
        Forbidden: the caller may not weigh there.
    """
    _find(session, caller, weighing_id)
    row = session.get(WeighingPhotoRow, weighing_id)
    if row is None:
        raise NotFound(msg("This weighing has no photo."))
    return row.content


def _find(session: Session, caller: Identity, weighing_id: UUID) -> WeighingRow:
    found = session.exec(select(WeighingRow).where(col(WeighingRow.id) == weighing_id)).first()
    if found is None:
        raise NotFound(msg("There is no such weighing."))
    find_canteen(session, caller, KITCHEN, found.canteen_id)
    return found
