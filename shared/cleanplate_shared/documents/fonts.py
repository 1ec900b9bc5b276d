"""The font that documents are set in, and which characters it has."""

import struct
import unicodedata
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "fonts"
_REGULAR, _BOLD = "NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"
_UNICODE = (3, 10)  # platform and encoding of a font's full character map
_SEGMENTED_COVERAGE = 12
UNSHOWN = "□"


class FontsMissing(RuntimeError):  # noqa: N818
    """An installation without the fonts; no document could be made."""


def require_fonts() -> None:
    """Raise FontsMissing unless the fonts are installed; asked when a service is built."""
    missing = [name for name in (_REGULAR, _BOLD) if not (FOLDER / name).is_file()]
    if missing:
        raise FontsMissing(
            f"cleanplate: {', '.join(missing)} not found in {FOLDER}. Install the wheel again; "
            "in a source tree `python gateway/vendor.py` brings the fonts."
        )


def shown(text: str) -> str:
    """Return the text with a box for each character that the font cannot draw.

    PDF/A allows no missing glyph and no private character: one of them would fail a document.
    """
    return text.translate(_boxes())


class _Boxes(dict[int, str]):
    def __init__(self, drawable: frozenset[int]) -> None:
        self._drawable = drawable

    def __missing__(self, character: int) -> str:
        said = chr(character)
        if unicodedata.category(said) in ("Cf", "Mn") and character not in self._drawable:
            return ""  # joiners and variation selectors: nothing to see
        drawn = character in self._drawable and unicodedata.category(said) != "Co"
        return said if drawn else UNSHOWN


@cache
def _boxes() -> _Boxes:
    font = (FOLDER / _REGULAR).read_bytes()
    return _Boxes(_drawable(font) - set(range(0x20)) | {ord("\n")})


def _drawable(font: bytes) -> frozenset[int]:
    """Return the characters of an OpenType font.

    Source: the OpenType specification, chapter `cmap`, format 12.
    """
    cmap = next(start for tag, start in _tables(font) if tag == b"cmap")
    (maps,) = struct.unpack_from(">H", font, cmap + 2)
    for platform, encoding, offset in struct.iter_unpack(">HHI", font[cmap + 4 :][: 8 * maps]):
        at = cmap + offset
        (form,) = struct.unpack_from(">H", font, at)
        if (platform, encoding) == _UNICODE and form == _SEGMENTED_COVERAGE:
            (groups,) = struct.unpack_from(">I", font, at + 12)
            found = struct.iter_unpack(">III", font[at + 16 :][: 12 * groups])
            return frozenset(one for first, last, _ in found for one in range(first, last + 1))
    raise FontsMissing(f"cleanplate: {_REGULAR} has no full character map; is it the right font?")


def _tables(font: bytes) -> list[tuple[bytes, int]]:
    (count,) = struct.unpack_from(">H", font, 4)
    return [(tag, at) for tag, _, at, _ in struct.iter_unpack(">4sIII", font[12:][: 16 * count])]
