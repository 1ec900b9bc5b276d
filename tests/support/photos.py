"""Photos as a tablet sends them, and as it never should."""

import hashlib
from io import BytesIO

from PIL import Image


def a_jpeg(width: int = 64, height: int = 48, **notes: object) -> bytes:
    """Return a JPEG; `exif`, `comment` and the like are written into it."""
    target = BytesIO()
    Image.new("RGB", (width, height), "olive").save(target, "JPEG", **notes)
    return target.getvalue()


def digest(content: bytes) -> str:
    """Return what a weighing's record says of its photo."""
    return hashlib.sha256(content).hexdigest()
