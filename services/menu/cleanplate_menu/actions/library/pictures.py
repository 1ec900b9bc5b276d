"""Pictures as they come from a camera, made small and without what the camera noted."""

import struct
import zlib
from io import BytesIO
from threading import Lock

from PIL import Image, ImageOps

from cleanplate_shared.errors import TooLarge, Unprocessable
from cleanplate_shared.i18n import msg

MOST_BYTES = 5 << 20
MEDIA_TYPE = "image/webp"
_MOST_PIXELS = 40_000_000
_LONGEST_SIDE = 640
_QUALITY = 80
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, MemoryError)
_one_at_a_time = Lock()  # 40 megapixels take 160 MB


class PictureTooLarge(TooLarge, title=msg("The picture is too large")):
    """More bytes or more pixels than we read."""


class PictureRefused(Unprocessable, title=msg("The picture cannot be read")):
    """Not a picture that we read."""


def made_small(content: bytes) -> bytes:
    """Return a JPEG, PNG or WebP as a WebP of at most 640 pixels a side, upright.

    Nothing but the pixels is kept: no place, no time, no camera.

    Raises:
        PictureTooLarge: more than 5 MB, or more than 40 megapixels when unpacked.
        PictureRefused: another format, or broken.
    """
    if len(content) > MOST_BYTES:
        raise PictureTooLarge(msg("At most {mebibytes} MB.", mebibytes=MOST_BYTES >> 20))
    try:
        with _one_at_a_time, Image.open(BytesIO(content), formats=["JPEG", "PNG", "WEBP"]) as image:
            return _encoded(image)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except _BROKEN as error:
        raise PictureRefused(msg("Send a photo as JPEG, PNG or WebP.")) from error


def _encoded(image: Image.Image) -> bytes:
    width, height = image.size  # of the header: nothing is unpacked yet
    if width * height > _MOST_PIXELS:
        raise _too_many_pixels()
    image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    bare = Image.new("RGB", upright.size, "white")
    bare.paste(upright, mask=upright.getchannel("A"))
    target = BytesIO()
    bare.save(target, "WEBP", quality=_QUALITY)
    return target.getvalue()


def _too_many_pixels() -> PictureTooLarge:
    return PictureTooLarge(msg("At most {millions} megapixels.", millions=_MOST_PIXELS // 10**6))
