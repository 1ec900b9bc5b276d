"""Photos of what was handed over: the pixels only, one for each manifest."""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from uuid import UUID

from PIL import Image, ImageOps
from sqlmodel import Session

from cleanplate_shared.db import instant
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.newest import insert_into
from cleanplate_shared.roles import KITCHEN
from cleanplate_waste.actions.manifests.refusals import AlreadySigned
from cleanplate_waste.actions.manifests.rows import find_manifest
from cleanplate_waste.actions.pictures import PhotoRefused, PhotoTooLarge
from cleanplate_waste.models import ManifestPhotoRow, Table

MOST_BYTES = 8 << 20
_MOST_PIXELS = 40_000_000
_LONGEST_SIDE = 1280
_QUALITY = 75
_PHOTOS = Table.metadata.tables["manifest_photo"]
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, MemoryError)
_one_at_a_time = Lock()  # 40 megapixels take 120 MB


@dataclass(frozen=True)
class Taken:
    """A photo: the digest of what was sent, and the picture that is kept."""

    sha256: str
    content: bytes


def taken(content: bytes) -> Taken:
    """Return a camera's JPEG as a JPEG of at most 1280 pixels a side, without what it noted.

    Raises:
        PhotoTooLarge: more than 8 MB, or more than 40 megapixels.
        PhotoRefused: not a JPEG, or broken.
    """
    if len(content) > MOST_BYTES:
        raise PhotoTooLarge(msg("At most {kilobytes} KB.", kilobytes=MOST_BYTES // 1000))
    try:
        with _one_at_a_time, Image.open(BytesIO(content), formats=["JPEG"]) as image:
            if image.width * image.height > _MOST_PIXELS:  # of the header: nothing is unpacked yet
                raise PhotoTooLarge(
                    msg("At most {millions} megapixels.", millions=_MOST_PIXELS // 10**6)
                )
            image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (*_BROKEN, Image.DecompressionBombError) as error:
        raise PhotoRefused(msg("Send a photo as JPEG.")) from error
    upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    target = BytesIO()
    Image.frombytes("RGB", upright.size, upright.tobytes()).save(target, "JPEG", quality=_QUALITY)
    return Taken(hashlib.sha256(content).hexdigest(), target.getvalue())


def keep_photo(session: Session, caller: Identity, manifest_id: UUID, photo: Taken) -> None:
    """Keep the photo of a manifest; the same again changes nothing.

    Raises:
        NotFound, Forbidden: not a manifest of a kitchen of the caller.
        AlreadySigned: it has another photo.
    """
    row, _ = find_manifest(session, caller, KITCHEN, manifest_id)
    values = {
        "manifest_id": row.id,
        "sha256": photo.sha256,
        "content": photo.content,
        "at": instant(session),
        "taken_by": caller.person_id,
    }
    put = insert_into(session, _PHOTOS).on_conflict_do_nothing(index_elements=["manifest_id"])
    session.connection().execute(put, [values])
    if session.get_one(ManifestPhotoRow, row.id).sha256 != photo.sha256:
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
