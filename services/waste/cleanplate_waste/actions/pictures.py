"""Photos as a tablet sends them: JPEG, small, and nothing but the picture."""

from io import BytesIO
from threading import Lock

from PIL import Image

from cleanplate_shared.errors import TooLarge, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_waste.domain.jpeg import has_notes

MOST_BYTES = 500_000
MEDIA_TYPE = "image/jpeg"
_LONGEST_SIDE = 1280
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, MemoryError)
_one_at_a_time = Lock()


class PhotoTooLarge(TooLarge, title=msg("The photo is too large")):
    """More bytes or more pixels than a tablet sends."""


class PhotoRefused(Unprocessable, title=msg("The photo cannot be taken")):
    """Not a JPEG, or one that tells where and when it was made."""


def checked(content: bytes) -> bytes:
    """Return a photo as it came, if it is one; its digest is in the record, so it is not changed.

    Raises:
        PhotoTooLarge: more than 500 KB, or a side of more than 1280 pixels.
        PhotoRefused: not a JPEG, broken, or with notes of the camera in it.
    """
    if len(content) > MOST_BYTES:
        raise PhotoTooLarge(msg("At most {kilobytes} KB.", kilobytes=MOST_BYTES // 1000))
    try:
        noted = has_notes(content)
        with _one_at_a_time, Image.open(BytesIO(content), formats=["JPEG"]) as image:
            if max(image.size) > _LONGEST_SIDE:  # of the header: nothing is unpacked yet
                raise PhotoTooLarge(msg("At most {pixels} pixels a side.", pixels=_LONGEST_SIDE))
            image.load()
    except _BROKEN as error:
        raise PhotoRefused(msg("Send a photo as JPEG.")) from error
    if noted:
        raise PhotoRefused(msg("The photo still says where or when it was made: take it again."))
    return content
