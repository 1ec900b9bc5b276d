"""What a JPEG file says beside its picture (ITU-T T.81, annex B)."""

_START = b"\xff\xd8"
_APP = range(0xE0, 0xF0)
_COMMENT = 0xFE
_SCAN = 0xDA
_HARMLESS = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}


def has_notes(content: bytes) -> bool:
    """Say whether a JPEG holds anything but its picture and colours: Exif, XMP, comments.

    Raises:
        ValueError: not a JPEG up to its picture.
    """
    if not content.startswith(_START):
        raise ValueError("not a JPEG")
    at = len(_START)
    while True:
        marker, said = _segment(content, at)
        if marker == _SCAN:
            return False
        if marker == _COMMENT or (marker in _APP and not _is_harmless(marker, said)):
            return True
        at += 4 + len(said)


def _segment(content: bytes, at: int) -> tuple[int, bytes]:
    head = content[at : at + 4]
    length = int.from_bytes(head[2:], "big")
    said = content[at + 4 : at + 2 + length]
    if len(head) < 4 or head[0] != 0xFF or length < 2 or len(said) != length - 2:  # noqa: PLR2004
        raise ValueError("a segment is broken")
    return head[1], said


def _is_harmless(marker: int, said: bytes) -> bool:
    known = _HARMLESS.get(marker)
    return known is not None and said.startswith(known)
